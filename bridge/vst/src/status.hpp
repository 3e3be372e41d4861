// SPDX-License-Identifier: GPL-3.0-or-later
// What the audio thread and the session tell each other: atomics, so that neither waits for the other.
#pragma once

#include "slot.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace ddspfx {

enum class Engine : std::uint32_t { absent, starting, preparing, ready, refused };

struct Status {
    std::atomic<Engine> engine{Engine::absent};
    // Of the board alone, in samples.
    std::atomic<std::uint32_t> latency{0}, tail{0};
    std::atomic<std::uint32_t> lateBlocks{0};
    // One more than the number that the host picked last from the menu; 0 once the session has asked for that board.
    std::atomic<std::uint32_t> picked{0};
    // Counts connections, so that waiting starts afresh with each.
    std::atomic<std::uint32_t> connections{0};
    // What has to be heard by the engine, or by the host.
    std::array<std::atomic<double>, kSlots> values{};
    std::array<std::atomic<bool>, kSlots> toEngine{}, toHost{};

    // The session says that it prepares a board before it takes the number, so the number is looked at first.
    bool isPicked() const { return picked.load(std::memory_order_acquire) != 0; }
    bool isReady() const { return !isPicked() && engine.load(std::memory_order_acquire) == Engine::ready; }
    bool isPreparing() const {
        const bool hasPick = isPicked();
        const Engine now = engine.load(std::memory_order_acquire);
        return now == Engine::preparing || (hasPick && now == Engine::ready);
    }
    // An engine that could not build the board may still put out what it had before.
    bool isUsable() const {
        const Engine now = engine.load(std::memory_order_acquire);
        return now != Engine::absent && now != Engine::refused;
    }
};

}  // namespace ddspfx
