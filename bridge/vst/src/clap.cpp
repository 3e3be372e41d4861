// SPDX-License-Identifier: GPL-3.0-or-later
#include "DistrhoPluginInfo.h"

#define DISTRHO_PLUGIN_TARGET_CLAP
#include "DistrhoPluginMain.cpp"
