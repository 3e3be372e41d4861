// SPDX-License-Identifier: GPL-3.0-or-later
#include "vst3_block.hpp"

#include "buffers.hpp"

#include "DistrhoPluginVST.hpp"

START_NAMESPACE_DISTRHO

namespace {

using ddspfx::Channels;

// The samples of a block that are processed next.
struct Piece {
    int32_t start, frames;
    bool isLast;

    // An offset outside the block would never be reached, so it is clipped.
    bool has(int32_t offset) const { return (start == 0 || offset >= start) && (isLast || offset < start + frames); }
    uint32_t within(int32_t offset) const { return static_cast<uint32_t>(std::max(offset - start, 0)); }
};

void takeQueue(DdspFx& plugin, v3_param_value_queue** queue, const Piece& piece) {
    uint32_t index = 0;
    if (!queue || !indexOf(v3_cpp_obj(queue)->get_param_id(queue), index))
        return;
    for (int32_t i = 0, count = v3_cpp_obj(queue)->get_point_count(queue); i < count; ++i) {
        int32_t offset = 0;
        double value = 0.0;
        if (v3_cpp_obj(queue)->get_point(queue, i, &offset, &value) != V3_OK || !piece.has(offset))
            continue;
        // Without samples it has no position in time.
        if (piece.frames > 0)
            plugin.event(piece.within(offset), index, value);
        else
            plugin.set(index, value);
    }
}

void takeChanges(DdspFx& plugin, v3_param_changes** changes, const Piece& piece) {
    for (int32_t i = 0, count = changes ? v3_cpp_obj(changes)->get_param_count(changes) : 0; i < count; ++i)
        takeQueue(plugin, v3_cpp_obj(changes)->get_param_data(changes, i), piece);
}

// Values for the host, which may refuse them: DPF would write a line to stderr about each.
struct Told {
    struct Queue {
        v3_param_value_queue_cpp* self;
        v3_param_value_queue** host;
    };

    v3_param_changes_cpp* self;
    v3_param_changes** host;
    Queue queue;
};

v3_result V3_API addPoint(void* self, int32_t offset, double value, int32_t* index) {
    v3_param_value_queue** const host = static_cast<Told::Queue*>(self)->host;
    if (host)
        v3_cpp_obj(host)->add_point(host, offset, value, index);
    return V3_OK;
}

v3_param_value_queue** V3_API addQueue(void* self, v3_param_id* id, int32_t* index) {
    Told& told = *static_cast<Told*>(self);
    told.queue.host = told.host ? v3_cpp_obj(told.host)->add_param_data(told.host, id, index) : nullptr;
    return reinterpret_cast<v3_param_value_queue**>(&told.queue);
}

// The channels of a host's first bus.
Channels channelsOf(const v3_audio_bus_buffers* buses, int32_t count) {
    const bool isThere = buses && count > 0 && buses->num_channels > 0;
    return isThere ? Channels(buses->channel_buffers_32, static_cast<uint32_t>(buses->num_channels)) : Channels();
}

// The first output from channel `from` on.
void silenceOutputs(const v3_process_data& block, uint32_t from) {
    const auto frames = static_cast<uint32_t>(std::max(block.nframes, 0));
    for (int32_t i = 0; block.outputs && i < block.num_output_buses; ++i, from = 0) {
        const v3_audio_bus_buffers& bus = block.outputs[i];
        const auto count = static_cast<uint32_t>(std::max(bus.num_channels, 0));
        if (block.symbolic_sample_size == V3_SAMPLE_64)
            ddspfx::silence(bus.channel_buffers_64, count, frames, from);
        else
            ddspfx::silence(bus.channel_buffers_32, count, frames, from);
    }
}

v3_result processPieces(DdspFx& plugin, const v3_process_data& block, int32_t most, Process dpf, void* self) {
    static v3_param_value_queue_cpp queueTable{{}, {nullptr, nullptr, nullptr, addPoint}};
    static v3_param_changes_cpp changesTable{{}, {nullptr, nullptr, addQueue}};
    Told told{&changesTable, block.output_params, {&queueTable, nullptr}};
    Channels in = channelsOf(block.inputs, block.num_input_buses),
             out = channelsOf(block.outputs, block.num_output_buses);
    v3_process_data data = block;
    v3_audio_bus_buffers from{}, to{};
    from.num_channels = to.num_channels = ddspfx::kChannels;
    data.num_input_buses = data.num_output_buses = 1;
    data.inputs = &from;
    data.outputs = &to;
    data.input_params = nullptr;
    data.output_params = reinterpret_cast<v3_param_changes**>(&told);
    v3_result result = V3_OK;
    for (int32_t start = 0; result == V3_OK && (start == 0 || start < block.nframes); start += most) {
        const int32_t frames = std::clamp(block.nframes - start, 0, most);
        takeChanges(plugin, block.input_params, {start, frames, start + frames >= block.nframes});
        data.nframes = frames;
        from.channel_buffers_32 = in.at(static_cast<uint32_t>(start));
        to.channel_buffers_32 = out.at(static_cast<uint32_t>(start));
        result = dpf(self, &data);
    }
    return result;
}

}  // namespace

bool indexOf(v3_param_id id, uint32_t& index) {
    index = id - kVst3InternalParameterCount;
    return id >= kVst3InternalParameterCount && index < kParameters;
}

v3_result processBlock(DdspFx& plugin, const v3_process_data& block, int32_t most, Process dpf, void* self) {
    const bool isTaken = block.symbolic_sample_size == V3_SAMPLE_32;
    if (!isTaken || most <= 0 || !plugin.isActivated()) {
        silenceOutputs(block, 0);
        return isTaken ? V3_NOT_INITIALIZED : V3_INVALID_ARG;
    }
    const v3_result result = processPieces(plugin, block, most, dpf, self);
    silenceOutputs(block, ddspfx::kChannels);
    return result;
}

END_NAMESPACE_DISTRHO
