// SPDX-License-Identifier: GPL-3.0-or-later
// A VST3 host's block on its way to DPF.
#pragma once

#include "plugin.hpp"

#include "travesty/audio_processor.h"

START_NAMESPACE_DISTRHO

// The index of ours that a host's id is; false for DPF's own.
bool indexOf(v3_param_id id, uint32_t& index);

using Process = v3_result(V3_API*)(void*, v3_process_data*);

// DPF of 2022 believes what a host says: that a block is as long as announced, that all channels are there, and that
// ids are known. So `dpf` gets pieces that are so, and no changes of parameters: those are taken here, at their
// samples. Outputs that are none of ours become silence. `most` is the length that DPF knows of, 0 where it knows of
// none.
v3_result processBlock(DdspFx& plugin, const v3_process_data& block, int32_t most, Process dpf, void* self);

END_NAMESPACE_DISTRHO
