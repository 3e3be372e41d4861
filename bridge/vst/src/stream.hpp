// SPDX-License-Identifier: GPL-3.0-or-later
// The audio of one plugin instance: to the engine and back with one fixed latency, and dry where nothing comes back.
#pragma once

#include "pace.hpp"
#include "segment.hpp"
#include "status.hpp"

#include <array>
#include <chrono>

namespace ddspfx {

// Whether the host plays or bounces; where it does not say, `automatic` finds out.
enum class Render { automatic, live, wait };

class Stream {
public:
    explicit Stream(Status& status) : status_(status) {}

    // While no audio runs.

    // True when there is a new segment, which the engine must be given.
    bool prepare(const Layout& layout);
    // For a segment that the engine cannot be given: the input passes as it is.
    void giveUp() { segment_.close(); }
    bool isLinked() const { return segment_.isOpen(); }
    std::uint32_t channels() const { return layout_.channels; }
    // A new epoch: the next sample is the stream's first.
    void activate();

    Segment& segment() { return segment_; }
    // None where the system gave no memory for the link: the input then passes as it is.
    std::uint32_t latency() const {
        return segment_.isOpen() ? layout_.linkLatency() + status_.latency.load(std::memory_order_relaxed) : 0;
    }

    // The audio thread. None of these allocates, locks or, but for a host that renders offline, waits.

    // A slot's new value at a sample of the block that `process` will get.
    void event(std::uint32_t offset, std::uint32_t slot, double normalised);
    // A host may lack a channel, whatever it has declared: a null input is silence, a null output is not written.
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
    // The values of a block that has no place for them in the stream's time: the next one starts with them.
    void postponeEvents();
    float at(const float* ring, std::int64_t position) const;

    Status& status_;
    Segment segment_;
    Layout layout_;
    std::uint16_t epoch_ = 0;
    std::int64_t position_ = 0;
    std::array<Event, 1024> events_{};
    std::uint32_t eventCount_ = 0;

    // How much of the sound is the engine's, 0 to 1, and what is left of the step where it was cut off.
    float blend_ = 0.0F, stepGain_ = 0.0F;
    std::array<float, 2> step_{}, last_{};

    // Waiting has an end; after it, dry until another connection.
    bool gaveUp_ = false;
    Pace pace_;
    std::uint32_t connection_ = 0;
};

}  // namespace ddspfx
