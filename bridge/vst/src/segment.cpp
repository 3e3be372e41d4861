// SPDX-License-Identifier: GPL-3.0-or-later
#include "segment.hpp"

#include "platform.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ddspfx {

namespace {

constexpr std::uint32_t kEventSlots = 4096;

std::size_t aligned(std::size_t offset) { return (offset + 63) / 64 * 64; }

template <typename T>
void put(unsigned char* base, std::size_t offset, T value) {
    std::memcpy(base + offset, &value, sizeof value);
}

}  // namespace

std::uint32_t Layout::linkLatency() const {
    return maxBlock + static_cast<std::uint32_t>(std::ceil(linkMs * sampleRate / 1000.0));
}

std::uint32_t Layout::ringFrames() const {
    const double wanted = std::max(2.0 * sampleRate, 8.0 * maxBlock);
    std::uint32_t frames = 1024;
    while (frames < wanted && frames < (1U << 20))
        frames *= 2;
    return frames;
}

Offsets::Offsets(std::uint32_t channels, std::uint32_t frames, std::uint32_t slots)
    : ringFrames(frames), eventSlots(slots) {
    const std::size_t rings = std::size_t(channels) * frames * sizeof(float);
    input = aligned(kEventsOffset + std::size_t(slots) * kEventBytes);
    output = aligned(input + rings);
    size = output + rings;
}

bool Segment::open(const Layout& layout) {
    close();
    if (!layout.isSane())
        return false;
    const Offsets offsets(layout.channels, layout.ringFrames(), kEventSlots);
    handle_ = platform::makeMemory(offsets.size);
    if (handle_ < 0)
        return false;
    base_ = static_cast<unsigned char*>(platform::mapMemory(handle_, offsets.size));
    if (!base_) {
        close();
        return false;
    }
    size_ = offsets.size;
    input_ = offsets.input;
    output_ = offsets.output;
    frames_ = offsets.ringFrames;
    put(base_, 4, kLinkVersion);
    put(base_, 8, std::uint64_t(size_));
    put(base_, 16, layout.channels);
    put(base_, 20, frames_);
    put(base_, 24, layout.sampleRate);
    put(base_, 32, layout.linkLatency());
    put(base_, 36, kEventSlots);
    put(base_, 0, kMagic);
    return true;
}

void Segment::close() {
    if (base_)
        platform::unmapMemory(base_, size_);
    if (handle_ >= 0)
        platform::closeHandle(handle_);
    base_ = nullptr;
    handle_ = -1;
}

std::uint32_t Segment::eventSlots() const { return kEventSlots; }

bool Segment::pushEvent(Tagged position, std::uint32_t slot, double normalised) {
    const std::uint32_t written = eventWrite().load(std::memory_order_relaxed);
    if (written - eventRead().load(std::memory_order_acquire) >= kEventSlots)
        return false;
    const std::size_t offset = kEventsOffset + std::size_t(written % kEventSlots) * kEventBytes;
    put(base_, offset, position.word);
    put(base_, offset + 8, normalised);
    put(base_, offset + 16, slot);
    put(base_, offset + 20, std::uint32_t(0));
    eventWrite().store(written + 1, std::memory_order_release);
    return true;
}

}  // namespace ddspfx
