// SPDX-License-Identifier: GPL-3.0-or-later
// Starts the engine, once on a machine however many plugins want it, and gives up after a few tries.
#pragma once

#include "environment.hpp"

#include <chrono>
#include <string>

namespace ddspfx {

class Launcher {
public:
    explicit Launcher(const Environment& environment) : environment_(environment) {}
    ~Launcher() { release(); }

    // Where things stand, after another engine was started where its turn had come. `refusal` says why none will be, in
    // the words of the last one.
    struct Outcome {
        bool starting = false;
        std::string refusal;
    };
    // For the engine that would listen at `path`.
    Outcome attempt(const std::string& path);
    // An engine answers: the next one that dies may be started afresh.
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
