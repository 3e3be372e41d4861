// SPDX-License-Identifier: GPL-3.0-or-later
#include "seat.hpp"

#include "platform.hpp"

namespace ddspfx {

namespace {

constexpr unsigned kSeats = 256;

}  // namespace

Seat::~Seat() {
    if (handle_ >= 0)
        platform::closeHandle(handle_);
}

std::string Seat::engine() {
    const std::string& first = environment_.link();
    if (first.empty())
        return first;
    if (handle_ < 0)
        handle_ = platform::takeSeat(first + ".seats", kSeats, number_);
    // If no engine can be started, use the one that somebody else has started.
    const unsigned engine = environment_.engineWords().empty() ? 0 : number_ / environment_.pluginsPerEngine();
    return engine ? first + "." + std::to_string(engine + 1) : first;
}

}  // namespace ddspfx
