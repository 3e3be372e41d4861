// SPDX-License-Identifier: GPL-3.0-or-later
// A board as the engine tells it: "describe", one "slot" for each, "end" (docs/link.md).
#pragma once

#include "board.hpp"

#include <cstddef>

namespace ddspfx {

class Description {
public:
    // True where this was the "end" of a whole board, which take() then hands over. Other messages are none of its.
    bool feed(const Fields& fields);
    Board take() { return std::move(coming_); }
    // A connection that ended in the middle of one.
    void forget() { expected_ = 0; }

private:
    void begin(const Fields& fields);

    Board coming_;
    std::size_t expected_ = 0;
};

}  // namespace ddspfx
