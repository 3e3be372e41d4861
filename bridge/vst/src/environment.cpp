// SPDX-License-Identifier: GPL-3.0-or-later
#include "environment.hpp"

#include "platform.hpp"
#include "segment.hpp"
#include "words.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ddspfx {

namespace {

// Far more than any load needs, and short enough for the ring.
constexpr double kMostLinkMs = 100.0;
// VST3 shows 127 characters in all.
constexpr std::size_t kMostShown = 8;

std::string variable(const char* name, const std::string& otherwise = {}) {
    const char* const value = std::getenv(name);
    return value && *value ? value : otherwise;
}

std::string dataFile(const char* name) {
    return variable("XDG_DATA_HOME", variable("HOME") + "/.local/share") + "/ddsp-fx/" + name;
}

std::vector<std::string> lines(std::istream& stream) {
    std::vector<std::string> found;
    for (std::string line; std::getline(stream, line);)
        if (!line.empty())
            found.push_back(line);
    return found;
}

}  // namespace

Environment::Environment()
    : link_(variable("DDSP_FX_LINK")),
      chosenWords_(variable("DDSP_FX_ENGINE")),
      wordsFile_(dataFile("engine")),
      chosenLatency_(variable("DDSP_FX_LINK_LATENCY_MS")),
      latencyFile_(dataFile("link-latency")),
      isChosen_(std::getenv("DDSP_FX_ENGINE") != nullptr) {
    if (link_.empty())
        link_ = platform::defaultLink(variable("XDG_RUNTIME_DIR"));
}

std::vector<std::string> Environment::engineWords() const {
    if (isChosen_) {
        std::istringstream chosen(chosenWords_);
        return lines(chosen);
    }
    std::ifstream file(wordsFile_);
    return lines(file);
}

LinkLatency Environment::linkLatency() const {
    std::ifstream file(latencyFile_);
    const auto found = lines(file);
    const bool isChosen = !chosenLatency_.empty();
    if (!isChosen && found.empty())
        return {kDefaultLinkMs, {}};
    const std::string& text = isChosen ? chosenLatency_ : found.front();
    double ms = 0.0;
    if (parseNumber(text, ms) && ms >= 0.0 && ms <= kMostLinkMs)
        return {ms, {}};
    return {kDefaultLinkMs, (isChosen ? "DDSP_FX_LINK_LATENCY_MS is '" : "link-latency is '") +
                                text.substr(0, kMostShown) + "', not 0 to 100"};
}

}  // namespace ddspfx
