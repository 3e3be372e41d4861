// SPDX-License-Identifier: GPL-3.0-or-later
// An instance that found no engine a moment ago, and now has its turn to start one. Prints "starting", or the refusal.
#include "launcher.hpp"

#include <cstdio>

int main() {
    const ddspfx::Environment environment;
    ddspfx::Launcher launcher(environment);
    const auto outcome = launcher.attempt();
    std::puts(outcome.starting ? "starting" : outcome.refusal.c_str());
    return 0;
}
