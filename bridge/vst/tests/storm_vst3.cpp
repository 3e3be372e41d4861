// SPDX-License-Identifier: GPL-3.0-or-later
#include "storm.hpp"

#include "travesty/audio_processor.h"
#include "travesty/component.h"
#include "travesty/factory.h"

#include <cstring>
#include <dlfcn.h>

namespace storm {

namespace {

// A queue with one point.
struct Queue {
    v3_param_value_queue_cpp* self;
    v3_param_value_queue_cpp table;
    Change change;
};

struct Changes {
    v3_param_changes_cpp* self;
    v3_param_changes_cpp table;
    bool isNull;
    Queue queues[kChanges];
};

// What this host does wrong.
enum Whim { kNoInputs = 2, kDouble, kNullQueue, kNoChanges, kBusesOff };

v3_param_id V3_API idOf(void* self) { return static_cast<Queue*>(self)->change.id; }
int32_t V3_API one(void*) { return 1; }
int32_t V3_API all(void*) { return kChanges; }
int32_t V3_API none(void*) { return 0; }

v3_result V3_API pointOf(void* self, int32_t, int32_t* offset, double* value) {
    const Change& change = static_cast<Queue*>(self)->change;
    *offset = static_cast<int32_t>(change.offset);
    *value = change.value;
    return V3_OK;
}

v3_result V3_API addPoint(void*, int32_t, double, int32_t*) { return V3_OK; }

v3_param_value_queue** V3_API queueAt(void* self, int32_t i) {
    auto* const changes = static_cast<Changes*>(self);
    return changes->isNull && i == 1 ? nullptr : reinterpret_cast<v3_param_value_queue**>(&changes->queues[i]);
}

// Accepts the plugin's output values, and discards them.
v3_param_value_queue** V3_API addQueue(void* self, v3_param_id*, int32_t* index) {
    *index = 0;
    return queueAt(self, 0);
}

void make(Changes& changes, int32_t(V3_API* count)(void*)) {
    changes.self = &changes.table;
    changes.table.changes = {count, queueAt, addQueue};
    for (Queue& queue : changes.queues) {
        queue.self = &queue.table;
        queue.table.queue = {idOf, one, pointOf, addPoint};
    }
}

class Vst3 : public Host {
public:
    Vst3(v3_plugin_factory** factory, v3_component** component, v3_audio_processor** processor)
        : factory_(factory), component_(component), processor_(processor) {
        make(input_, all);
        make(output_, none);
    }
    ~Vst3() override {
        v3_cpp_obj(processor_)->set_processing(processor_, false);
        v3_cpp_obj(component_)->set_active(component_, false);
        v3_cpp_obj_unref(processor_);
        v3_cpp_obj_terminate(component_);
        v3_cpp_obj_unref(component_);
        v3_cpp_obj_unref(factory_);
    }

    bool refusesBeforeActivation() const override { return true; }

    void activate() override {
        v3_cpp_obj(component_)->set_active(component_, true);
        v3_cpp_obj(processor_)->set_processing(processor_, true);
    }

    void process(const Block& block) override {
        for (uint32_t i = 0; i < kChanges; ++i)
            input_.queues[i].change = block.changes[i];
        input_.isNull = block.whim == kNullQueue;
        if (block.whim == kBusesOff)
            v3_cpp_obj(component_)->activate_bus(component_, V3_AUDIO, V3_INPUT, 0, false);
        v3_audio_bus_buffers from{}, to{};
        from.num_channels = to.num_channels = static_cast<int32_t>(block.channels);
        from.channel_buffers_32 = block.channels ? const_cast<float**>(block.in) : nullptr;
        to.channel_buffers_32 = block.channels ? const_cast<float**>(block.out) : nullptr;
        v3_process_data data{};
        data.symbolic_sample_size = block.whim == kDouble ? V3_SAMPLE_64 : V3_SAMPLE_32;
        if (block.whim == kDouble)
            from.channel_buffers_64 = to.channel_buffers_64 = wide_.of(block);
        data.nframes = static_cast<int32_t>(block.frames);
        data.num_output_buses = 1;
        data.num_input_buses = block.whim != kNoInputs;
        data.inputs = block.whim == kNoInputs ? nullptr : &from;
        data.outputs = &to;
        data.input_params = block.whim == kNoChanges ? nullptr : reinterpret_cast<v3_param_changes**>(&input_);
        data.output_params = block.isHeard ? reinterpret_cast<v3_param_changes**>(&output_) : nullptr;
        v3_cpp_obj(processor_)->process(processor_, &data);
        if (block.whim == kDouble)
            wide_.put(block);
    }

private:
    v3_plugin_factory** factory_;
    v3_component** component_;
    v3_audio_processor** processor_;
    Changes input_{}, output_{};
    Wide wide_;
};

v3_component** makeComponent(v3_plugin_factory** factory) {
    for (int32_t i = 0, count = v3_cpp_obj(factory)->num_classes(factory); i < count; ++i) {
        v3_class_info info{};
        void* made = nullptr;
        if (v3_cpp_obj(factory)->get_class_info(factory, i, &info) == V3_OK &&
            !std::strcmp(info.category, "Audio Module Class") &&
            v3_cpp_obj(factory)->create_instance(factory, info.class_id, v3_component_iid, &made) == V3_OK)
            return static_cast<v3_component**>(made);
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<Host> openVst3(const char* path) {
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const auto enter = library ? reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry")) : nullptr;
    const auto open = library ? reinterpret_cast<void* (*)()>(dlsym(library, "GetPluginFactory")) : nullptr;
    if (!enter || !open || !enter(library))
        return nullptr;
    auto** const factory = static_cast<v3_plugin_factory**>(open());
    v3_component** const component = makeComponent(factory);
    v3_audio_processor** processor = nullptr;
    v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, kBlock, kRate};
    if (!component || v3_cpp_obj_initialize(component, static_cast<v3_funknown**>(nullptr)) != V3_OK ||
        v3_cpp_obj_query_interface(component, v3_audio_processor_iid, &processor) != V3_OK ||
        v3_cpp_obj(processor)->setup_processing(processor, &setup) != V3_OK)
        return nullptr;
    return std::make_unique<Vst3>(factory, component, processor);
}

}  // namespace storm
