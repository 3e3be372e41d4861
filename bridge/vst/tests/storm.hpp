// SPDX-License-Identifier: GPL-3.0-or-later
// What `storm` needs of a plugin's format.
#pragma once

#include <cstdint>
#include <memory>

namespace storm {

constexpr double kRate = 48000.0;
constexpr std::uint32_t kBlock = 256, kMostIds = 256, kChanges = 4;

struct Change {
    std::uint32_t id, offset;
    double value;
};

class Host {
public:
    virtual ~Host() = default;
    // The audio thread: neither allocates nor locks, so that what is counted is the plugin's.
    virtual void process(const float* const* in, float* const* out, const Change* changes) = 0;
};

// Null where the file is not such a plugin, or cannot be made.
std::unique_ptr<Host> openVst3(const char* path);
std::unique_ptr<Host> openClap(const char* path);
std::unique_ptr<Host> openLv2(const char* path);

}  // namespace storm
