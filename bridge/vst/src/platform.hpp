// SPDX-License-Identifier: GPL-3.0-or-later
// All that would be written anew for another system (docs/link.md, "Other systems").
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ddspfx::platform {

// Memory that two processes can map, without a name. -1 where it cannot be had.
int makeMemory(std::size_t bytes);
void* mapMemory(int memory, std::size_t bytes);
void unmapMemory(void* address, std::size_t bytes);
int duplicate(int handle);
void closeHandle(int handle);

// A word that both processes see. `wake` takes no lock of this process and never waits.
void wake(std::atomic<std::uint32_t>& word);
void wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds limit);

// Whether the calling thread has a priority that a sound card's thread has.
bool isRealtimeThread();

// Where the engine listens by default, in `folder` if the system has one for a user's sockets; "" where it is somebody
// else's.
std::string defaultLink(const std::string& folder);

// -1 where nobody listens.
int connectTo(const std::string& path);

// False when the other side is gone. `memory` >= 0 travels along.
bool sendAll(int socket, const std::string& bytes, int memory = -1);

// Bytes read, 0 after `milliseconds` without any, -1 when the other side is gone.
int receive(int socket, char* buffer, std::size_t size, unsigned milliseconds);

// An engine that outlives this process and listens at `path`, its output in a log beside. A handle for `hasEnded`; -1
// where it cannot be had.
int spawn(const std::vector<std::string>& words, const std::string& path);
bool hasEnded(int process);

// One holder in all processes; the kernel takes it from the dead. -1 where somebody has it.
int tryLock(const std::string& path);

// The lowest number under `count` that no instance in any process holds, until the handle is closed. -1 where there is
// none.
int takeSeat(const std::string& path, unsigned count, unsigned& number);

}  // namespace ddspfx::platform
