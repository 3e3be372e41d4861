// SPDX-License-Identifier: GPL-3.0-or-later
// What this process's environment says of engines (docs/link.md).
#pragma once

#include <string>
#include <vector>

namespace ddspfx {

class Environment {
public:
    // Read once, in the thread that makes a plugin: a host may change its environment while other threads run.
    Environment();

    // Where the first engine listens; "" where the folder is somebody else's.
    const std::string& link() const { return link_; }
    // Those that share an engine.
    unsigned pluginsPerEngine() const { return pluginsPerEngine_; }
    // The words that start an engine, as they are now; empty where there is none to start.
    std::vector<std::string> engineWords() const;

private:
    std::string link_, chosenWords_, wordsFile_;
    bool isChosen_;
    unsigned pluginsPerEngine_;
};

}  // namespace ddspfx
