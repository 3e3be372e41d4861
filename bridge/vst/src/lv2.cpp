// SPDX-License-Identifier: GPL-3.0-or-later
// DPF's LV2 as it is: this format fixes names when it is installed, so slots have numbers.
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_LV2
#include "DistrhoPluginMain.cpp"

#include "plugin.hpp"

START_NAMESPACE_DISTRHO
const bool kHostKeepsValues = true;
END_NAMESPACE_DISTRHO
