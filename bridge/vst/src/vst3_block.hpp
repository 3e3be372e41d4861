// SPDX-License-Identifier: GPL-3.0-or-later
// Converts a VST3 host's block for DPF.
#pragma once

#include "plugin.hpp"

#include "travesty/audio_processor.h"

START_NAMESPACE_DISTRHO

// The index of our parameter with a host's id; false for DPF's own.
bool indexOf(v3_param_id id, uint32_t& index);

using Process = v3_result(V3_API*)(void*, v3_process_data*);

// DPF of 2022 trusts the host: that a block has the announced length, that all channels exist, and that ids are known.
// So `dpf` gets blocks that fulfil this, and no parameter changes: those are handled here, at their samples. Outputs
// that do not belong to us become silence. `most` is the length that DPF knows, 0 if it knows none.
v3_result processBlock(DdspFx& plugin, const v3_process_data& block, int32_t most, Process dpf, void* self);

END_NAMESPACE_DISTRHO
