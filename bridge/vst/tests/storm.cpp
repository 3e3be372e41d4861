// SPDX-License-Identifier: GPL-3.0-or-later
// A host that sends anything at any time: storm vst3|clap|lv2 LIBRARY BLOCKS. Every block has changes of known and
// unknown parameters to wild values, and now and then another Effect. Prints one line of JSON: what the audio thread
// allocated and locked, how many samples were not finite, and how many blocks were the input as it is.
#include "storm.hpp"

#include "audit.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

namespace {

using namespace storm;

const double kWild[] = {std::nan(""), HUGE_VAL, -HUGE_VAL, -1.0, 0.0, 0.5, 1.0, 2.0, 7.0, 1e9, 1e300, -1e300, 5e-324};

std::unique_ptr<Host> open(const char* format, const char* path) {
    return !std::strcmp(format, "vst3")   ? openVst3(path)
           : !std::strcmp(format, "clap") ? openClap(path)
           : !std::strcmp(format, "lv2")  ? openLv2(path)
                                          : nullptr;
}

// An audit that counts nothing would pass everything.
bool isAuditing() {
    audit::watching = true;
    void* volatile memory = std::malloc(1);
    std::free(memory);
    static std::mutex mutex;
    mutex.lock();
    mutex.unlock();
    audit::watching = false;
    return audit::allocations.exchange(0) == 2 && audit::locks.exchange(0) == 1;
}

struct Heard {
    unsigned broken = 0, dry = 0;
};

Heard run(Host& host, long blocks) {
    static float in[2][kBlock], out[2][kBlock];
    const float* const from[] = {in[0], in[1]};
    float* const to[] = {out[0], out[1]};
    Heard heard;
    unsigned random = 1;
    for (long n = 0; n < blocks; ++n) {
        Change changes[kChanges];
        for (Change& change : changes) {
            random = random * 1664525U + 1013904223U;
            const unsigned kind = random >> 24;
            // The first ids are those of Effect and Bounce in one format or another.
            change.id = kind % 4 == 0 ? kind / 4 % 12 : (random >> 8) % kMostIds;
            change.offset = kind % 8 == 1 ? ~0U : (random >> 12) % kBlock;
            change.value = kWild[(random >> 16) % (sizeof kWild / sizeof *kWild)];
        }
        for (unsigned i = 0; i < kBlock; ++i)
            in[0][i] = in[1][i] = 0.5F * std::sin(0.05F * static_cast<float>(i + n * kBlock % 120000));
        audit::watching = true;
        host.process(from, to, changes);
        audit::watching = false;
        for (const float sample : out[0])
            heard.broken += !std::isfinite(sample);
        heard.dry += !std::memcmp(in, out, sizeof in);
        if (n % 16 == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return heard;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fprintf(stderr, "storm vst3|clap|lv2 LIBRARY BLOCKS\n");
        return 2;
    }
    if (!isAuditing()) {
        std::fprintf(stderr, "the audit does not see an allocation and a lock\n");
        return 1;
    }
    const auto host = open(words[1], words[2]);
    if (!host) {
        std::fprintf(stderr, "%s: cannot be opened as %s\n", words[2], words[1]);
        return 1;
    }
    const Heard heard = run(*host, std::atol(words[3]));
    std::printf("{\"broken\": %u, \"dry\": %u, \"allocations\": %u, \"locks\": %u}\n", heard.broken, heard.dry, audit::allocations.load(),
                audit::locks.load());
    return 0;
}
