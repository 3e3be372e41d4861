// SPDX-License-Identifier: GPL-3.0-or-later
// The plugin's copy of the board, and the text in which a host saves it.
#pragma once

#include "slot.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ddspfx {

struct Board {
    // From the engine, or from a saved session whose bundles may be missing. It is never discarded.
    std::string json;
    // Loaded instead of the JSON: the user's choice, or $DDSP_FX_BOARD.
    std::string chain;
    double latency = 0.0, tail = 0.0;
    std::vector<Slot> slots;
    std::vector<double> values;

    Board();

    // Everything that a host must save, one message per line; `values` are the current ones.
    std::string save() const;
    // Returns false, and changes nothing, if the text is not from `save`.
    bool restore(const std::string& text);

    // The message by which the engine builds the board.
    Fields message() const;
};

}  // namespace ddspfx
