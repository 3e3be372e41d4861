// SPDX-License-Identifier: GPL-3.0-or-later
// The smallest VST3 with one parameter: a gain of 0 to 2, so that tests know the expected output.
#include "DistrhoPlugin.hpp"

START_NAMESPACE_DISTRHO

class Gain : public Plugin {
public:
    Gain() : Plugin(1, 0, 0) {}

protected:
    const char* getLabel() const override { return "test_gain"; }
    const char* getMaker() const override { return "ddsp-fx"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('T', 'G', 'a', 'n'); }

    void initParameter(uint32_t, Parameter& parameter) override {
        parameter.name = "Level";
        parameter.symbol = "level";
        parameter.hints = kParameterIsAutomatable;
        parameter.ranges.min = 0.0f;
        parameter.ranges.max = 2.0f;
        parameter.ranges.def = 1.0f;
    }

    float getParameterValue(uint32_t) const override { return level; }
    void setParameterValue(uint32_t, float value) override { level = value; }

    void run(const float** inputs, float** outputs, uint32_t frames) override {
        for (int channel = 0; channel < 2; ++channel)
            for (uint32_t i = 0; i < frames; ++i)
                outputs[channel][i] = inputs[channel][i] * level;
    }

private:
    float level = 1.0f;
};

Plugin* createPlugin() { return new Gain(); }

END_NAMESPACE_DISTRHO
