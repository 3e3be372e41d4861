// SPDX-License-Identifier: GPL-3.0-or-later
// DPF's CLAP with what its wrapper leaves out: render mode, tails, and names, units and text that change. DPF is compiled
// as a part of this file, and the plugin that a host gets is a copy of DPF's with some functions of ours.
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_CLAP
#define clap_entry dpfEntry
#include "DistrhoPluginMain.cpp"
#undef clap_entry

#include "plugin.hpp"

START_NAMESPACE_DISTRHO

const bool kHostKeepsValues = false;

namespace {

// These two extensions are not among the headers that DPF brings; names and layout are CLAP 1.0's.
constexpr char kTailId[] = "clap.tail", kRenderId[] = "clap.render";

struct Tail {
    uint32_t(CLAP_ABI* get)(const clap_plugin_t*);
};

struct RenderMode {
    bool(CLAP_ABI* hasHardRealtimeRequirement)(const clap_plugin_t*);
    bool(CLAP_ABI* set)(const clap_plugin_t*, int32_t);
};

struct Wrapped {
    clap_plugin_t plugin;
    const clap_plugin_t* dpf;
    DdspFx* ours;
    const clap_host_t* host;
    unsigned told;
};

const Wrapped& wrapped(const clap_plugin_t* plugin) { return *reinterpret_cast<const Wrapped*>(plugin); }
DdspFx& ours(const clap_plugin_t* plugin) { return *wrapped(plugin).ours; }

// A host's value, in the range that DPF has declared, and 0 to 1.
double fromHost(uint32_t index, double value) {
    return index == kEffect ? value / 127.0 : index == kRender ? value / 2.0 : isSlot(index) ? value : value / 1e6;
}
double toHost(uint32_t index, double value) {
    return index == kEffect ? value * 127.0 : index == kRender ? value * 2.0 : isSlot(index) ? value : value * 1e6;
}

void copy(char* to, const std::string& text, std::size_t room) {
    const std::size_t length = std::min(text.size(), room - 1);
    std::memcpy(to, text.data(), length);
    to[length] = '\0';
}

bool CLAP_ABI info(const clap_plugin_t* plugin, uint32_t index, clap_param_info_t* found) {
    if (!clap_plugin_params.get_info(plugin, index, found))
        return false;
    if (isSlot(index)) {
        const ddspfx::Slot slot = ours(plugin).slot(index);
        copy(found->name, slot.name, CLAP_NAME_SIZE);
        found->default_value = slot.fallback;
    }
    return true;
}

bool CLAP_ABI valueText(const clap_plugin_t* plugin, clap_id id, double value, char* text, uint32_t size) {
    if (id >= kParameters || size == 0)
        return false;
    std::string said = ours(plugin).text(id, fromHost(id, value));
    const std::string unit = isSlot(id) ? ours(plugin).slot(id).unit : std::string();
    copy(text, unit.empty() ? said : said + " " + unit, size);
    return true;
}

bool CLAP_ABI textValue(const clap_plugin_t* plugin, clap_id id, const char* text, double* value) {
    double normalised = 0.0;
    if (id >= kParameters || !ours(plugin).parse(id, text, normalised))
        return false;
    *value = toHost(id, normalised);
    return true;
}

uint32_t CLAP_ABI tail(const clap_plugin_t* plugin) { return ours(plugin).tailSamples(); }

bool CLAP_ABI mayBeOffline(const clap_plugin_t*) { return false; }

bool CLAP_ABI setMode(const clap_plugin_t* plugin, int32_t mode) {
    ours(plugin).setOffline(mode == 1);
    return true;
}

const Tail tailExtension{tail};
const RenderMode renderExtension{mayBeOffline, setMode};

// DPF writes to its table with any id that a host sends, whatever the event's space is. Nothing but well-formed values of
// its own parameters reaches it; the place of any other event is taken by one of a type that it passes over in silence.
uint32_t CLAP_ABI knownCount(const clap_input_events_t* list) {
    const auto* const host = static_cast<const clap_input_events_t*>(list->ctx);
    return host->size(host);
}

const clap_event_header_t* CLAP_ABI knownAt(const clap_input_events_t* list, uint32_t i) {
    static const clap_event_header_t passedOver{sizeof(clap_event_header_t), 0, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_NOTE_END, 0};
    const auto* const host = static_cast<const clap_input_events_t*>(list->ctx);
    const clap_event_header_t* const event = host->get(host, i);
    const bool isValue = event->space_id == CLAP_CORE_EVENT_SPACE_ID && event->type == CLAP_EVENT_PARAM_VALUE &&
                         event->size == sizeof(clap_event_param_value_t);
    const bool isKnown = isValue && reinterpret_cast<const clap_event_param_value_t*>(event)->param_id < kParameters;
    return isKnown ? event : &passedOver;
}

clap_input_events_t onlyKnown(const clap_input_events_t* host) {
    return {const_cast<clap_input_events_t*>(host), knownCount, knownAt};
}

void CLAP_ABI flush(const clap_plugin_t* plugin, const clap_input_events_t* in, const clap_output_events_t* out) {
    const clap_input_events_t known = onlyKnown(in);
    clap_plugin_params.flush(plugin, in ? &known : nullptr, out);
}

bool CLAP_ABI value(const clap_plugin_t* plugin, clap_id id, double* found) {
    return id < kParameters && clap_plugin_params.get_value(plugin, id, found);
}

const void* CLAP_ABI extension(const clap_plugin_t* plugin, const char* id) {
    static const clap_plugin_params_t parameters{clap_plugin_params.count, info, value, valueText, textValue, flush};
    if (!std::strcmp(id, CLAP_EXT_PARAMS))
        return &parameters;
    if (!std::strcmp(id, kTailId))
        return &tailExtension;
    if (!std::strcmp(id, kRenderId))
        return &renderExtension;
    return wrapped(plugin).dpf->get_extension(plugin, id);
}

// Automation inside a block, which DPF would move to its start.
clap_process_status CLAP_ABI process(const clap_plugin_t* plugin, const clap_process_t* data) {
    DdspFx& fx = ours(plugin);
    const clap_input_events_t* const events = data->frames_count ? data->in_events : nullptr;
    for (uint32_t i = 0, count = events ? events->size(events) : 0; i < count; ++i) {
        const clap_event_header_t* const event = events->get(events, i);
        if (event->space_id != CLAP_CORE_EVENT_SPACE_ID || event->type != CLAP_EVENT_PARAM_VALUE ||
            event->size != sizeof(clap_event_param_value_t))
            continue;
        const auto* const change = reinterpret_cast<const clap_event_param_value_t*>(event);
        fx.event(event->time, change->param_id, change->value);
    }
    fx.setEventsTaken(data->frames_count > 0);
    const clap_input_events_t known = onlyKnown(data->in_events);
    clap_process_t checked = *data;
    checked.in_events = data->in_events ? &known : nullptr;
    const clap_process_status status = wrapped(plugin).dpf->process(plugin, &checked);
    fx.setEventsTaken(false);
    if (fx.generation() != wrapped(plugin).told)
        wrapped(plugin).host->request_callback(wrapped(plugin).host);
    return status;
}

void CLAP_ABI onMainThread(const clap_plugin_t* plugin) {
    wrapped(plugin).dpf->on_main_thread(plugin);
    Wrapped& mine = const_cast<Wrapped&>(wrapped(plugin));
    const unsigned now = mine.ours->generation();
    const auto* const parameters =
        static_cast<const clap_host_params_t*>(mine.host->get_extension(mine.host, CLAP_EXT_PARAMS));
    if (now != mine.told && parameters)
        parameters->rescan(mine.host, CLAP_PARAM_RESCAN_VALUES | CLAP_PARAM_RESCAN_TEXT | CLAP_PARAM_RESCAN_INFO);
    mine.told = now;
}

void CLAP_ABI destroy(const clap_plugin_t* plugin) {
    const Wrapped* const mine = &wrapped(plugin);
    mine->dpf->destroy(mine->dpf);
    delete mine;
}

const clap_plugin_t* CLAP_ABI create(const clap_plugin_factory_t* factory, const clap_host_t* host, const char* id) {
    const clap_plugin_t* const dpf = clap_create_plugin(factory, host, id);
    if (!dpf)
        return nullptr;
    auto* const mine = new Wrapped{*dpf, dpf, DdspFx::lastCreated(), host, 0};
    mine->plugin.destroy = destroy;
    mine->plugin.process = process;
    mine->plugin.get_extension = extension;
    mine->plugin.on_main_thread = onMainThread;
    return &mine->plugin;
}

const clap_plugin_factory_t ourFactory{clap_get_plugin_count, clap_get_plugin_descriptor, create};

const void* CLAP_ABI getFactory(const char* id) {
    return std::strcmp(id, CLAP_PLUGIN_FACTORY_ID) ? nullptr : &ourFactory;
}

}  // namespace

END_NAMESPACE_DISTRHO

DISTRHO_PLUGIN_EXPORT const clap_plugin_entry_t clap_entry;
const clap_plugin_entry_t clap_entry{CLAP_VERSION, DISTRHO_NAMESPACE::clap_plugin_entry_init,
                                     DISTRHO_NAMESPACE::clap_plugin_entry_deinit, DISTRHO_NAMESPACE::getFactory};
