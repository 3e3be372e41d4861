// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that a port to another system must implement (docs/link.md, "Other systems").
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ddspfx::platform {

// Unnamed memory that two processes can map. -1 on failure.
int makeMemory(std::size_t bytes);
void* mapMemory(int memory, std::size_t bytes);
void unmapMemory(void* address, std::size_t bytes);
int duplicate(int handle);
void closeHandle(int handle);

// A word that both processes see. `wake` takes no lock in this process and never waits.
void wake(std::atomic<std::uint32_t>& word);
void wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds limit);

// Whether the calling thread has the priority of a sound card's thread.
bool isRealtimeThread();

// The engine's default socket, in `folder` if the system has one for a user's sockets; "" if it belongs to somebody
// else.
std::string defaultLink(const std::string& folder);

// -1 if nobody listens, kBusy if an engine does, but has to accept others first. Does not wait.
constexpr int kBusy = -2;
int connectTo(const std::string& path);

// Returns false if the other side is gone. If `memory` >= 0, it is sent too.
bool sendAll(int socket, const std::string& bytes, int memory = -1);

// Returns the bytes read, 0 after `milliseconds` without any, -1 if the other side is gone.
int receive(int socket, char* buffer, std::size_t size, unsigned milliseconds);

// Starts an engine that outlives this process and listens at `path`, with a log file next to it. Returns a handle for
// `hasEnded`, or -1 on failure.
int spawn(const std::vector<std::string>& words, const std::string& path);
bool hasEnded(int process);

// Held by one process at a time; the kernel releases it when the holder dies. -1 if another process holds it.
int tryLock(const std::string& path);

}  // namespace ddspfx::platform
