// SPDX-License-Identifier: GPL-3.0-or-later
// Converts a CLAP host's block and events for DPF.
#pragma once

#include "plugin.hpp"

#include "clap/events.h"
#include "clap/plugin.h"
#include "clap/process.h"

START_NAMESPACE_DISTRHO

// A host's value in the range declared by DPF, and from 0 to 1.
double fromHost(uint32_t index, double value);
double toHost(uint32_t index, double value);

using Process = clap_process_status(CLAP_ABI*)(const clap_plugin_t*, const clap_process_t*);

// DPF of 2022 writes to its tables at any id and any channel that a host sends, whatever the event's space. So it gets
// two channels and no events: events are handled here, at their samples. Outputs that do not belong to us become
// silence.
clap_process_status processBlock(DdspFx& plugin, const clap_process_t& block, Process dpf, const clap_plugin_t* self);

// Values of our own parameters at their samples in a block of that length; 0 means no block.
void takeEvents(DdspFx& plugin, const clap_input_events_t* events, uint32_t frames);

END_NAMESPACE_DISTRHO
