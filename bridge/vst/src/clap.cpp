// SPDX-License-Identifier: GPL-3.0-or-later
// DPF's CLAP plus what its wrapper lacks: render mode, tails, and names, units and text that change. DPF is compiled as
// part of this file. The plugin that a host gets is a copy of DPF's with some of its functions replaced by ours.
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_CLAP
#define clap_entry dpfEntry
#include "DistrhoPluginMain.cpp"
#undef clap_entry

#include "clap_block.hpp"

START_NAMESPACE_DISTRHO

const bool kHostKeepsValues = false;

namespace {

// DPF's headers lack these two extensions; names and layout are those of CLAP 1.0.
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

void CLAP_ABI flush(const clap_plugin_t* plugin, const clap_input_events_t* in, const clap_output_events_t* out) {
    takeEvents(ours(plugin), in, 0);
    clap_plugin_params.flush(plugin, nullptr, out);
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

clap_process_status CLAP_ABI process(const clap_plugin_t* plugin, const clap_process_t* block) {
    const clap_process_status status = processBlock(ours(plugin), *block, wrapped(plugin).dpf->process, plugin);
    if (ours(plugin).generation() != wrapped(plugin).told)
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
