// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses between several engines (docs/link.md, "Several engines") without any message: each instance holds a numbered
// seat, which the kernel releases when it dies.
#pragma once

#include "environment.hpp"

#include <string>

namespace ddspfx {

class Seat {
public:
    explicit Seat(const Environment& environment) : environment_(environment) {}
    ~Seat();

    // The socket of this instance's engine; "" if there is no folder for it. The first call takes the seat.
    std::string engine();

private:
    const Environment& environment_;
    int handle_ = -1;
    unsigned number_ = 0;
};

}  // namespace ddspfx
