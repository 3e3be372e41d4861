// SPDX-License-Identifier: GPL-3.0-or-later
#include "seat.hpp"

#include "platform.hpp"

#include <cstdlib>

namespace ddspfx {

namespace {

constexpr unsigned kSeats = 256;
// Python lets one thread at a time run in a process: of four violins in one, 88 % of the blocks were late; in two
// processes none (docs/decisions.md).
constexpr unsigned kPerEngine = 2;

unsigned perEngine() {
    const char* const chosen = std::getenv("DDSP_FX_PLUGINS_PER_ENGINE");
    const int number = chosen ? std::atoi(chosen) : 0;
    return number > 0 ? static_cast<unsigned>(number) : kPerEngine;
}

}  // namespace

Seat::~Seat() {
    if (handle_ >= 0)
        platform::closeHandle(handle_);
}

std::string Seat::engine() {
    const std::string first = platform::socketPath();
    if (handle_ < 0 && !first.empty())
        handle_ = platform::takeSeat(first + ".seats", kSeats, number_);
    // Where no engine can be started, there is the one that somebody else has.
    const unsigned engine = platform::engineWords().empty() ? 0 : number_ / perEngine();
    return engine && !first.empty() ? first + "." + std::to_string(engine + 1) : first;
}

}  // namespace ddspfx
