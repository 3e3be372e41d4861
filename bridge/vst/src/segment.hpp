// SPDX-License-Identifier: GPL-3.0-or-later
// The shared memory between one plugin and the engine (docs/link.md, "The segment").
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ddspfx {

constexpr std::uint32_t kMagic = 0x31584644, kLinkVersion = 1;
constexpr std::size_t kEventsOffset = 256, kEventBytes = 24;
constexpr double kDefaultLinkMs = DDSP_FX_LINK_LATENCY_MS;

// The host's audio settings, and the user's choice of what the link adds to a block.
struct Layout {
    double sampleRate = 48000.0;
    std::uint32_t maxBlock = 1024, channels = 2;
    double linkMs = kDefaultLinkMs;

    // A host may give any rate, even NaN.
    bool isSane() const {
        return sampleRate >= 1000.0 && sampleRate <= 1e6 && maxBlock > 0 && (channels == 1 || channels == 2);
    }
    bool operator==(const Layout& other) const {
        return sampleRate == other.sampleRate && maxBlock == other.maxBlock && channels == other.channels &&
               linkMs == other.linkMs;
    }
    // In samples: the host's largest block plus `linkMs`, with which the engine's answer is in time for the next block.
    std::uint32_t linkLatency() const;
    // Two seconds, because the dry sound is read from here too, delayed by the longest board's latency.
    std::uint32_t ringFrames() const;
};

// The offsets of all parts.
struct Offsets {
    std::uint32_t ringFrames, eventSlots;
    std::size_t input, output, size;

    Offsets(std::uint32_t channels, std::uint32_t ringFrames, std::uint32_t eventSlots);
};

// A position with its epoch; 0 means none.
struct Tagged {
    std::uint64_t word = 0;

    Tagged() = default;
    explicit Tagged(std::uint64_t w) : word(w) {}
    Tagged(std::uint16_t epoch, std::uint64_t position) : word(std::uint64_t(epoch) << 48 | position) {}
    std::uint16_t epoch() const { return static_cast<std::uint16_t>(word >> 48); }
    std::int64_t position() const { return static_cast<std::int64_t>(word & ((std::uint64_t(1) << 48) - 1)); }
};

class Segment {
public:
    Segment() = default;
    ~Segment() { close(); }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    // Returns false if the system has no memory for it, or if the layout is invalid.
    bool open(const Layout& layout);
    void close();

    bool isOpen() const { return base_ != nullptr; }
    int handle() const { return handle_; }
    std::uint32_t frames() const { return frames_; }
    std::uint32_t eventSlots() const;

    std::atomic<std::uint64_t>& inputEnd() { return at<std::atomic<std::uint64_t>>(64); }
    std::atomic<std::uint32_t>& inputSignal() { return at<std::atomic<std::uint32_t>>(72); }
    std::atomic<std::uint32_t>& offline() { return at<std::atomic<std::uint32_t>>(76); }
    std::atomic<std::uint32_t>& eventWrite() { return at<std::atomic<std::uint32_t>>(80); }
    std::atomic<std::uint64_t>& outputFrom() { return at<std::atomic<std::uint64_t>>(128); }
    std::atomic<std::uint64_t>& outputEnd() { return at<std::atomic<std::uint64_t>>(136); }
    std::atomic<std::uint32_t>& outputSignal() { return at<std::atomic<std::uint32_t>>(144); }
    std::atomic<std::uint32_t>& eventRead() { return at<std::atomic<std::uint32_t>>(148); }

    float* input(std::uint32_t channel) { return ring(input_, channel); }
    float* output(std::uint32_t channel) { return ring(output_, channel); }

    // Returns false if the ring is full.
    bool pushEvent(Tagged position, std::uint32_t slot, double normalised);

private:
    template <typename T>
    T& at(std::size_t offset) {
        return *reinterpret_cast<T*>(base_ + offset);
    }
    float* ring(std::size_t offset, std::uint32_t channel) {
        return reinterpret_cast<float*>(base_ + offset) + std::size_t(channel) * frames_;
    }

    unsigned char* base_ = nullptr;
    std::size_t size_ = 0, input_ = 0, output_ = 0;
    std::uint32_t frames_ = 0;
    int handle_ = -1;
};

}  // namespace ddspfx
