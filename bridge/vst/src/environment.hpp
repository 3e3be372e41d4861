// SPDX-License-Identifier: GPL-3.0-or-later
// Environment variables of this process about engines (docs/link.md).
#pragma once

#include <string>
#include <vector>

namespace ddspfx {

class Environment {
public:
    // Read once, in the thread that creates a plugin, because a host may change its environment while other threads
    // run.
    Environment();

    // The socket of the first engine; "" if the folder belongs to somebody else.
    const std::string& link() const { return link_; }
    // The number of plugins that share an engine.
    unsigned pluginsPerEngine() const { return pluginsPerEngine_; }
    // The current command that starts an engine; empty if there is none.
    std::vector<std::string> engineWords() const;

private:
    std::string link_, chosenWords_, wordsFile_;
    bool isChosen_;
    unsigned pluginsPerEngine_;
};

}  // namespace ddspfx
