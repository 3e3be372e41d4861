// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a host renders or plays, for hosts that do not say so: measured by how far its audio is ahead of the clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace ddspfx {

class Pace {
public:
    using Clock = std::chrono::steady_clock;

    void reset() { running_ = false; }

    // Call at the start of a block. Returns how long the block may wait without being late. A playing host is at most
    // one buffer ahead. Half a second means a bounce, in which a wait may take any time. Below that, the block may wait
    // for as much as it is ahead beyond one and a half blocks, but not in a thread with real-time priority, which
    // belongs to a sound card and may be filling its first buffers.
    Clock::duration mayWait(std::uint32_t frames, double sampleRate, bool isRealtimeThread, Clock::duration all,
                            Clock::time_point now = Clock::now()) {
        const auto seconds = [](double s) {
            return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
        };
        const auto block = seconds(frames / sampleRate);
        // A host that paused for a while is not behind: count again from now.
        ahead_ = running_ ? ahead_ + before_ - (now - last_) : Clock::duration::zero();
        if (ahead_ < Clock::duration::zero())
            ahead_ = Clock::duration::zero();
        running_ = true;
        last_ = now;
        before_ = block;
        if (ahead_ > std::chrono::milliseconds(500))
            return all;
        const auto spare = ahead_ - block - block / 2;
        return isRealtimeThread || spare < Clock::duration::zero() ? Clock::duration::zero() : spare;
    }

private:
    bool running_ = false;
    Clock::time_point last_{};
    Clock::duration ahead_{}, before_{};
};

}  // namespace ddspfx
