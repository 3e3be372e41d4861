// SPDX-License-Identifier: GPL-3.0-or-later
// Shared between the audio thread and the session: atomics, so that neither waits for the other.
#pragma once

#include "slot.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace ddspfx {

enum class Engine : std::uint32_t { absent, starting, preparing, ready, refused };

struct Status {
    std::atomic<Engine> engine{Engine::absent};
    // The board's own latency and tail, in samples.
    std::atomic<std::uint32_t> latency{0}, tail{0};
    std::atomic<std::uint32_t> lateBlocks{0};
    // One plus the menu item that the host picked last; 0 once the session has requested that board.
    std::atomic<std::uint32_t> picked{0};
    // Counts connections, because waiting starts again with each.
    std::atomic<std::uint32_t> connections{0};
    // Values that the engine or the host must receive.
    std::array<std::atomic<double>, kSlots> values{};
    std::array<std::atomic<bool>, kSlots> toEngine{}, toHost{};

    // The session sets `preparing` before it clears the number, so the number must be read first.
    bool isPicked() const { return picked.load(std::memory_order_acquire) != 0; }
    bool isReady() const { return !isPicked() && engine.load(std::memory_order_acquire) == Engine::ready; }
    bool isPreparing() const {
        const bool hasPick = isPicked();
        const Engine now = engine.load(std::memory_order_acquire);
        return now == Engine::preparing || (hasPick && now == Engine::ready);
    }
    // An engine that could not build the board may continue to play the one before.
    bool isUsable() const {
        const Engine now = engine.load(std::memory_order_acquire);
        return now != Engine::absent && now != Engine::refused;
    }
};

}  // namespace ddspfx
