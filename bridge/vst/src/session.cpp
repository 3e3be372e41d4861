// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hpp"

#include "platform.hpp"

namespace ddspfx {

using std::chrono::milliseconds;

namespace {

const char* const kNoMemory =
    "the input passes unchanged: the system has no memory or no file descriptor left to send it to the engine "
    "(free some, and switch the plugin off and on), or the host's sample rate is not between 1 kHz and 1 MHz";

}  // namespace

Session::Session(Status& status) : status_(status), thread_([this] { run(); }) {}

Session::~Session() {
    stopping_ = true;
    thread_.join();
    if (handle_ >= 0)
        platform::closeHandle(handle_);
}

void Session::attach(int handle, std::string latency) {
    const std::lock_guard<std::mutex> lock(mutex_);
    latency_ = std::move(latency);
    if (handle_ >= 0)
        platform::closeHandle(handle_);
    handle_ = handle;
    attachPending_ = handle >= 0;
    if (lacksMemory_ != (handle < 0))
        generation_.fetch_add(1, std::memory_order_release);
    lacksMemory_ = handle < 0;
    unready();
}

void Session::setBoard(Board board) {
    const std::lock_guard<std::mutex> lock(mutex_);
    board_ = std::move(board);
    boardPending_ = true;
    for (unsigned i = 0; i < board_.values.size(); ++i) {
        status_.values[i].store(board_.values[i], std::memory_order_relaxed);
        status_.toEngine[i].store(false, std::memory_order_relaxed);
        status_.toHost[i].store(true, std::memory_order_relaxed);
    }
    announce();
    status_.picked.store(0, std::memory_order_release);
    unready();
}

void Session::load(std::string chain) {
    const std::lock_guard<std::mutex> lock(mutex_);
    board_.chain = std::move(chain);
    boardPending_ = true;
    unready();
}

Board Session::board() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return current();
}

std::vector<std::string> Session::menu() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return menu_;
}

Slot Session::slot(unsigned index) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (index < board_.slots.size())
        return board_.slots[index];
    Slot unused;
    unused.name = "Slot " + std::to_string(index + 1);
    return unused;
}

std::string Session::text() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lacksMemory_ ? kNoMemory : text_;
}

void Session::awaitReady(milliseconds limit) const {
    const auto end = Clock::now() + limit;
    while (Clock::now() < end && !status_.isReady() &&
           status_.engine.load(std::memory_order_acquire) != Engine::refused)
        std::this_thread::sleep_for(milliseconds(2));
}

void Session::awaitPrepared(milliseconds limit) const {
    const auto end = Clock::now() + limit;
    while (Clock::now() < end && status_.isPreparing())
        std::this_thread::sleep_for(milliseconds(2));
}

Board Session::current() const {
    Board now = board_;
    for (unsigned i = 0; i < now.values.size(); ++i)
        now.values[i] = status_.values[i].load(std::memory_order_relaxed);
    return now;
}

void Session::announce() {
    status_.latency.store(static_cast<std::uint32_t>(board_.latency), std::memory_order_relaxed);
    status_.tail.store(static_cast<std::uint32_t>(board_.tail), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
}

void Session::unready() {
    Engine ready = Engine::ready;
    status_.engine.compare_exchange_strong(ready, Engine::preparing, std::memory_order_acq_rel);
}

}  // namespace ddspfx
