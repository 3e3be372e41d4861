// SPDX-License-Identifier: GPL-3.0-or-later
// Processes, and locks between them.
#include "platform.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace ddspfx::platform {

namespace {

// Variables that hosts set for themselves and that would break another program's libraries; and the engine's socket,
// which is set again.
bool isNotTheEngines(const char* variable) {
    for (const char* name : {"LD_LIBRARY_PATH=", "LD_PRELOAD=", "PYTHONHOME=", "DDSP_FX_LINK="})
        if (std::strncmp(variable, name, std::strlen(name)) == 0)
            return true;
    return false;
}

// Between fork and exec, only async-signal-safe functions may be called.
[[noreturn]] void become(char* const* words, char* const* environment, int output, int life) {
    setsid();
    if (fork() != 0)
        _exit(0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDONLY);
    // Moved out of the way of the four below.
    output = fcntl(output, F_DUPFD, 4);
    life = fcntl(life, F_DUPFD, 4);
    dup2(nothing, 0);
    dup2(output, 1);
    dup2(output, 2);
    dup2(life, 3);
    // The engine must not inherit the host's sound devices and files.
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
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    const int output = open((path + ".log").c_str(), flags, 0600);
    if (output < 0)
        return -1;
    // The engine is not a child of this process, but the kernel closes its end of a pipe when it exits.
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

}  // namespace ddspfx::platform
