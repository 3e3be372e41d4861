// SPDX-License-Identifier: GPL-3.0-or-later
#include "launcher.hpp"

#include "platform.hpp"

namespace ddspfx {

namespace {

constexpr auto kPatience = std::chrono::seconds(45);
constexpr int kMostStarts = 3;

}  // namespace

Launcher::Outcome Launcher::attempt(const std::string& path) {
    if (lock_ >= 0 && Clock::now() < limit_)
        return {true, {}};
    if (lock_ >= 0) {
        release();
        failed_ = starts_ >= kMostStarts;
    }
    if (failed_)
        return {false, "the engine does not start; see " + path + ".log"};
    const auto words = platform::engineWords();
    if (words.empty() || path.empty())
        return {false, "no engine runs; ddsp-fx vst install makes it start by itself"};
    lock_ = platform::tryLock(path + ".start");
    if (lock_ < 0)
        return {true, {}};
    ++starts_;
    limit_ = Clock::now() + kPatience;
    if (!platform::spawn(words, path + ".log"))
        limit_ = Clock::now();
    return {true, {}};
}

void Launcher::succeeded() {
    release();
    starts_ = 0;
    failed_ = false;
}

void Launcher::release() {
    if (lock_ >= 0)
        platform::closeHandle(lock_);
    lock_ = -1;
}

}  // namespace ddspfx
