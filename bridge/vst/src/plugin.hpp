// SPDX-License-Identifier: GPL-3.0-or-later
// The plugin, independent of formats. What VST3 and CLAP need beyond DPF is in vst3.cpp and clap.cpp.
#pragma once

#include "DistrhoPlugin.hpp"

#include "session.hpp"
#include "stream.hpp"

#include <array>
#include <functional>
#include <memory>

START_NAMESPACE_DISTRHO

// Indices of parameters as hosts count them.
enum Index : uint32_t {
    kEffect = 0,
    kRender = 1,
    kFirstSlot = 2,
    kEngine = kFirstSlot + ddspfx::kSlots,
    kLate = kEngine + 1,
    kParameters = kLate + 1
};

inline bool isSlot(uint32_t index) { return index >= kFirstSlot && index < kEngine; }

constexpr uint32_t kMostEffects = 127;

// The most samples sent to the engine at once; larger blocks, as in a bounce, are split.
constexpr uint32_t kMostFrames = 65536;

// The choices of the parameter "Bounce".
enum Bounce : uint32_t { kAutomatic, kLive, kWait };

// Defined by each format's wrapper: whether a host's controls keep their own values, because it cannot be notified of a
// board's.
extern const bool kHostKeepsValues;

class DdspFx : public Plugin {
public:
    DdspFx();

    // For the wrappers, on the host's main thread.

    static DdspFx* lastCreated();
    ddspfx::Slot slot(uint32_t index) const { return session_ ? session_->slot(index - kFirstSlot) : ddspfx::Slot(); }
    std::string text(uint32_t index, double normalised) const;
    bool parse(uint32_t index, const std::string& text, double& normalised) const;
    double normalised(uint32_t index) const;
    unsigned generation() const { return session_ ? session_->generation() : 0; }
    uint32_t tailSamples() const { return stream_.latency() + status_.tail.load(std::memory_order_relaxed); }
    void setOffline(bool offline) { hostOffline_.store(offline, std::memory_order_relaxed); }
    void setChannels(uint32_t channels) { channels_ = channels; }
    uint32_t channels() const { return channels_; }
    // The longest block for which DPF's VST3 has room.
    void setMostFrames(int32_t frames) { mostFrames_ = frames; }
    int32_t mostFrames() const { return mostFrames_; }
    bool isMainThread() const { return std::this_thread::get_id() == mainThread_; }
    // Sets the function that notifies a host of changed names, in its main thread; `tellNames` calls it if they
    // changed.
    void onNames(std::function<int()> tell) { names_ = std::move(tell); }
    int tellNames();

    // For the wrappers, in any thread: whether audio may arrive, and a host's value, which may be any number.
    bool isActivated() const { return isActivated_.load(std::memory_order_acquire); }
    void set(uint32_t index, double normalised);
    // On the audio thread: the same, at a sample of the next block.
    void event(uint32_t offset, uint32_t index, double normalised);

protected:
    const char* getLabel() const override { return "ddsp_fx"; }
    const char* getDescription() const override { return "Neural instruments, learned rooms and dereverb"; }
    const char* getMaker() const override { return "ddsp-fx"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(DDSP_FX_MAJOR, DDSP_FX_MINOR, DDSP_FX_MICRO); }
    int64_t getUniqueId() const override { return d_cconst('D', 'd', 'F', 'x'); }

    void initParameter(uint32_t index, Parameter& parameter) override;
    void initState(uint32_t index, State& state) override;
    float getParameterValue(uint32_t index) const override;
    void setParameterValue(uint32_t index, float value) override;
    String getState(const char* key) const override;
    void setState(const char* key, const char* value) override;
    void activate() override;
    void deactivate() override { isActivated_.store(false, std::memory_order_release); }
    void sampleRateChanged(double) override {}
    void bufferSizeChanged(uint32_t) override {}
    void run(const float** inputs, float** outputs, uint32_t frames) override;

private:
    bool prepare();
    void pick(uint32_t effect);
    bool isUntouched(unsigned slot, float value);
    void tellHost();

    ddspfx::Status status_;
    ddspfx::Stream stream_;
    // Null in the instance that DPF creates only to ask for names.
    std::unique_ptr<ddspfx::Session> session_;
    std::atomic<uint32_t> effect_{0}, render_{0};
    std::atomic<bool> hostOffline_{false}, isActivated_{false};
    uint32_t channels_ = 2;
    int32_t mostFrames_ = 0;
    // For the audio thread: slots that a host has moved, from when on the host's values count.
    std::array<bool, ddspfx::kSlots> touched_{};
    const std::thread::id mainThread_ = std::this_thread::get_id();
    std::function<int()> names_;
    unsigned told_ = 0;
};

END_NAMESPACE_DISTRHO
