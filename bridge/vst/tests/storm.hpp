// SPDX-License-Identifier: GPL-3.0-or-later
// What `storm` needs from a plugin's format.
#pragma once

#include <cstdint>
#include <memory>

namespace storm {

constexpr double kRate = 48000.0;
// The length that a host announces, and the longest that it sends nevertheless.
constexpr std::uint32_t kBlock = 256, kLongest = 5000;
constexpr std::uint32_t kChanges = 4, kMostChannels = 8;

struct Change {
    std::uint32_t id, offset;
    double value;
};

struct Block {
    const float* const* in;
    float* const* out;
    std::uint32_t channels, frames;
    const Change* changes;
    // Whether the host accepts values that the plugin outputs.
    bool isHeard;
    // What else the host does wrong, in the format's terms; most numbers mean nothing.
    unsigned whim;
};

// Its channels in double precision, which the plugin does not support; `out` is then its output for them.
class Wide {
public:
    double** of(const Block& block);
    void put(const Block& block) const;

private:
    double samples_[kMostChannels][kLongest], *channels_[kMostChannels] = {};
};

class Host {
public:
    virtual ~Host() = default;
    // False if the format's rules leave open what a plugin does before it is activated.
    virtual bool refusesBeforeActivation() const = 0;
    virtual void activate() = 0;
    // For the audio thread: neither allocates nor locks, so that only the plugin is counted.
    virtual void process(const Block& block) = 0;
};

// Null if the file is not such a plugin, or if it cannot be created.
std::unique_ptr<Host> openVst3(const char* path);
std::unique_ptr<Host> openClap(const char* path);
std::unique_ptr<Host> openLv2(const char* path);

}  // namespace storm
