// SPDX-License-Identifier: GPL-3.0-or-later
// What a user has set about engines and the link: environment variables of this process, and files (docs/link.md).
#pragma once

#include <string>
#include <vector>

namespace ddspfx {

// What the link adds to a block, in ms, and what is wrong with the setting that is not followed; "" if nothing is.
struct LinkLatency {
    double ms;
    std::string problem;
};

class Environment {
public:
    // Read once, in the thread that creates a plugin, because a host may change its environment while other threads
    // run.
    Environment();

    // The engine's socket; "" if the folder belongs to somebody else.
    const std::string& link() const { return link_; }
    // The current command that starts an engine; empty if there is none.
    std::vector<std::string> engineWords() const;
    // The current setting.
    LinkLatency linkLatency() const;

private:
    std::string link_, chosenWords_, wordsFile_, chosenLatency_, latencyFile_;
    bool isChosen_;
};

}  // namespace ddspfx
