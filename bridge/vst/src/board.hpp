// SPDX-License-Identifier: GPL-3.0-or-later
// The board as the plugin knows it, and the text in which a host saves it.
#pragma once

#include "slot.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ddspfx {

struct Board {
    // As the engine gave it, or from a saved session whose bundles may be missing: kept, whatever happens.
    std::string json;
    // To be loaded in place of the JSON: what the user picked, or $DDSP_FX_BOARD.
    std::string chain;
    double latency = 0.0, tail = 0.0;
    std::vector<Slot> slots;
    std::vector<double> values;

    Board();

    // All that a host must save, one message a line; `values` are the present ones.
    std::string save() const;
    // False, and nothing is changed, for text that is not from `save`.
    bool restore(const std::string& text);

    // The message that makes the engine build it.
    Fields message() const;
};

}  // namespace ddspfx
