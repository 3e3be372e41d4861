// SPDX-License-Identifier: GPL-3.0-or-later
// A parameter of the board as hosts see it: a name, a unit and a range behind 0 to 1.
#pragma once

#include "words.hpp"

#include <string>
#include <vector>

namespace ddspfx {

constexpr unsigned kSlots = 64;

// The board's own parameters come first (docs/link.md, "Messages").
constexpr unsigned kMixSlot = 0, kBypassSlot = 1;

struct Slot {
    std::string target, name, unit, scale = "linear";
    double minimum = 0.0, maximum = 1.0, fallback = 0.0;
    std::vector<std::string> choices;

    // From the fields of a `slot` message after its index; returns false if they are invalid. `value` is normalised.
    bool read(const Fields& fields, double& value);

    bool isList() const { return scale == "choices" || scale == "toggle"; }

    // The number of steps between 0 and 1; 0 means continuous.
    int steps() const;

    // 0 to 1 -> the value in its unit; for lists, the index.
    double plain(double normalised) const;

    double normalise(double plain) const;

    // Without the unit, which hosts show separately.
    std::string text(double normalised) const;

    // The inverse of `text`, with or without the unit.
    bool parse(std::string text, double& normalised) const;
};

}  // namespace ddspfx
