// SPDX-License-Identifier: GPL-3.0-or-later
// Starts the engine, once per machine however many plugins need it, and gives up after a few tries.
#pragma once

#include "environment.hpp"

#include <chrono>
#include <string>

namespace ddspfx {

class Launcher {
public:
    explicit Launcher(const Environment& environment) : environment_(environment) {}
    ~Launcher() { release(); }

    // The state after an attempt, which starts another engine if its turn has come. `refusal` is the reason why none
    // will be started, in the last engine's words.
    struct Outcome {
        bool starting = false;
        std::string refusal;
    };
    Outcome attempt();
    // Call when an engine answers: if it dies, a new one may be started at once.
    void succeeded();

private:
    using Clock = std::chrono::steady_clock;

    void release();

    const Environment& environment_;
    int lock_ = -1, process_ = -1, starts_ = 0;
    bool failed_ = false;
    Clock::time_point limit_{};
};

}  // namespace ddspfx
