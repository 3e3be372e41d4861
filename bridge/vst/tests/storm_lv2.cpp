// SPDX-License-Identifier: GPL-3.0-or-later
#include "storm.hpp"

#include "lv2/atom.h"
#include "lv2/buf-size.h"
#include "lv2/lv2.h"
#include "lv2/options.h"
#include "lv2/urid.h"
#include "lv2/worker.h"

#include <algorithm>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace storm {

namespace {

// Ports as in ddsp-fx_dsp.ttl: four of audio, two of events, the latency, then the parameters.
constexpr uint32_t kEventsIn = 4, kEventsOut = 5, kLatency = 6, kFirstParameter = 7;
constexpr uint32_t kMostIds = 256;

LV2_URID map(LV2_URID_Map_Handle, const char* uri) {
    static std::vector<std::string> known;
    for (std::size_t i = 0; i < known.size(); ++i)
        if (known[i] == uri)
            return static_cast<LV2_URID>(i + 1);
    known.emplace_back(uri);
    return static_cast<LV2_URID>(known.size());
}

LV2_Worker_Status later(LV2_Worker_Schedule_Handle, uint32_t, const void*) { return LV2_WORKER_SUCCESS; }

struct Events {
    LV2_Atom_Sequence sequence;
    char room[8192];
};

class Lv2 : public Host {
public:
    Lv2(const LV2_Descriptor* plugin, LV2_Handle handle) : plugin_(plugin), handle_(handle) {
        plugin_->connect_port(handle_, kEventsIn, &in_);
        plugin_->connect_port(handle_, kEventsOut, &out_);
        plugin_->connect_port(handle_, kLatency, &latency_);
        for (uint32_t i = 0; i < kMostIds; ++i)
            plugin_->connect_port(handle_, kFirstParameter + i, &values_[i]);
    }
    ~Lv2() override {
        plugin_->deactivate(handle_);
        plugin_->cleanup(handle_);
    }

    // If it runs before it is activated, the plugin's framework activates it.
    bool refusesBeforeActivation() const override { return false; }

    void activate() override { plugin_->activate(handle_); }

    // Channels are ports, so there cannot be more than the plugin has.
    void process(const Block& block) override {
        for (uint32_t i = 0; i < kChanges; ++i)
            values_[block.changes[i].id % kMostIds] = static_cast<float>(block.changes[i].value);
        for (uint32_t c = 0; c < 2; ++c) {
            const bool isThere = c < block.channels;
            plugin_->connect_port(handle_, c, isThere ? const_cast<float*>(block.in[c]) : nullptr);
            plugin_->connect_port(handle_, 2 + c, isThere ? block.out[c] : nullptr);
        }
        in_.sequence.atom.size = sizeof(LV2_Atom_Sequence_Body);
        out_.sequence.atom.size = sizeof out_.room;
        plugin_->run(handle_, block.frames);
        for (uint32_t c = 2; c < block.channels; ++c)
            std::fill(block.out[c], block.out[c] + block.frames, 0.0F);
    }

private:
    const LV2_Descriptor* plugin_;
    LV2_Handle handle_;
    Events in_{}, out_{};
    float latency_ = 0.0F, values_[kMostIds] = {};
};

}  // namespace

std::unique_ptr<Host> openLv2(const char* path) {
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const auto describe =
        library ? reinterpret_cast<LV2_Descriptor_Function>(dlsym(library, "lv2_descriptor")) : nullptr;
    const LV2_Descriptor* const plugin = describe ? describe(0) : nullptr;
    if (!plugin)
        return nullptr;
    static LV2_URID_Map urids{nullptr, map};
    static const int32_t block = kBlock;
    static const LV2_Options_Option options[] = {{LV2_OPTIONS_INSTANCE, 0, map(nullptr, LV2_BUF_SIZE__maxBlockLength),
                                                  sizeof block, map(nullptr, LV2_ATOM__Int), &block},
                                                 {LV2_OPTIONS_INSTANCE, 0, 0, 0, 0, nullptr}};
    static const LV2_Feature mapping{LV2_URID__map, &urids};
    static const LV2_Feature choosing{LV2_OPTIONS__options, const_cast<LV2_Options_Option*>(options)};
    static LV2_Worker_Schedule schedule{nullptr, later};
    static const LV2_Feature working{LV2_WORKER__schedule, &schedule};
    static const LV2_Feature* const features[] = {&mapping, &choosing, &working, nullptr};
    const std::string folder = std::string(path).substr(0, std::string(path).rfind('/') + 1);
    const LV2_Handle handle = plugin->instantiate(plugin, kRate, folder.c_str(), features);
    return handle ? std::make_unique<Lv2>(plugin, handle) : nullptr;
}

}  // namespace storm
