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
    Queue queues[kChanges];
};

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
    return reinterpret_cast<v3_param_value_queue**>(&static_cast<Changes*>(self)->queues[i]);
}

// What the plugin puts out is taken, and forgotten.
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
    Vst3(v3_component** component, v3_audio_processor** processor) : component_(component), processor_(processor) {
        make(input_, all);
        make(output_, none);
    }
    ~Vst3() override {
        v3_cpp_obj(processor_)->set_processing(processor_, false);
        v3_cpp_obj(component_)->set_active(component_, false);
        v3_cpp_obj_unref(processor_);
        v3_cpp_obj_terminate(component_);
        v3_cpp_obj_unref(component_);
    }

    void process(const float* const* in, float* const* out, const Change* changes) override {
        for (uint32_t i = 0; i < kChanges; ++i)
            input_.queues[i].change = changes[i];
        v3_audio_bus_buffers from{}, to{};
        from.num_channels = to.num_channels = 2;
        from.channel_buffers_32 = const_cast<float**>(in);
        to.channel_buffers_32 = const_cast<float**>(out);
        v3_process_data data{};
        data.symbolic_sample_size = V3_SAMPLE_32;
        data.nframes = kBlock;
        data.num_input_buses = data.num_output_buses = 1;
        data.inputs = &from;
        data.outputs = &to;
        data.input_params = reinterpret_cast<v3_param_changes**>(&input_);
        data.output_params = reinterpret_cast<v3_param_changes**>(&output_);
        v3_cpp_obj(processor_)->process(processor_, &data);
    }

private:
    v3_component** component_;
    v3_audio_processor** processor_;
    Changes input_{}, output_{};
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
    v3_component** const component = makeComponent(static_cast<v3_plugin_factory**>(open()));
    v3_audio_processor** processor = nullptr;
    v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, kBlock, kRate};
    if (!component || v3_cpp_obj_initialize(component, static_cast<v3_funknown**>(nullptr)) != V3_OK ||
        v3_cpp_obj_query_interface(component, v3_audio_processor_iid, &processor) != V3_OK ||
        v3_cpp_obj(processor)->setup_processing(processor, &setup) != V3_OK ||
        v3_cpp_obj(component)->set_active(component, true) != V3_OK)
        return nullptr;
    v3_cpp_obj(processor)->set_processing(processor, true);
    return std::make_unique<Vst3>(component, processor);
}

}  // namespace storm
