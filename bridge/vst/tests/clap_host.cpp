// SPDX-License-Identifier: GPL-3.0-or-later
// A CLAP host without a window: clap_host PLUGIN BLOCK IN OUT PARAMETER VALUE SAMPLE. Renders raw stereo floats, one
// channel after the other, with one change of a parameter, found by its name, at a sample. Prints what the plugin
// reports.
#include "clap/entry.h"
#include "clap/events.h"
#include "clap/ext/latency.h"
#include "clap/ext/params.h"
#include "clap/ext/state.h"
#include "clap/plugin-factory.h"
#include "clap/process.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct Tail {
    uint32_t (*get)(const clap_plugin_t*);
};
struct RenderMode {
    bool (*hasHardRealtimeRequirement)(const clap_plugin_t*);
    bool (*set)(const clap_plugin_t*, int32_t);
};

void nothing(const clap_host_t*) {}

// DPF of 2022 calls it without checking whether the host has it.
const clap_host_latency_t hostLatency{nothing};

const void* hostExtension(const clap_host_t*, const char* id) {
    return std::strcmp(id, CLAP_EXT_LATENCY) ? nullptr : &hostLatency;
}

const clap_host_t host{CLAP_VERSION, nullptr,       "clap_host", "ddsp-fx", "",
                       "1",          hostExtension, nothing,     nothing,   nothing};

// The one change, in the block that contains it.
clap_event_param_value_t change{};
bool isHere = false;

uint32_t eventCount(const clap_input_events_t*) { return isHere; }
const clap_event_header_t* eventAt(const clap_input_events_t*, uint32_t) { return &change.header; }
bool push(const clap_output_events_t*, const clap_event_header_t*) { return true; }

template <typename T>
const T* extension(const clap_plugin_t* plugin, const char* id) {
    return static_cast<const T*>(plugin->get_extension(plugin, id));
}

bool fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    return false;
}

bool findParameter(const clap_plugin_t* plugin, const char* name, double value) {
    const auto* const parameters = extension<clap_plugin_params_t>(plugin, CLAP_EXT_PARAMS);
    for (uint32_t i = 0; i < parameters->count(plugin); ++i) {
        clap_param_info_t info{};
        if (!parameters->get_info(plugin, i, &info) || std::strcmp(info.name, name))
            continue;
        char text[256] = "";
        double back = -1.0;
        parameters->value_to_text(plugin, info.id, value, text, sizeof text);
        parameters->text_to_value(plugin, info.id, text, &back);
        std::printf("\"text\": \"%s\", \"back\": %.9g, ", text, back);
        change.header = {sizeof change, 0, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, 0};
        change.param_id = info.id;
        change.value = value;
        return true;
    }
    return fail("no such parameter");
}

bool render(const clap_plugin_t* plugin, uint32_t block, std::vector<float>& in, std::vector<float>& out, long sample) {
    const std::size_t length = in.size() / 2;
    const clap_input_events_t input{nullptr, eventCount, eventAt};
    const clap_output_events_t output{nullptr, push};
    for (std::size_t at = 0; at < length; at += block) {
        const auto frames = static_cast<uint32_t>(std::min<std::size_t>(block, length - at));
        float* from[] = {in.data() + at, in.data() + length + at};
        float* to[] = {out.data() + at, out.data() + length + at};
        clap_audio_buffer_t inputs{}, outputs{};
        inputs.data32 = from;
        outputs.data32 = to;
        inputs.channel_count = outputs.channel_count = 2;
        isHere = sample >= static_cast<long>(at) && sample < static_cast<long>(at + frames);
        change.header.time = static_cast<uint32_t>(isHere ? sample - static_cast<long>(at) : 0);
        clap_process_t process{};
        process.frames_count = frames;
        process.audio_inputs = &inputs;
        process.audio_outputs = &outputs;
        process.audio_inputs_count = process.audio_outputs_count = 1;
        process.in_events = &input;
        process.out_events = &output;
        if (plugin->process(plugin, &process) == CLAP_PROCESS_ERROR)
            return fail("process failed");
    }
    return true;
}

bool run(char** words) {
    void* const library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    const auto* const entry = library ? static_cast<const clap_plugin_entry_t*>(dlsym(library, "clap_entry")) : nullptr;
    if (!entry || !entry->init(words[1]))
        return fail("not a CLAP");
    const auto* const factory = static_cast<const clap_plugin_factory_t*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
    const char* const id = factory->get_plugin_descriptor(factory, 0)->id;
    const clap_plugin_t* const plugin = factory->create_plugin(factory, &host, id);
    if (!plugin || !plugin->init(plugin))
        return fail("cannot be made");
    std::ifstream file(words[3], std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<float> in(bytes.size() / sizeof(float)), out(in.size());
    std::memcpy(in.data(), bytes.data(), in.size() * sizeof(float));
    const auto block = static_cast<uint32_t>(std::atoi(words[2]));
    std::printf("{");
    if (!findParameter(plugin, words[5], std::atof(words[6])))
        return false;
    extension<RenderMode>(plugin, "clap.render")->set(plugin, 1);
    if (!plugin->activate(plugin, 48000.0, 1, block) || !plugin->start_processing(plugin))
        return fail("cannot be activated");
    std::printf("\"id\": \"%s\", \"latency\": %u, \"tail\": %u}\n", id,
                extension<clap_plugin_latency_t>(plugin, CLAP_EXT_LATENCY)->get(plugin),
                extension<Tail>(plugin, "clap.tail")->get(plugin));
    const bool rendered = render(plugin, block, in, out, std::atol(words[7]));
    plugin->stop_processing(plugin);
    plugin->deactivate(plugin);
    plugin->destroy(plugin);
    entry->deinit();
    std::ofstream(words[4], std::ios::binary)
        .write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(float)));
    return rendered;
}

}  // namespace

int main(int count, char** words) {
    if (count != 8) {
        std::fprintf(stderr, "clap_host PLUGIN BLOCK IN OUT PARAMETER VALUE SAMPLE\n");
        return 2;
    }
    return run(words) ? 0 : 1;
}
