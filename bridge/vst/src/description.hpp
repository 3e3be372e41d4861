// SPDX-License-Identifier: GPL-3.0-or-later
// Collects the engine's description of a board: "describe", one "slot" for each, "end" (docs/link.md).
#pragma once

#include "board.hpp"

#include <cstddef>

namespace ddspfx {

class Description {
public:
    // Returns true if this was the "end" of a complete board, which take() then returns. Ignores other messages.
    bool feed(const Fields& fields);
    Board take() { return std::move(coming_); }
    // Call when a connection ends in the middle of a description.
    void forget() { expected_ = 0; }

private:
    void begin(const Fields& fields);

    Board coming_;
    std::size_t expected_ = 0;
};

}  // namespace ddspfx
