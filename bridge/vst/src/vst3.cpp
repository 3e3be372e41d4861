// SPDX-License-Identifier: GPL-3.0-or-later
// DPF's VST3 plus what its wrapper lacks: the host's offline mode, tails, mono, blocks of any size, and names, units
// and text that change. DPF is compiled as part of this file. Its objects are tables of functions, in which ours are
// installed when a host asks for them.
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_VST3
#define GetPluginFactory dpfPluginFactory
#include "DistrhoPluginMain.cpp"
#undef GetPluginFactory

#include "vst3_block.hpp"

START_NAMESPACE_DISTRHO

const bool kHostKeepsValues = false;

namespace {

v3_component_cpp dpfComponent;
v3_audio_processor_cpp dpfProcessor;
v3_edit_controller_cpp dpfController;

DdspFx* pluginOf(PluginVst3* vst3) {
    return vst3 ? static_cast<DdspFx*>(static_cast<Plugin*>(vst3->getInstancePointer())) : nullptr;
}
DdspFx* processorsPlugin(void* self) { return pluginOf((*static_cast<dpf_audio_processor**>(self))->vst3); }
DdspFx* controllersPlugin(void* self) { return pluginOf((*static_cast<dpf_edit_controller**>(self))->vst3); }

std::string narrow(const int16_t* wide) { return std::string(ScopedUTF8String(wide)); }

// The processor.

v3_result V3_API setupProcessing(void* self, v3_process_setup* setup) {
    DdspFx* const plugin = processorsPlugin(self);
    // DPF refuses blocks of one sample, and would keep its old size. It allocates as much as is requested.
    v3_process_setup within = *setup;
    within.max_block_size = std::clamp(setup->max_block_size, 2, static_cast<int32_t>(kMostFrames));
    const v3_result result = dpfProcessor.proc.setup_processing(self, &within);
    if (plugin && result == V3_OK) {
        plugin->setOffline(setup->process_mode == V3_OFFLINE);
        plugin->setMostFrames(within.max_block_size);
    }
    return result;
}

uint32_t V3_API tailSamples(void* self) {
    DdspFx* const plugin = processorsPlugin(self);
    return plugin ? plugin->tailSamples() : 0;
}

v3_result V3_API setBuses(void* self, v3_speaker_arrangement* inputs, int32_t inputCount,
                          v3_speaker_arrangement* outputs, int32_t outputCount) {
    DdspFx* const plugin = processorsPlugin(self);
    const bool same = inputCount == 1 && outputCount == 1 && inputs && outputs && inputs[0] == outputs[0];
    if (!plugin || !same)
        return V3_FALSE;
    const bool mono = inputs[0] == V3_SPEAKER_M;
    if (!mono && inputs[0] != (V3_SPEAKER_L | V3_SPEAKER_R))
        return V3_FALSE;
    plugin->setChannels(mono ? 1 : 2);
    v3_speaker_arrangement stereo = V3_SPEAKER_L | V3_SPEAKER_R, stereoOut = stereo;
    return dpfProcessor.proc.set_bus_arrangements(self, &stereo, 1, &stereoOut, 1);
}

v3_result V3_API getBus(void* self, int32_t direction, int32_t index, v3_speaker_arrangement* arrangement) {
    const v3_result result = dpfProcessor.proc.get_bus_arrangement(self, direction, index, arrangement);
    DdspFx* const plugin = processorsPlugin(self);
    if (result == V3_OK && plugin && plugin->channels() == 1)
        *arrangement = V3_SPEAKER_M;
    return result;
}

v3_result V3_API process(void* self, v3_process_data* data) {
    DdspFx* const plugin = processorsPlugin(self);
    if (!plugin)
        return V3_NOT_INITIALIZED;
    return processBlock(*plugin, *data, plugin->mostFrames(), dpfProcessor.proc.process, self);
}

// The controller.

v3_result V3_API parameterInfo(void* self, int32_t position, v3_param_info* info) {
    const v3_result result = dpfController.ctrl.get_parameter_info(self, position, info);
    uint32_t index = 0;
    DdspFx* const plugin = controllersPlugin(self);
    if (result != V3_OK || !plugin || !indexOf(info->param_id, index))
        return result;
    if (index == kEffect)
        info->flags |= V3_PARAM_IS_LIST;
    if (index < kFirstSlot || index >= kEngine)
        return result;
    const ddspfx::Slot slot = plugin->slot(index);
    strncpy_utf16(info->title, slot.name.c_str(), 128);
    strncpy_utf16(info->short_title, slot.name.c_str(), 128);
    strncpy_utf16(info->units, slot.unit.c_str(), 128);
    info->step_count = slot.steps();
    info->default_normalised_value = slot.fallback;
    info->flags = slot.isList() ? info->flags | V3_PARAM_IS_LIST : info->flags & ~V3_PARAM_IS_LIST;
    return V3_OK;
}

v3_result V3_API stringForValue(void* self, v3_param_id id, double normalised, v3_str_128 output) {
    uint32_t index = 0;
    DdspFx* const plugin = controllersPlugin(self);
    if (!plugin || !indexOf(id, index))
        return dpfController.ctrl.get_parameter_string_for_value(self, id, normalised, output);
    strncpy_utf16(output, plugin->text(index, normalised).c_str(), 128);
    return V3_OK;
}

v3_result V3_API valueForString(void* self, v3_param_id id, int16_t* input, double* output) {
    uint32_t index = 0;
    DdspFx* const plugin = controllersPlugin(self);
    if (!plugin || !indexOf(id, index))
        return dpfController.ctrl.get_parameter_value_for_string(self, id, input, output);
    return plugin->parse(index, narrow(input), *output) ? V3_OK : V3_INVALID_ARG;
}

double V3_API getNormalised(void* self, v3_param_id id) {
    uint32_t index = 0;
    DdspFx* const plugin = controllersPlugin(self);
    return plugin && indexOf(id, index) ? plugin->normalised(index)
                                        : dpfController.ctrl.get_parameter_normalised(self, id);
}

// Here, in its main thread, a host repeats the processor's output parameters: this is the place to notify it of names
// and latency. Ardour 7.3 does it in the audio thread, where a notification corrupts its memory.
v3_result V3_API setNormalised(void* self, v3_param_id id, double normalised) {
    uint32_t index = 0;
    DdspFx* const plugin = controllersPlugin(self);
    const bool restarts = !indexOf(id, index) || index == kEngine;
    if (plugin && restarts && !plugin->isMainThread())
        return V3_OK;
    if (!plugin || index != kEngine)
        return dpfController.ctrl.set_parameter_normalised(self, id, normalised);
    return plugin->tellNames();
}

v3_result V3_API setHandler(void* self, v3_component_handler** handler) {
    if (DdspFx* const plugin = controllersPlugin(self)) {
        if (handler)
            plugin->onNames([handler] {
                const int32_t changed =
                    V3_RESTART_PARAM_TITLES_CHANGED | V3_RESTART_PARAM_VALUES_CHANGED | V3_RESTART_LATENCY_CHANGED;
                return v3_cpp_obj(handler)->restart_component(handler, changed);
            });
        else
            plugin->onNames({});
    }
    return dpfController.ctrl.set_component_handler(self, handler);
}

void takeOver(dpf_audio_processor& processor) {
    if (processor.proc.process == process)
        return;
    dpfProcessor.proc = processor.proc;
    processor.proc.setup_processing = setupProcessing;
    processor.proc.get_tail_samples = tailSamples;
    processor.proc.set_bus_arrangements = setBuses;
    processor.proc.get_bus_arrangement = getBus;
    processor.proc.process = process;
}

void takeOver(dpf_edit_controller& controller) {
    if (controller.ctrl.get_parameter_info == parameterInfo)
        return;
    dpfController.ctrl = controller.ctrl;
    controller.ctrl.get_parameter_info = parameterInfo;
    controller.ctrl.get_parameter_string_for_value = stringForValue;
    controller.ctrl.get_parameter_value_for_string = valueForString;
    controller.ctrl.get_parameter_normalised = getNormalised;
    controller.ctrl.set_parameter_normalised = setNormalised;
    controller.ctrl.set_component_handler = setHandler;
}

v3_result V3_API query(void* self, const v3_tuid iid, void** object) {
    const v3_result result = dpfComponent.query_interface(self, iid, object);
    dpf_component* const component = *static_cast<dpf_component**>(self);
    if (component->processor != nullptr)
        takeOver(*component->processor);
    if (component->controller != nullptr)
        takeOver(*component->controller);
    return result;
}

// For every block of a bus that is switched off, DPF writes to stderr in the audio thread, and reads beyond its table.
// Such a bus has no channels, which is all that matters here.
v3_result V3_API activateBus(void*, int32_t, int32_t, int32_t, v3_bool) { return V3_OK; }

// A state may contain a board of another latency, but DPF only notifies the host of new values. A host that has asked
// for the latency before, as Ardour 7.3 does, would play a violin 43 ms late.
v3_result V3_API setState(void* self, v3_bstream** stream) {
    const v3_result result = dpfComponent.comp.set_state(self, stream);
    DdspFx* const plugin = pluginOf((*static_cast<dpf_component**>(self))->vst3);
    if (result == V3_OK && plugin && plugin->isMainThread())
        plugin->tellNames();
    return result;
}

v3_result V3_API busInfo(void* self, int32_t media, int32_t direction, int32_t bus, v3_bus_info* info) {
    const v3_result result = dpfComponent.comp.get_bus_info(self, media, direction, bus, info);
    const DdspFx* const plugin = pluginOf((*static_cast<dpf_component**>(self))->vst3);
    if (result == V3_OK && media == V3_AUDIO && plugin && plugin->channels() == 1)
        info->channel_count = 1;
    return result;
}

decltype(v3_plugin_factory::create_instance) dpfCreate = nullptr;

v3_result V3_API create(void* self, const v3_tuid classId, const v3_tuid iid, void** instance) {
    const v3_result result = dpfCreate(self, classId, iid, instance);
    if (result != V3_OK)
        return result;
    dpf_component* const component = *static_cast<dpf_component**>(*instance);
    dpfComponent.query_interface = component->query_interface;
    dpfComponent.comp = component->comp;
    component->query_interface = query;
    component->comp.get_bus_info = busInfo;
    component->comp.set_state = setState;
    component->comp.activate_bus = activateBus;
    return result;
}

}  // namespace

END_NAMESPACE_DISTRHO

DISTRHO_PLUGIN_EXPORT
const void* GetPluginFactory(void);

const void* GetPluginFactory(void) {
    USE_NAMESPACE_DISTRHO;
    const void* const pointer = dpfPluginFactory();
    dpf_factory* const factory = *static_cast<dpf_factory* const*>(pointer);
    dpfCreate = factory->v1.create_instance;
    factory->v1.create_instance = create;
    return pointer;
}
