// SPDX-License-Identifier: GPL-3.0-or-later
// One plugin instance's audio: to the engine and back with a fixed latency, and dry if nothing comes back.
#pragma once

#include "pace.hpp"
#include "segment.hpp"
#include "status.hpp"

#include <array>
#include <chrono>

namespace ddspfx {

// Whether the host plays or bounces; `automatic` is for hosts that do not say.
enum class Render { automatic, live, wait };

class Stream {
public:
    explicit Stream(Status& status) : status_(status) {}

    // Call while no audio runs.

    // Returns true if there is a new segment, which the engine must receive.
    bool prepare(const Layout& layout);
    // For a segment that cannot be sent to the engine: the input passes unchanged.
    void giveUp() { segment_.close(); }
    bool isLinked() const { return segment_.isOpen(); }
    std::uint32_t channels() const { return layout_.channels; }
    // Starts a new epoch: the next sample is the stream's first.
    void activate();

    Segment& segment() { return segment_; }
    // None if the system gave no memory for the link: the input then passes unchanged.
    std::uint32_t latency() const {
        return segment_.isOpen() ? layout_.linkLatency() + status_.latency.load(std::memory_order_relaxed) : 0;
    }

    // For the audio thread. None of these allocates, locks or, unless a host renders offline, waits.

    // A slot's new value at a sample of the next block.
    void event(std::uint32_t offset, std::uint32_t slot, double normalised);
    // A host may lack a declared channel: a null input is silence, a null output is not written.
    void process(const float* const* in, float* const* out, std::uint32_t frames, Render render);

private:
    using Clock = std::chrono::steady_clock;

    struct Event {
        std::uint32_t offset, slot;
        double value;
    };

    Clock::duration patience(std::uint32_t frames, Render render);
    void piece(const float* const* in, float* const* out, std::uint32_t start, std::uint32_t frames,
               Clock::duration patience);
    void write(const float* const* in, std::uint32_t start, std::uint32_t frames);
    void sendEvents(std::uint32_t start, std::uint32_t frames);
    void send(std::uint32_t offset, std::uint32_t slot, double value);
    void publish(std::uint32_t frames, bool offline);
    void awaitEngine();
    void awaitOutput(std::int64_t first, std::int64_t end, Clock::duration patience);
    bool isThere(std::int64_t first, std::int64_t end);
    void read(float* const* out, std::uint32_t start, std::uint32_t frames, bool wet);
    void passThrough(const float* const* in, float* const* out, std::uint32_t frames) const;
    void sortEvents(std::uint32_t frames);
    // For values in a block that has no samples: the next block starts with them.
    void postponeEvents();
    float at(const float* ring, std::int64_t position) const;

    Status& status_;
    Segment segment_;
    Layout layout_;
    std::uint16_t epoch_ = 0;
    std::int64_t position_ = 0;
    std::array<Event, 1024> events_{};
    std::uint32_t eventCount_ = 0;

    // The engine's share of the sound, 0 to 1, and the rest of a step that fades out where it was cut off.
    float blend_ = 0.0F, stepGain_ = 0.0F;
    std::array<float, 2> step_{}, last_{};

    // Waiting is limited; after that, the output is dry until the next connection.
    bool gaveUp_ = false;
    Pace pace_;
    std::uint32_t connection_ = 0;
};

}  // namespace ddspfx
