// SPDX-License-Identifier: GPL-3.0-or-later
#include "platform.hpp"

#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace ddspfx::platform {

int makeMemory(std::size_t bytes) {
    const int memory = memfd_create("ddsp-fx link", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -1;
    // Sealed, because otherwise shrinking the file could kill the other side by SIGBUS.
    if (ftruncate(memory, static_cast<off_t>(bytes)) != 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        close(memory);
        return -1;
    }
    return memory;
}

void* mapMemory(int memory, std::size_t bytes) {
    void* const address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
    return address == MAP_FAILED ? nullptr : address;
}

void unmapMemory(void* address, std::size_t bytes) { munmap(address, bytes); }

int duplicate(int handle) { return fcntl(handle, F_DUPFD_CLOEXEC, 3); }

void closeHandle(int handle) { close(handle); }

void wake(std::atomic<std::uint32_t>& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

void wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds limit) {
    const timespec time{limit.count() / 1000000000L, limit.count() % 1000000000L};
    syscall(SYS_futex, &word, FUTEX_WAIT, seen, &time, nullptr, 0);
}

bool isRealtimeThread() {
    const int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

std::string defaultLink(const std::string& runtime) {
    const std::string folder = runtime.empty() ? "/tmp/ddsp-fx-" + std::to_string(getuid()) : runtime + "/ddsp-fx";
    mkdir(folder.c_str(), 0700);
    struct stat found{};
    const bool ours = lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == getuid() &&
                      (found.st_mode & 077) == 0;
    return ours ? folder + "/link" : std::string();
}

int connectTo(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0)
        return -1;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        const bool isFull = errno == EAGAIN;
        close(socket);
        return isFull ? kBusy : -1;
    }
    fcntl(socket, F_SETFL, 0);
    // An engine that is stopped reads nothing; a full socket must not block this side for ever.
    const timeval limit{5, 0};
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return socket;
}

bool sendAll(int socket, const std::string& bytes, int memory) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        iovec data{const_cast<char*>(bytes.data()) + sent, bytes.size() - sent};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        if (memory >= 0 && sent == 0) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(header), &memory, sizeof(int));
        }
        const ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

int receive(int socket, char* buffer, std::size_t size, unsigned milliseconds) {
    pollfd waiting{socket, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(milliseconds));
    if (ready < 0)
        return errno == EINTR ? 0 : -1;
    if (ready == 0)
        return 0;
    const ssize_t n = recv(socket, buffer, size, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return n == 0 ? -1 : static_cast<int>(n);
}

}  // namespace ddspfx::platform
