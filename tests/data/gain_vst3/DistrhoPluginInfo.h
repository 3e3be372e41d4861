// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#define DISTRHO_PLUGIN_BRAND "ddsp-fx tests"
#define DISTRHO_PLUGIN_NAME "TestGain"
#define DISTRHO_PLUGIN_URI "urn:ddsp-fx:test-gain"
#define DISTRHO_PLUGIN_BRAND_ID DdFx
#define DISTRHO_PLUGIN_UNIQUE_ID TGan
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_NUM_INPUTS 2
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
