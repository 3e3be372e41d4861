// SPDX-License-Identifier: GPL-3.0-or-later
#include "launcher.hpp"

#include "platform.hpp"

#include <fstream>

namespace ddspfx {

namespace {

constexpr auto kPatience = std::chrono::seconds(45);
constexpr int kMostStarts = 3;

std::string lastLine(const std::string& path) {
    std::ifstream file(path);
    std::string line, last = "it printed nothing";
    while (std::getline(file, line))
        if (!line.empty())
            last = line;
    return last;
}

bool isServed(const std::string& path) {
    const int socket = platform::connectTo(path);
    if (socket >= 0)
        platform::closeHandle(socket);
    return socket >= 0 || socket == platform::kBusy;
}

}  // namespace

Launcher::Outcome Launcher::attempt() {
    const std::string& path = environment_.link();
    if (process_ >= 0 && Clock::now() < limit_ && !platform::hasEnded(process_))
        return {true, {}};
    if (lock_ >= 0) {
        release();
        failed_ = starts_ >= kMostStarts;
    }
    if (failed_)
        return {false, "the engine does not start: " + lastLine(path + ".log")};
    const auto words = environment_.engineWords();
    if (words.empty() || path.empty())
        return {false, "no engine is running; after ddsp-fx vst install, the plugin starts one"};
    lock_ = platform::tryLock(path + ".start");
    if (lock_ < 0)
        return {true, {}};
    // Another instance's engine may have answered, and that instance let go of the lock, since the caller looked.
    if (isServed(path)) {
        release();
        return {true, {}};
    }
    ++starts_;
    limit_ = Clock::now() + kPatience;
    process_ = platform::spawn(words, path);
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
    if (process_ >= 0)
        platform::closeHandle(process_);
    lock_ = process_ = -1;
}

}  // namespace ddspfx
