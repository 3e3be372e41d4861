// SPDX-License-Identifier: GPL-3.0-or-later
// The words of one plugin instance with the engine, in a thread of its own: finds it, starts it, comes back to it.
#pragma once

#include "board.hpp"
#include "description.hpp"
#include "environment.hpp"
#include "launcher.hpp"
#include "seat.hpp"
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

    // From any thread but the audio's.

    // The segment that carries the audio from now on; `handle` is the session's to close. -1 is none: the system gave
    // no memory, or no handle for it.
    void attach(int handle);
    // A board to be made the engine's; one that was restored from a host's session, or a name from the menu.
    void setBoard(Board board);
    void load(std::string chain);
    // Of the menu; nothing happens where it has none of that number, and where there is no menu yet it waits for one.
    // From the audio's thread too, where hosts automate: it notes the number, and the session's own thread does the
    // rest within a tick.
    void pick(unsigned item) { status_.picked.store(item + 1, std::memory_order_release); }
    // A host that only looks what a plugin is makes one too: no engine is started until this.
    void allowStart() { mayStart_ = true; }

    Board board() const;
    std::vector<std::string> menu() const;
    Slot slot(unsigned index) const;
    // For people: what the engine is doing, or why not, and where its panel is.
    std::string text() const;

    // Counts every change of names, ranges or menu, which hosts must be told.
    unsigned generation() const { return generation_.load(std::memory_order_acquire); }

    // Returns when the engine has the board, when there will be none, or after that time.
    void awaitReady(std::chrono::milliseconds limit) const;
    // The same, but not for an engine that is only being started.
    void awaitPrepared(std::chrono::milliseconds limit) const;

private:
    using Clock = std::chrono::steady_clock;

    void run();
    void connect();
    void startEngine(const std::string& path);
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

    // The board with the values of now. With the mutex held, as the next.
    Board current() const;
    // Tells the host of another board.
    void announce();
    // What was ready is being prepared anew.
    void unready();

    Status& status_;
    const Environment environment_;

    mutable std::mutex mutex_;
    Board board_;
    std::vector<std::string> menu_;
    std::string text_, url_, problem_;
    int handle_ = -1;
    bool boardPending_ = true, attachPending_ = false;
    // Audio was wanted, and there is no memory to carry it.
    bool lacksMemory_ = false;
    std::atomic<unsigned> generation_{0};

    // The thread's own.
    int socket_ = -1;
    bool welcomed_ = false, refused_ = false;
    // The engine could not build what was asked for: what a host saved is kept as it is.
    bool missing_ = false;
    // The last board that was asked for has been described.
    bool taken_ = false;
    bool hasMenu_ = false;
    LineReader lines_;
    Description description_;
    Launcher launcher_{environment_};
    Seat seat_{environment_};
    unsigned asked_ = 0, answered_ = 0;
    Clock::time_point retry_{}, greeted_{};
    std::atomic<bool> stopping_{false}, mayStart_{false};
    std::thread thread_;
};

}  // namespace ddspfx
