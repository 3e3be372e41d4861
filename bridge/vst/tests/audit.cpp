// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the allocations, deallocations, locks and prints of a thread that has asked for it.
#include "audit.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <dlfcn.h>
#include <pthread.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace audit {

thread_local bool watching = false;
std::atomic<unsigned> allocations{0}, locks{0}, prints{0};

}  // namespace audit

namespace {

void count(std::atomic<unsigned>& what) {
    if (audit::watching)
        ++what;
}

template <typename Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

using MutexCall = int (*)(pthread_mutex_t*);
using LockCall = int (*)(pthread_rwlock_t*);

}  // namespace

// A plugin that is loaded later must find these functions before the C library's.
#pragma GCC visibility push(default)
extern "C" {

void* malloc(std::size_t size) {
    count(audit::allocations);
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
    count(audit::allocations);
    return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) {
    count(audit::allocations);
    return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    count(audit::allocations);
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void* old) {
    if (old)
        count(audit::allocations);
    __libc_free(old);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    static const auto real = next<MutexCall>("pthread_mutex_lock");
    count(audit::locks);
    return real(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
    static const auto real = next<LockCall>("pthread_rwlock_rdlock");
    count(audit::locks);
    return real(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
    static const auto real = next<LockCall>("pthread_rwlock_wrlock");
    count(audit::locks);
    return real(lock);
}

// Streams have their own locks. DPF prints with these three functions.
int vfprintf(std::FILE* stream, const char* format, va_list words) {
    static const auto real = next<int (*)(std::FILE*, const char*, va_list)>("vfprintf");
    count(audit::prints);
    return real(stream, format, words);
}

int fprintf(std::FILE* stream, const char* format, ...) {
    va_list words;
    va_start(words, format);
    const int written = vfprintf(stream, format, words);
    va_end(words);
    return written;
}

std::size_t fwrite(const void* bytes, std::size_t size, std::size_t number, std::FILE* stream) {
    static const auto real = next<std::size_t (*)(const void*, std::size_t, std::size_t, std::FILE*)>("fwrite");
    count(audit::prints);
    return real(bytes, size, number, stream);
}
}
#pragma GCC visibility pop
