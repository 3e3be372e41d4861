// SPDX-License-Identifier: GPL-3.0-or-later
// The session's thread, which talks to the engine.
#include "platform.hpp"
#include "segment.hpp"
#include "session.hpp"

namespace ddspfx {

namespace {

using std::chrono::milliseconds;

constexpr unsigned kTickMs = 10;
constexpr auto kRetry = milliseconds(100);
constexpr auto kGreetPatience = std::chrono::seconds(10);

}  // namespace

void Session::run() {
    while (!stopping_) {
        takePick();
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
}

void Session::connect() {
    if (refused_ || Clock::now() < retry_)
        return;
    retry_ = Clock::now() + kRetry;
    socket_ = platform::connectTo(environment_.link());
    if (socket_ == platform::kBusy)
        return say(Engine::starting, "the engine is busy");
    if (socket_ < 0)
        return startEngine();
    launcher_.succeeded();
    greet();
}

void Session::startEngine() {
    if (!mayStart_)
        return say(Engine::absent, "no engine is running; it starts with the first sound");
    const auto outcome = launcher_.attempt();
    if (outcome.starting)
        say(Engine::starting, "starting the engine");
    else
        say(Engine::refused, outcome.refusal);
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
    description_.forget();
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
            board = current().message();
        }
        if (attachPending_)
            handle = platform::duplicate(handle_);
        missing_ = missing_ && board.empty();
        taken_ = taken_ && board.empty();
        boardPending_ = false;
        // Without a handle to send now, there may be one at the next tick.
        attachPending_ = attachPending_ && handle < 0;
    }
    if (board.empty() && handle < 0)
        return;
    // Messages are answered in order: an answer to the ping means that the engine has handled everything before it.
    bool sent = (board.empty() || send(board)) && (handle < 0 || send({"attach"}, handle));
    if (handle >= 0)
        platform::closeHandle(handle);
    sent = sent && send({"ping", std::to_string(++asked_)});
    // Whatever is missing is also missing for other audio, and stays reported.
    if (sent && !missing_)
        say(Engine::preparing, "preparing the board");
}

void Session::takePick() {
    std::uint32_t picked = status_.picked.load(std::memory_order_acquire);
    if (picked == 0 || !hasMenu_)
        return;
    const auto names = menu();
    if (picked <= names.size())
        load(names[picked - 1]);
    // Not before the load is stored. A number that arrived meanwhile is handled at the next tick.
    status_.picked.compare_exchange_strong(picked, 0, std::memory_order_acq_rel);
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
        say(environment_.engineWords().empty() ? Engine::absent : Engine::starting, "the engine is gone");
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
        hasMenu_ = true;
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
    } else if (description_.feed(fields)) {
        adopt(description_.take());
    }
}

void Session::adopt(Board described) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // The host has requested another board since, which will be described too.
    if (boardPending_ || missing_)
        return;
    board_ = std::move(described);
    // If only the audio is set up again, all values of the host are newer than the board's.
    const bool keep = asked_ != answered_ && taken_;
    for (unsigned i = 0; i < board_.values.size(); ++i) {
        // So is a host's automation that arrived meanwhile.
        if (keep || status_.toEngine[i].load(std::memory_order_relaxed))
            continue;
        status_.values[i].store(board_.values[i], std::memory_order_relaxed);
        status_.toHost[i].store(true, std::memory_order_relaxed);
    }
    announce();
    taken_ = true;
}

// All requests have been answered: from here on, the audio is this board's.
void Session::take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (answered_ != asked_ || boardPending_ || attachPending_ || handle_ < 0)
        return;
    generation_.fetch_add(1, std::memory_order_release);
    if (missing_)
        return status_.engine.store(Engine::absent, std::memory_order_release);
    // A name that could not be loaded leaves the old board in place: report both.
    text_ = (problem_.empty() ? "ready" : problem_) + (url_.empty() ? std::string() : "; panel at " + url_) +
            (latency_.empty() ? std::string() : "; " + latency_);
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
