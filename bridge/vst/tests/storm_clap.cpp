// SPDX-License-Identifier: GPL-3.0-or-later
#include "storm.hpp"

#include "clap/entry.h"
#include "clap/events.h"
#include "clap/ext/latency.h"
#include "clap/ext/params.h"
#include "clap/plugin-factory.h"
#include "clap/process.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>

namespace storm {

namespace {

void nothing(const clap_host_t*) {}

// DPF of 2022 calls it without checking whether the host has it.
const clap_host_latency_t hostLatency{nothing};

const void* extension(const clap_host_t*, const char* id) {
    return std::strcmp(id, CLAP_EXT_LATENCY) ? nullptr : &hostLatency;
}

const clap_host_t host{CLAP_VERSION, nullptr, "storm", "ddsp-fx", "", "1", extension, nothing, nothing, nothing};

// What this host does wrong.
enum Whim { kNoInputs = 2, kDouble, kNullEvent, kNoEvents, kFlush, kNoBuffers };

clap_event_param_value_t events[kChanges];

uint32_t eventCount(const clap_input_events_t*) { return kChanges; }
const clap_event_header_t* eventAt(const clap_input_events_t* list, uint32_t i) {
    return list->ctx && i == 1 ? nullptr : &events[i].header;
}
bool push(const clap_output_events_t*, const clap_event_header_t*) { return true; }

class Clap : public Host {
public:
    explicit Clap(const clap_plugin_t* plugin) : plugin_(plugin) {}
    ~Clap() override {
        plugin_->stop_processing(plugin_);
        plugin_->deactivate(plugin_);
        plugin_->destroy(plugin_);
    }

    bool refusesBeforeActivation() const override { return true; }

    void activate() override {
        plugin_->activate(plugin_, kRate, 0, kBlock);
        plugin_->start_processing(plugin_);
    }

    void process(const Block& block) override {
        setEvents(block.changes);
        const clap_input_events_t input{block.whim == kNullEvent ? this : nullptr, eventCount, eventAt};
        const clap_output_events_t output{nullptr, push};
        if (block.whim == kFlush)
            parameters_->flush(plugin_, &input, block.isHeard ? &output : nullptr);
        clap_audio_buffer_t from{}, to{};
        const bool isFloat = block.whim != kDouble && block.whim != kNoBuffers && block.channels;
        from.data32 = isFloat ? const_cast<float**>(block.in) : nullptr;
        to.data32 = isFloat ? const_cast<float**>(block.out) : nullptr;
        if (block.whim == kDouble)
            from.data64 = to.data64 = wide_.of(block);
        from.channel_count = to.channel_count = block.channels;
        clap_process_t data{};
        data.frames_count = block.frames;
        data.audio_inputs = block.whim == kNoInputs ? nullptr : &from;
        data.audio_outputs = &to;
        data.audio_inputs_count = block.whim != kNoInputs;
        data.audio_outputs_count = 1;
        data.in_events = block.whim == kNoEvents ? nullptr : &input;
        data.out_events = block.isHeard ? &output : nullptr;
        plugin_->process(plugin_, &data);
        if (block.whim == kDouble)
            wide_.put(block);
        for (uint32_t c = 0; block.whim == kNoBuffers && c < block.channels; ++c)
            if (block.out[c])
                std::fill(block.out[c], block.out[c] + block.frames, 0.0F);
    }

private:
    static void setEvents(const Change* changes) {
        for (uint32_t i = 0; i < kChanges; ++i) {
            events[i] = {};
            // Every fourth event is of a foreign space, where the same type means something else.
            const bool isForeign = changes[i].id % 4 == 3;
            const auto space = static_cast<uint16_t>(isForeign ? 1234 : CLAP_CORE_EVENT_SPACE_ID);
            events[i].header = {sizeof events[i], changes[i].offset, space, CLAP_EVENT_PARAM_VALUE, 0};
            events[i].param_id = isForeign ? 0x7FFFFFFF : changes[i].id;
            events[i].value = changes[i].value;
        }
    }

    const clap_plugin_t* plugin_;
    const clap_plugin_params_t* parameters_ =
        static_cast<const clap_plugin_params_t*>(plugin_->get_extension(plugin_, CLAP_EXT_PARAMS));
    Wide wide_;
};

}  // namespace

std::unique_ptr<Host> openClap(const char* path) {
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const auto* const entry = library ? static_cast<const clap_plugin_entry_t*>(dlsym(library, "clap_entry")) : nullptr;
    if (!entry || !entry->init(path))
        return nullptr;
    const auto* const factory = static_cast<const clap_plugin_factory_t*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
    const clap_plugin_t* const plugin =
        factory->create_plugin(factory, &host, factory->get_plugin_descriptor(factory, 0)->id);
    if (!plugin || !plugin->init(plugin))
        return nullptr;
    return std::make_unique<Clap>(plugin);
}

}  // namespace storm
