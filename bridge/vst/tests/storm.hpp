// SPDX-License-Identifier: GPL-3.0-or-later
// What `storm` needs of a plugin's format.
#pragma once

#include <cstdint>
#include <memory>

namespace storm {

constexpr double kRate = 48000.0;
// What a host announces, and the longest that it sends nevertheless.
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
    // Whether the host takes values that the plugin puts out.
    bool isHeard;
    // What else the host does wrong, in the words of its format; most numbers are nothing.
    unsigned whim;
};

// Its channels in double precision, which the plugin does not take; `out` is then what it has made of them.
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
    // False where the format's rules leave it open what a plugin does before it is activated.
    virtual bool refusesBeforeActivation() const = 0;
    virtual void activate() = 0;
    // The audio thread: neither allocates nor locks, so that what is counted is the plugin's.
    virtual void process(const Block& block) = 0;
};

// Null where the file is not such a plugin, or cannot be made.
std::unique_ptr<Host> openVst3(const char* path);
std::unique_ptr<Host> openClap(const char* path);
std::unique_ptr<Host> openLv2(const char* path);

}  // namespace storm
