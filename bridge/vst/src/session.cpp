// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.hpp"

#include "platform.hpp"
#include "segment.hpp"

namespace ddspfx {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kTickMs = 10;
constexpr auto kRetry = milliseconds(100);
constexpr auto kStartPatience = seconds(45);
constexpr int kMostStarts = 3;
constexpr auto kGreetPatience = seconds(10);

}  // namespace

Session::Session(Status& status) : status_(status), thread_([this] { run(); }) {}

Session::~Session() {
    stopping_ = true;
    thread_.join();
    if (handle_ >= 0)
        platform::closeHandle(handle_);
}

// What the host asks for.

void Session::attach(int handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (handle_ >= 0)
        platform::closeHandle(handle_);
    handle_ = handle;
    attachPending_ = handle >= 0;
    if (status_.isReady())
        status_.engine.store(Engine::preparing, std::memory_order_release);
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
    status_.latency.store(static_cast<std::uint32_t>(board_.latency), std::memory_order_relaxed);
    status_.tail.store(static_cast<std::uint32_t>(board_.tail), std::memory_order_relaxed);
    if (status_.isReady())
        status_.engine.store(Engine::preparing, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
}

void Session::load(std::string chain) {
    const std::lock_guard<std::mutex> lock(mutex_);
    board_.chain = std::move(chain);
    boardPending_ = true;
    if (status_.isReady())
        status_.engine.store(Engine::preparing, std::memory_order_release);
}

void Session::pick(unsigned item) {
    const auto names = menu();
    if (item < names.size())
        load(names[item]);
}

Board Session::board() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    Board now = board_;
    for (unsigned i = 0; i < now.values.size(); ++i)
        now.values[i] = status_.values[i].load(std::memory_order_relaxed);
    return now;
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
    return text_;
}

void Session::awaitReady(milliseconds limit) const {
    const auto end = Clock::now() + limit;
    while (Clock::now() < end && !status_.isReady() &&
           status_.engine.load(std::memory_order_acquire) != Engine::refused)
        std::this_thread::sleep_for(milliseconds(2));
}

void Session::awaitPrepared(milliseconds limit) const {
    const auto end = Clock::now() + limit;
    while (Clock::now() < end && status_.engine.load(std::memory_order_acquire) == Engine::preparing)
        std::this_thread::sleep_for(milliseconds(2));
}

// The thread.

void Session::run() {
    while (!stopping_) {
        if (socket_ < 0)
            connect();
        if (socket_ < 0) {
            std::this_thread::sleep_for(milliseconds(kTickMs));
            continue;
        }
        if (welcomed_)
            sendPending();
        readSome();
    }
    if (socket_ >= 0)
        send({"bye"});
    disconnect();
    if (startLock_ >= 0)
        platform::closeHandle(startLock_);
}

void Session::connect() {
    if (refused_ || Clock::now() < retry_)
        return;
    retry_ = Clock::now() + kRetry;
    const std::string path = platform::socketPath();
    socket_ = platform::connectTo(path);
    if (socket_ < 0)
        return startEngine(path);
    if (startLock_ >= 0)
        platform::closeHandle(startLock_);
    startLock_ = -1;
    starts_ = 0;
    failed_ = false;
    greet();
}

void Session::startEngine(const std::string& path) {
    if (startLock_ >= 0 && Clock::now() < startLimit_)
        return;
    if (startLock_ >= 0) {
        platform::closeHandle(startLock_);
        startLock_ = -1;
        failed_ = starts_ >= kMostStarts;
        if (failed_)
            say(Engine::absent, "the engine does not start; see " + path + ".log");
    }
    if (failed_)
        return;
    if (!mayStart_)
        return say(Engine::absent, "no engine runs; it starts with the first sound");
    const auto words = platform::engineWords();
    if (words.empty() || path.empty())
        return say(Engine::absent, "no engine runs; ddsp-fx vst install makes it start by itself");
    say(Engine::starting, "starting the engine");
    startLock_ = platform::tryLock(path + ".start");
    if (startLock_ < 0)
        return;
    ++starts_;
    startLimit_ = Clock::now() + kStartPatience;
    if (!platform::spawn(words, path + ".log"))
        startLimit_ = Clock::now();
}

void Session::greet() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        boardPending_ = true;
        attachPending_ = handle_ >= 0;
    }
    lines_ = LineReader();
    welcomed_ = false;
    asked_ = answered_ = 0;
    taken_ = false;
    comingSlots_ = 0;
    greeted_ = Clock::now();
    say(Engine::starting, "the engine answers");
    send({"hello", std::to_string(kLinkVersion), "ddsp-fx plugin"});
}

void Session::sendPending() {
    Fields board;
    int handle = -1;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (boardPending_) {
            problem_.clear();
            copyValues();
            board = board_.message();
        }
        if (attachPending_)
            handle = platform::duplicate(handle_);
        missing_ = missing_ && board.empty();
        taken_ = taken_ && board.empty();
        boardPending_ = attachPending_ = false;
    }
    if (board.empty() && handle < 0)
        return;
    // Messages are answered in turn: when the ping is, the engine has done all before it.
    bool sent = (board.empty() || send(board)) && (handle < 0 || send({"attach"}, handle));
    if (handle >= 0)
        platform::closeHandle(handle);
    sent = sent && send({"ping", std::to_string(++asked_)});
    if (sent)
        say(Engine::preparing, "preparing the board");
}

void Session::copyValues() {
    for (unsigned i = 0; i < board_.values.size(); ++i)
        board_.values[i] = status_.values[i].load(std::memory_order_relaxed);
}

void Session::readSome() {
    char buffer[65536];
    const int n = platform::receive(socket_, buffer, sizeof buffer, kTickMs);
    const bool deaf = !welcomed_ && Clock::now() > greeted_ + kGreetPatience;
    if (n < 0 || deaf || lines_.isBroken())
        return disconnect();
    if (n > 0)
        lines_.feed(buffer, static_cast<std::size_t>(n));
    Fields fields;
    while (socket_ >= 0 && lines_.next(fields))
        handle(fields);
}

void Session::disconnect() {
    if (socket_ >= 0)
        platform::closeHandle(socket_);
    socket_ = -1;
    if (!refused_)
        say(platform::engineWords().empty() ? Engine::absent : Engine::starting, "the engine is gone");
}

bool Session::send(const Fields& fields, int memory) {
    if (platform::sendAll(socket_, encode(fields), memory))
        return true;
    disconnect();
    return false;
}

void Session::handle(const Fields& fields) {
    const std::string& verb = fields[0];
    if (verb == "welcome" && fields.size() >= 2) {
        welcomed_ = true;
        const std::lock_guard<std::mutex> lock(mutex_);
        url_ = fields.size() >= 4 ? fields[3] : std::string();
    } else if (verb == "refused") {
        refused_ = true;
        say(Engine::refused, fields.size() > 1 ? fields[1] : "the engine refused");
        disconnect();
    } else if (verb == "menu") {
        const std::lock_guard<std::mutex> lock(mutex_);
        menu_.assign(fields.begin() + 1, fields.end());
        generation_.fetch_add(1, std::memory_order_release);
    } else if (verb == "error" && fields.size() >= 3) {
        const std::lock_guard<std::mutex> lock(mutex_);
        text_ = problem_ = fields[2];
        missing_ = fields[1] == "board" && board_.chain.empty();
        board_.chain.clear();
    } else if (verb == "values") {
        setValues(fields);
    } else if (verb == "state" && fields.size() >= 2) {
        const std::lock_guard<std::mutex> lock(mutex_);
        board_.json = fields[1];
    } else if (verb == "pong" && fields.size() >= 2) {
        double number = 0.0;
        if (parseNumber(fields[1], number))
            answered_ = static_cast<unsigned>(number);
        take();
    } else {
        describe(fields);
    }
}

void Session::describe(const Fields& fields) {
    double count = 0.0, value = 0.0;
    Slot slot;
    if (fields[0] == "describe" && fields.size() >= 5) {
        coming_ = Board();
        coming_.slots.clear();
        coming_.values.clear();
        coming_.json = fields[1];
        if (parseNumber(fields[2], coming_.latency) && parseNumber(fields[3], coming_.tail) &&
            parseNumber(fields[4], count))
            comingSlots_ = static_cast<std::size_t>(count);
    } else if (fields[0] == "slot" && coming_.slots.size() < kSlots && slot.read(fields, value)) {
        coming_.slots.push_back(slot);
        coming_.values.push_back(value);
    } else if (fields[0] == "end" && coming_.slots.size() == comingSlots_ && comingSlots_ >= 2) {
        comingSlots_ = 0;
        const std::lock_guard<std::mutex> lock(mutex_);
        // The host has asked for another board since: that one will be described too.
        if (boardPending_ || missing_)
            return;
        board_ = coming_;
        for (unsigned i = 0; i < board_.values.size(); ++i) {
            // A host's automation that came meanwhile is newer, and so is all of it where only the audio is set up anew.
            if (status_.toEngine[i].load(std::memory_order_relaxed) || (asked_ != answered_ && taken_))
                continue;
            status_.values[i].store(board_.values[i], std::memory_order_relaxed);
            status_.toHost[i].store(true, std::memory_order_relaxed);
        }
        status_.latency.store(static_cast<std::uint32_t>(board_.latency), std::memory_order_relaxed);
        status_.tail.store(static_cast<std::uint32_t>(board_.tail), std::memory_order_relaxed);
        taken_ = true;
        generation_.fetch_add(1, std::memory_order_release);
    }
}

// Everything that was asked for has been answered: audio is this board's from here on.
void Session::take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (answered_ != asked_ || boardPending_ || attachPending_ || handle_ < 0)
        return;
    generation_.fetch_add(1, std::memory_order_release);
    if (missing_)
        return status_.engine.store(Engine::absent, std::memory_order_release);
    // A name that could not be loaded leaves the board that was there: both are said.
    text_ = (problem_.empty() ? "ready" : problem_) + (url_.empty() ? std::string() : "; panel at " + url_);
    status_.connections.fetch_add(1, std::memory_order_release);
    status_.engine.store(Engine::ready, std::memory_order_release);
}

void Session::setValues(const Fields& fields) {
    for (std::size_t i = 1; i + 1 < fields.size(); i += 2) {
        double slot = 0.0, value = 0.0;
        if (!parseNumber(fields[i], slot) || !parseNumber(fields[i + 1], value) || slot < 0.0 || slot >= kSlots)
            continue;
        status_.values[static_cast<unsigned>(slot)].store(value, std::memory_order_relaxed);
        status_.toHost[static_cast<unsigned>(slot)].store(true, std::memory_order_relaxed);
    }
}

void Session::say(Engine engine, std::string text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_.engine.store(engine, std::memory_order_release);
    if (text != text_)
        generation_.fetch_add(1, std::memory_order_release);
    text_ = std::move(text);
}

}  // namespace ddspfx
