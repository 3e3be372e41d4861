// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#define DISTRHO_PLUGIN_BRAND "ddsp-fx"
#define DISTRHO_PLUGIN_NAME "ddsp-fx"
#define DISTRHO_PLUGIN_URI "urn:ddsp-fx:plugin"
#define DISTRHO_PLUGIN_CLAP_ID "org.ddsp-fx.plugin"
#define DISTRHO_PLUGIN_CLAP_FEATURES "audio-effect", "stereo", "mono"
#define DISTRHO_PLUGIN_BRAND_ID DdFx
#define DISTRHO_PLUGIN_UNIQUE_ID DdFx
#define DISTRHO_PLUGIN_LV2_CATEGORY "lv2:SimulatorPlugin"
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Fx|Pitch Shift|Reverb"
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_NUM_INPUTS 2
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
#define DISTRHO_PLUGIN_WANT_LATENCY 1
#define DISTRHO_PLUGIN_WANT_STATE 1
#define DISTRHO_PLUGIN_WANT_FULL_STATE 1
#define DISTRHO_PLUGIN_WANT_PARAMETER_VALUE_CHANGE_REQUEST 1
// Gives the wrappers of this folder the plugin behind DPF's objects.
#define DISTRHO_PLUGIN_WANT_DIRECT_ACCESS 1
