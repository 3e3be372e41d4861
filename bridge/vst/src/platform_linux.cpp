// SPDX-License-Identifier: GPL-3.0-or-later
#include "platform.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace ddspfx::platform {

int makeMemory(std::size_t bytes) {
    const int memory = memfd_create("ddsp-fx link", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -1;
    // Sealed, or the other side could be killed by SIGBUS.
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

void wake(std::atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds limit) {
    const timespec time{limit.count() / 1000000000L, limit.count() % 1000000000L};
    syscall(SYS_futex, &word, FUTEX_WAIT, seen, &time, nullptr, 0);
}

bool isRealtimeThread() {
    const int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

std::string socketPath() {
    if (const char* const chosen = std::getenv("DDSP_FX_LINK"))
        return chosen;
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    const std::string folder = runtime && *runtime ? std::string(runtime) + "/ddsp-fx"
                                                   : "/tmp/ddsp-fx-" + std::to_string(getuid());
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
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return -1;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close(socket);
        return -1;
    }
    // An engine that is stopped reads nothing; a full socket must not hold this side for ever.
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

std::vector<std::string> engineWords() {
    std::vector<std::string> words;
    std::string word;
    if (const char* const chosen = std::getenv("DDSP_FX_ENGINE")) {
        for (const char* c = chosen; *c; ++c) {
            if (*c != '\n') {
                word += *c;
                continue;
            }
            words.push_back(word);
            word.clear();
        }
        if (!word.empty())
            words.push_back(word);
        return words;
    }
    const char* const data = std::getenv("XDG_DATA_HOME");
    const char* const home = std::getenv("HOME");
    const std::string base = data && *data ? data : std::string(home ? home : "") + "/.local/share";
    std::ifstream file(base + "/ddsp-fx/engine");
    while (std::getline(file, word))
        if (!word.empty())
            words.push_back(word);
    return words;
}

namespace {

// What hosts set for themselves and would break another program's libraries; and where the engine listens, said anew.
bool isNotTheEngines(const char* variable) {
    for (const char* name : {"LD_LIBRARY_PATH=", "LD_PRELOAD=", "PYTHONHOME=", "DDSP_FX_LINK="})
        if (std::strncmp(variable, name, std::strlen(name)) == 0)
            return true;
    return false;
}

// Between fork and exec only what is safe in a signal handler may be called.
[[noreturn]] void become(char* const* words, char* const* environment, int output, int life) {
    setsid();
    if (fork() != 0)
        _exit(0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDONLY);
    // Out of the way of the four below.
    output = fcntl(output, F_DUPFD, 4);
    life = fcntl(life, F_DUPFD, 4);
    dup2(nothing, 0);
    dup2(output, 1);
    dup2(output, 2);
    dup2(life, 3);
    // The host's sound devices and files are not the engine's.
    syscall(SYS_close_range, 4U, ~0U, 0U);
    execve(words[0], words, environment);
    _exit(127);
}

}  // namespace

int spawn(const std::vector<std::string>& words, const std::string& path) {
    std::vector<char*> arguments, environment;
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    for (char** variable = environ; *variable; ++variable)
        if (!isNotTheEngines(*variable))
            environment.push_back(*variable);
    std::string link = "DDSP_FX_LINK=" + path;
    environment.push_back(link.data());
    environment.push_back(nullptr);
    const int output = open((path + ".log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (output < 0)
        return -1;
    // The engine is nobody's child here, but the kernel closes its end of a pipe when it ends.
    int ends[2] = {-1, -1};
    const pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (child == 0)
        become(arguments.data(), environment.data(), output, ends[1]);
    close(output);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -1;
    }
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return ends[0];
}

bool hasEnded(int process) {
    pollfd end{process, 0, 0};
    return poll(&end, 1, 0) == 1;
}

int tryLock(const std::string& path) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    if (file >= 0)
        close(file);
    return -1;
}

int takeSeat(const std::string& path, unsigned count, unsigned& number) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    for (unsigned i = 0; file >= 0 && i < count; ++i) {
        // Of this opening of the file, not of the process: a host has many instances.
        struct flock one{};
        one.l_type = F_WRLCK;
        one.l_whence = SEEK_SET;
        one.l_start = i;
        one.l_len = 1;
        if (fcntl(file, F_OFD_SETLK, &one) == 0) {
            number = i;
            return file;
        }
    }
    if (file >= 0)
        close(file);
    return -1;
}

}  // namespace ddspfx::platform
