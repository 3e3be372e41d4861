// SPDX-License-Identifier: GPL-3.0-or-later
#include "clap_block.hpp"

#include "buffers.hpp"

START_NAMESPACE_DISTRHO

namespace {

using ddspfx::Channels;

const clap_event_param_value_t* valueOf(const clap_event_header_t* event) {
    const bool isValue = event && event->space_id == CLAP_CORE_EVENT_SPACE_ID &&
                         event->type == CLAP_EVENT_PARAM_VALUE && event->size >= sizeof(clap_event_param_value_t);
    return isValue ? reinterpret_cast<const clap_event_param_value_t*>(event) : nullptr;
}

Channels channelsOf(const clap_audio_buffer_t* ports, uint32_t count) {
    return ports && count > 0 ? Channels(ports->data32, ports->channel_count) : Channels();
}

// The first port from channel `from` on.
void silenceOutputs(const clap_process_t& block, uint32_t from) {
    for (uint32_t i = 0; block.audio_outputs && i < block.audio_outputs_count; ++i, from = 0) {
        const clap_audio_buffer_t& port = block.audio_outputs[i];
        ddspfx::silence(port.data32, port.channel_count, block.frames_count, from);
        if (!port.data32)
            ddspfx::silence(port.data64, port.channel_count, block.frames_count);
    }
}

}  // namespace

double fromHost(uint32_t index, double value) {
    return index == kEffect   ? value / kMostEffects
           : index == kRender ? value / kWait
           : isSlot(index)    ? value
                              : value / 1e6;
}

double toHost(uint32_t index, double value) {
    return index == kEffect   ? value * kMostEffects
           : index == kRender ? value * kWait
           : isSlot(index)    ? value
                              : value * 1e6;
}

void takeEvents(DdspFx& plugin, const clap_input_events_t* events, uint32_t frames) {
    for (uint32_t i = 0, count = events ? events->size(events) : 0; i < count; ++i) {
        const clap_event_param_value_t* const change = valueOf(events->get(events, i));
        if (!change || change->param_id >= kParameters)
            continue;
        const double value = fromHost(change->param_id, change->value);
        if (frames > 0)
            plugin.event(change->header.time, change->param_id, value);
        else
            plugin.set(change->param_id, value);
    }
}

clap_process_status processBlock(DdspFx& plugin, const clap_process_t& block, Process dpf, const clap_plugin_t* self) {
    static const clap_output_events_t deaf{
        nullptr, [](const clap_output_events_t*, const clap_event_header_t*) { return true; }};
    if (!plugin.isActivated()) {
        silenceOutputs(block, 0);
        return CLAP_PROCESS_ERROR;
    }
    takeEvents(plugin, block.in_events, block.frames_count);
    Channels in = channelsOf(block.audio_inputs, block.audio_inputs_count);
    Channels out = channelsOf(block.audio_outputs, block.audio_outputs_count);
    clap_audio_buffer_t from{}, to{};
    from.data32 = in.at(0);
    to.data32 = out.at(0);
    from.channel_count = to.channel_count = ddspfx::kChannels;
    clap_process_t given = block;
    given.audio_inputs_count = given.audio_outputs_count = 1;
    given.audio_inputs = &from;
    given.audio_outputs = &to;
    given.in_events = nullptr;
    // DPF would write a line to stderr for each value that is not accepted.
    given.out_events = block.out_events ? block.out_events : &deaf;
    const clap_process_status status = dpf(self, &given);
    silenceOutputs(block, ddspfx::kChannels);
    return status;
}

END_NAMESPACE_DISTRHO
