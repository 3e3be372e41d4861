// SPDX-License-Identifier: GPL-3.0-or-later
#include "description.hpp"

namespace ddspfx {

namespace {

// Bypass and mix.
constexpr std::size_t kFewestSlots = 2;

}  // namespace

bool Description::feed(const Fields& fields) {
    Slot slot;
    double value = 0.0;
    if (fields[0] == "describe" && fields.size() >= 5) {
        begin(fields);
    } else if (fields[0] == "slot" && coming_.slots.size() < kSlots && slot.read(fields, value)) {
        coming_.slots.push_back(slot);
        coming_.values.push_back(value);
    } else if (fields[0] == "end" && expected_ >= kFewestSlots && coming_.slots.size() == expected_) {
        expected_ = 0;
        return true;
    }
    return false;
}

void Description::begin(const Fields& fields) {
    coming_ = Board();
    coming_.slots.clear();
    coming_.values.clear();
    coming_.json = fields[1];
    double count = 0.0;
    const bool sound = parseSamples(fields[2], coming_.latency) && parseSamples(fields[3], coming_.tail) &&
                       parseSamples(fields[4], count);
    expected_ = sound ? static_cast<std::size_t>(count) : 0;
}

}  // namespace ddspfx
