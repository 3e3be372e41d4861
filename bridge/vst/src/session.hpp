// SPDX-License-Identifier: GPL-3.0-or-later
// One plugin instance's conversation with the engine, in its own thread: finds the engine, starts it, reconnects.
#pragma once

#include "board.hpp"
#include "description.hpp"
#include "environment.hpp"
#include "launcher.hpp"
#include "status.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ddspfx {

class Session {
public:
    explicit Session(Status& status);
    ~Session();

    // For any thread but the audio thread.

    // The segment that carries the audio from now on; the session closes `handle`. -1 means that the system gave no
    // memory, or no handle for it. `latency` is for people: that of the link.
    void attach(int handle, std::string latency = {});
    // What the user wants the link to add to a block, now.
    LinkLatency linkLatency() const { return environment_.linkLatency(); }
    // Sends the engine a board: one restored from a host's session, or a name from the menu.
    void setBoard(Board board);
    void load(std::string chain);
    // Loads an item of the menu. An unknown number does nothing; before there is a menu, it waits for one. Also for the
    // audio thread, where hosts automate: it stores the number, and the session's thread acts within a tick.
    void pick(unsigned item) { status_.picked.store(item + 1, std::memory_order_release); }
    // A host that only scans plugins creates one too, so no engine is started before this call.
    void allowStart() { mayStart_ = true; }

    Board board() const;
    std::vector<std::string> menu() const;
    Slot slot(unsigned index) const;
    // For people: what the engine is doing, or why it is not running, and the address of its panel.
    std::string text() const;

    // Counts the changes of names, ranges or menu, of which hosts must be notified.
    unsigned generation() const { return generation_.load(std::memory_order_acquire); }

    // Returns when the engine has the board, when there will be none, or after that time.
    void awaitReady(std::chrono::milliseconds limit) const;
    // The same, but does not wait for an engine that is still starting.
    void awaitPrepared(std::chrono::milliseconds limit) const;

private:
    using Clock = std::chrono::steady_clock;

    void run();
    void connect();
    void startEngine();
    void greet();
    void sendPending();
    void takePick();
    void readSome();
    void disconnect();
    void handle(const Fields& fields);
    void adopt(Board described);
    void take();
    void setValues(const Fields& fields);
    bool send(const Fields& fields, int memory = -1);
    void say(Engine engine, std::string text = {});

    // The board with its current values. Call with the mutex held, as the next two functions.
    Board current() const;
    // Notifies the host of another board.
    void announce();
    // What was ready is being prepared again.
    void unready();

    Status& status_;
    const Environment environment_;

    mutable std::mutex mutex_;
    Board board_;
    std::vector<std::string> menu_;
    std::string text_, url_, problem_, latency_;
    int handle_ = -1;
    bool boardPending_ = true, attachPending_ = false;
    // Audio was wanted, but there is no memory to carry it.
    bool lacksMemory_ = false;
    std::atomic<unsigned> generation_{0};

    // For the session's thread only.
    int socket_ = -1;
    bool welcomed_ = false, refused_ = false;
    // The engine could not build the requested board, so the one saved by the host is kept unchanged.
    bool missing_ = false;
    // The last requested board has been described.
    bool taken_ = false;
    bool hasMenu_ = false;
    LineReader lines_;
    Description description_;
    Launcher launcher_{environment_};
    unsigned asked_ = 0, answered_ = 0;
    Clock::time_point retry_{}, greeted_{};
    std::atomic<bool> stopping_{false}, mayStart_{false};
    std::thread thread_;
};

}  // namespace ddspfx
