// SPDX-License-Identifier: GPL-3.0-or-later
// A VST3 host that reports what others do not: vst3_host LIBRARY BLOCK RATE [RATE ...]. One instance is set up, started
// and stopped at each rate in turn. Prints a JSON list: latency and tail in samples at each rate.
#include "travesty/audio_processor.h"
#include "travesty/component.h"
#include "travesty/factory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

namespace {

bool fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    return false;
}

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

bool askAt(double rate, int32_t block, v3_component** component, v3_audio_processor** processor) {
    v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, block, rate};
    if (v3_cpp_obj(processor)->setup_processing(processor, &setup) != V3_OK)
        return fail("the rate is refused");
    if (v3_cpp_obj(component)->set_active(component, true) != V3_OK)
        return fail("cannot be activated");
    v3_cpp_obj(processor)->set_processing(processor, true);
    std::printf("{\"rate\": %.0f, \"latency\": %u, \"tail\": %u}", rate,
                v3_cpp_obj(processor)->get_latency_samples(processor),
                v3_cpp_obj(processor)->get_tail_samples(processor));
    v3_cpp_obj(processor)->set_processing(processor, false);
    v3_cpp_obj(component)->set_active(component, false);
    return true;
}

bool run(int count, char** words) {
    void* const library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    const auto enter = library ? reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry")) : nullptr;
    const auto open = library ? reinterpret_cast<void* (*)()>(dlsym(library, "GetPluginFactory")) : nullptr;
    if (!enter || !open || !enter(library))
        return fail("not a VST3");
    auto** const factory = static_cast<v3_plugin_factory**>(open());
    v3_component** const component = makeComponent(factory);
    v3_audio_processor** processor = nullptr;
    if (!component || v3_cpp_obj_initialize(component, static_cast<v3_funknown**>(nullptr)) != V3_OK ||
        v3_cpp_obj_query_interface(component, v3_audio_processor_iid, &processor) != V3_OK)
        return fail("cannot be made");
    bool all = true;
    for (int i = 3; i < count && all; ++i) {
        std::printf(i == 3 ? "[" : ", ");
        all = askAt(std::atof(words[i]), std::atoi(words[2]), component, processor);
    }
    std::printf("]\n");
    v3_cpp_obj_unref(processor);
    v3_cpp_obj_terminate(component);
    v3_cpp_obj_unref(component);
    v3_cpp_obj_unref(factory);
    return all;
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fprintf(stderr, "vst3_host LIBRARY BLOCK RATE [RATE ...]\n");
        return 2;
    }
    return run(count, words) ? 0 : 1;
}
