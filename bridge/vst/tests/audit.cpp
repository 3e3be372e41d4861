// SPDX-License-Identifier: GPL-3.0-or-later
// Counts what a thread that has asked for it allocates, frees and locks.
#include "audit.hpp"

#include <dlfcn.h>
#include <pthread.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);
}

namespace audit {

thread_local bool watching = false;
std::atomic<unsigned> allocations{0}, locks{0};

}  // namespace audit

namespace {

void allocated() {
    if (audit::watching)
        ++audit::allocations;
}

}  // namespace

// A plugin that is loaded later must find these before the C library's.
#pragma GCC visibility push(default)
extern "C" {

void* malloc(std::size_t size) {
    allocated();
    return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    allocated();
    return __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
    allocated();
    return __libc_realloc(old, size);
}

void free(void* old) {
    if (old)
        allocated();
    __libc_free(old);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    static const auto real = reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    if (audit::watching)
        ++audit::locks;
    return real(mutex);
}
}
#pragma GCC visibility pop
