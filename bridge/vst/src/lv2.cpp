// SPDX-License-Identifier: GPL-3.0-or-later
// DPF's LV2, unchanged. This format fixes names at installation, so slots have numbers.
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_LV2
#include "DistrhoPluginMain.cpp"

#include "plugin.hpp"

START_NAMESPACE_DISTRHO
const bool kHostKeepsValues = true;
END_NAMESPACE_DISTRHO
