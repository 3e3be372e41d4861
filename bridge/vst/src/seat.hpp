// SPDX-License-Identifier: GPL-3.0-or-later
// Which of several engines a plugin goes to (docs/link.md, "Several engines"). Without a word between them: each
// instance holds a numbered seat, which the kernel takes from the dead.
#pragma once

#include "environment.hpp"

#include <string>

namespace ddspfx {

class Seat {
public:
    explicit Seat(const Environment& environment) : environment_(environment) {}
    ~Seat();

    // Where this instance's engine listens; "" where there is no folder for it. The first call takes the seat.
    std::string engine();

private:
    const Environment& environment_;
    int handle_ = -1;
    unsigned number_ = 0;
};

}  // namespace ddspfx
