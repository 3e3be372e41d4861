// SPDX-License-Identifier: GPL-3.0-or-later
// A host's buffers, of which there may be fewer or more than declared, or of another kind.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ddspfx {

constexpr std::uint32_t kChannels = 2;

// The first channels of a bus; null for missing ones.
class Channels {
public:
    Channels() = default;
    Channels(float* const* given, std::uint32_t count) {
        for (std::uint32_t c = 0; given && c < std::min(count, kChannels); ++c)
            first_[c] = given[c];
    }

    // From a host's table, from sample `from` on.
    float** at(std::uint32_t from) {
        for (std::uint32_t c = 0; c < kChannels; ++c)
            now_[c] = first_[c] ? first_[c] + from : nullptr;
        return now_;
    }

private:
    float *first_[kChannels] = {}, *now_[kChannels] = {};
};

// Silence the channels of a bus from number `from` on, which nothing else writes.
template <typename Sample>
void silence(Sample* const* given, std::uint32_t count, std::uint32_t frames, std::uint32_t from = 0) {
    for (std::uint32_t c = from; given && c < count; ++c)
        if (given[c])
            std::fill(given[c], given[c] + frames, Sample(0));
}

}  // namespace ddspfx
