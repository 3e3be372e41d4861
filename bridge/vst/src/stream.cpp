// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream.hpp"

#include "platform.hpp"

#include <algorithm>
#include <cmath>

namespace ddspfx {

namespace {

// docs/link.md, "The plugin".
constexpr float kFade = 1.0F / 64.0F;
constexpr auto kEnginePatience = std::chrono::seconds(60);
constexpr auto kAudioPatience = std::chrono::seconds(20);
// An engine that dies may miss a wake-up, so look again now and then.
constexpr auto kNap = std::chrono::milliseconds(50);

}  // namespace

bool Stream::prepare(const Layout& layout) {
    if (segment_.isOpen() && layout == layout_)
        return false;
    layout_ = layout;
    epoch_ = 0;
    return segment_.open(layout);
}

void Stream::activate() {
    epoch_ = epoch_ == 0xFFFF ? 1 : epoch_ + 1;
    position_ = 0;
    postponeEvents();
    blend_ = 0.0F;
    stepGain_ = 0.0F;
    last_ = {};
    gaveUp_ = false;
    pace_.reset();
    if (segment_.isOpen())
        segment_.inputEnd().store(Tagged(epoch_, 0).word, std::memory_order_release);
}

void Stream::event(std::uint32_t offset, std::uint32_t slot, double normalised) {
    if (slot >= kSlots || std::isnan(normalised))
        return;
    normalised = std::clamp(normalised, 0.0, 1.0);
    status_.values[slot].store(normalised, std::memory_order_relaxed);
    if (eventCount_ < events_.size())
        events_[eventCount_++] = {offset, slot, normalised};
    else
        status_.toEngine[slot].store(true, std::memory_order_relaxed);
}

void Stream::process(const float* const* in, float* const* out, std::uint32_t frames, Render render) {
    if (!segment_.isOpen() || frames == 0) {
        postponeEvents();
        return passThrough(in, out, frames);
    }
    sortEvents(frames);
    const Clock::duration may = patience(frames, render);
    for (std::uint32_t start = 0; start < frames; start += layout_.maxBlock)
        piece(in, out, start, std::min(layout_.maxBlock, frames - start), may);
    eventCount_ = 0;
}

// Without memory, the dry sound cannot be delayed by the board's latency. It passes at once, and `latency` says so.
void Stream::passThrough(const float* const* in, float* const* out, std::uint32_t frames) const {
    for (std::uint32_t c = 0; c < layout_.channels; ++c)
        for (std::uint32_t i = 0; out[c] && i < frames; ++i)
            out[c][i] = in[c] && std::isfinite(in[c][i]) ? in[c][i] : 0.0F;
}

// Hosts send events queue by queue. Insertion sort keeps the order of equals and, unlike stable_sort, does not
// allocate.
void Stream::sortEvents(std::uint32_t frames) {
    const auto earlier = [](const Event& a, const Event& b) { return a.offset < b.offset; };
    for (std::uint32_t i = 0; i < eventCount_; ++i) {
        // An offset outside the block would never be reached.
        events_[i].offset = std::min(events_[i].offset, frames - 1);
        for (std::uint32_t j = i; j > 0 && earlier(events_[j], events_[j - 1]); --j)
            std::swap(events_[j], events_[j - 1]);
    }
}

void Stream::postponeEvents() {
    for (std::uint32_t i = 0; i < eventCount_; ++i)
        status_.toEngine[events_[i].slot].store(true, std::memory_order_relaxed);
    eventCount_ = 0;
}

Stream::Clock::duration Stream::patience(std::uint32_t frames, Render render) {
    const Clock::duration all = kAudioPatience;
    const Clock::duration may = pace_.mayWait(frames, layout_.sampleRate, platform::isRealtimeThread(), all);
    switch (render) {
    case Render::live: return Clock::duration::zero();
    case Render::wait: return all;
    default: return may;
    }
}

void Stream::piece(const float* const* in, float* const* out, std::uint32_t start, std::uint32_t frames,
                   Clock::duration patience) {
    const bool offline = patience == Clock::duration(kAudioPatience);
    if (offline)
        awaitEngine();
    write(in, start, frames);
    sendEvents(start, frames);
    publish(frames, offline);
    const std::int64_t end = position_ - layout_.linkLatency();
    const std::int64_t first = std::max<std::int64_t>(0, end - frames);
    if (end > 0 && patience > Clock::duration::zero())
        awaitOutput(first, end, patience);
    // The first samples are silence in either case, for longer than the crossfade.
    const bool there = end <= 0 ? status_.isReady() : status_.isUsable() && isThere(first, end);
    if (!there && end > 0 && status_.isReady())
        status_.lateBlocks.fetch_add(1, std::memory_order_relaxed);
    read(out, start, frames, there);
}

void Stream::write(const float* const* in, std::uint32_t start, std::uint32_t frames) {
    const std::uint32_t mask = segment_.frames() - 1;
    for (std::uint32_t c = 0; c < layout_.channels; ++c) {
        float* const ring = segment_.input(c);
        for (std::uint32_t i = 0; i < frames; ++i) {
            // Invalid samples from a host, as when another plugin fails, must not pass through the dry path either.
            const float sample = in[c] ? in[c][start + i] : 0.0F;
            ring[(position_ + i) & mask] = std::isfinite(sample) ? sample : 0.0F;
        }
    }
}

void Stream::sendEvents(std::uint32_t start, std::uint32_t frames) {
    // Before the engine has the board of these slots, it would set other parameters.
    if (status_.isReady())
        for (std::uint32_t slot = 0; slot < kSlots; ++slot)
            if (status_.toEngine[slot].exchange(false, std::memory_order_relaxed))
                send(0, slot, status_.values[slot].load(std::memory_order_relaxed));
    for (std::uint32_t i = 0; i < eventCount_; ++i)
        if (events_[i].offset >= start && events_[i].offset < start + frames)
            send(events_[i].offset - start, events_[i].slot, events_[i].value);
}

void Stream::send(std::uint32_t offset, std::uint32_t slot, double value) {
    if (!status_.isReady() ||
        !segment_.pushEvent(Tagged(epoch_, static_cast<std::uint64_t>(position_) + offset), slot, value))
        status_.toEngine[slot].store(true, std::memory_order_relaxed);
}

void Stream::publish(std::uint32_t frames, bool offline) {
    position_ += frames;
    segment_.offline().store(offline, std::memory_order_relaxed);
    segment_.inputEnd().store(Tagged(epoch_, static_cast<std::uint64_t>(position_)).word, std::memory_order_release);
    segment_.inputSignal().fetch_add(1, std::memory_order_release);
    platform::wake(segment_.inputSignal());
}

void Stream::awaitEngine() {
    const std::uint32_t connection = status_.connections.load(std::memory_order_acquire);
    if (connection != connection_) {
        connection_ = connection;
        gaveUp_ = false;
    }
    const auto limit = Clock::now() + kEnginePatience;
    while (!gaveUp_ && !status_.isReady()) {
        if (!status_.isUsable())
            return;
        gaveUp_ = Clock::now() > limit;
        // Nobody signals this word meanwhile, so this sleeps for a millisecond.
        platform::wait(segment_.outputSignal(), segment_.outputSignal().load(), std::chrono::milliseconds(1));
    }
}

void Stream::awaitOutput(std::int64_t first, std::int64_t end, Clock::duration patience) {
    const bool offline = patience == Clock::duration(kAudioPatience);
    auto limit = Clock::now() + patience;
    std::uint64_t seen = 0;
    while (!gaveUp_ && status_.isReady()) {
        const std::uint32_t signal = segment_.outputSignal().load(std::memory_order_acquire);
        if (isThere(first, end))
            return;
        const std::uint64_t now = segment_.outputEnd().load(std::memory_order_relaxed);
        if (offline && now != seen)
            limit = Clock::now() + patience;
        seen = now;
        const auto left = limit - Clock::now();
        if (left <= Clock::duration::zero()) {
            gaveUp_ = offline;
            return;
        }
        platform::wait(segment_.outputSignal(), signal, std::min<Clock::duration>(left, kNap));
    }
}

bool Stream::isThere(std::int64_t first, std::int64_t end) {
    const Tagged to(segment_.outputEnd().load(std::memory_order_acquire));
    const Tagged from(segment_.outputFrom().load(std::memory_order_acquire));
    return to.epoch() == epoch_ && from.epoch() == epoch_ && from.position() <= first && to.position() >= end;
}

float Stream::at(const float* ring, std::int64_t position) const {
    return position < 0 ? 0.0F : ring[position & (segment_.frames() - 1)];
}

void Stream::read(float* const* out, std::uint32_t start, std::uint32_t frames, bool wet) {
    const std::int64_t first = position_ - frames - layout_.linkLatency();
    const std::int64_t dryFirst = first - status_.latency.load(std::memory_order_relaxed);
    if (!wet && blend_ > 0.0F) {
        for (std::uint32_t c = 0; c < layout_.channels; ++c)
            step_[c] = last_[c] - at(segment_.input(c), dryFirst);
        stepGain_ = 1.0F;
        blend_ = 0.0F;
    }
    float blend = blend_, stepGain = stepGain_;
    for (std::uint32_t c = 0; c < layout_.channels; ++c) {
        blend = blend_;
        stepGain = stepGain_;
        for (std::uint32_t i = 0; i < frames; ++i) {
            if (wet)
                blend = std::min(1.0F, blend + kFade);
            const float dry = blend < 1.0F ? at(segment_.input(c), dryFirst + i) : 0.0F;
            const float engines = wet ? at(segment_.output(c), first + i) : 0.0F;
            const float sound = blend < 1.0F ? dry + blend * (engines - dry) : engines;
            last_[c] = stepGain > 0.0F ? sound + stepGain * step_[c] : sound;
            if (out[c])
                out[c][start + i] = last_[c];
            stepGain = std::max(0.0F, stepGain - kFade);
        }
    }
    blend_ = blend;
    stepGain_ = stepGain;
}

}  // namespace ddspfx
