// SPDX-License-Identifier: GPL-3.0-or-later
// A host that sends anything at any time: storm vst3|clap|lv2 LIBRARY BLOCKS [PAUSE_MS]. Every block changes known and
// unknown parameters to wild values, and now and then the Effect. One in three also breaks the format's rules: it is
// longer than announced or empty, has other channels than declared, or the host refuses the plugin's values. Prints one
// line of JSON: what the audio thread allocated, locked and printed; how many samples were not finite, were not
// written, or were written out of bounds; and how many blocks within the rules were the unchanged input.
#include "storm.hpp"

#include "audit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace storm;

const double kWild[] = {std::nan(""), HUGE_VAL, -HUGE_VAL, -1.0, 0.0, 0.5, 1.0, 2.0, 7.0, 1e9, 1e300, -1e300, 5e-324};
// A value that no plugin outputs.
constexpr float kUnwritten = 1234.5F;

std::unique_ptr<Host> open(const char* format, const char* path) {
    return !std::strcmp(format, "vst3")   ? openVst3(path)
           : !std::strcmp(format, "clap") ? openClap(path)
           : !std::strcmp(format, "lv2")  ? openLv2(path)
                                          : nullptr;
}

#ifdef DDSP_FX_AUDIT
// An audit that counts nothing would pass everything.
bool isAuditing() {
    audit::watching = true;
    void* volatile memory = std::malloc(1);
    std::free(memory);
    static std::mutex mutex;
    mutex.lock();
    mutex.unlock();
    std::fprintf(stderr, "%.*s", 0, "");
    audit::watching = false;
    return audit::allocations.exchange(0) == 2 && audit::locks.exchange(0) == 1 && audit::prints.exchange(0) > 0;
}
#else
bool isAuditing() { return true; }
#endif

class Storm {
public:
    explicit Storm(Host& host) : host_(host) {
        for (std::uint32_t c = 0; c < kMostChannels; ++c) {
            in_[c].resize(kLongest);
            out_[c].resize(kLongest + 1);
        }
    }

    void run(long blocks, std::chrono::milliseconds pause) {
        if (host_.refusesBeforeActivation())
            refused();
        host_.activate();
        for (long n = 0; n < blocks; ++n) {
            one(n);
            if (n % 16 == 0)
                std::this_thread::sleep_for(pause);
        }
    }

    void print() const {
        std::printf(
            "{\"broken\": %u, \"unwritten\": %u, \"overrun\": %u, \"plain\": %u, \"dry\": %u, \"allocations\": %u, "
            "\"locks\": %u, \"prints\": %u}\n",
            broken_, unwritten_, overrun_, plain_, dry_, audit::allocations.load(), audit::locks.load(),
            audit::prints.load());
    }

private:
    std::uint32_t random(std::uint32_t count) {
        state_ = state_ * 1664525U + 1013904223U;
        return (state_ >> 8) % count;
    }

    Change change() {
        const std::uint32_t kind = random(8);
        // The first ids are those of Effect and Bounce, in one format or another.
        const std::uint32_t id = kind < 2 ? random(64) % 12 : kind == 2 ? ~random(1000) : random(256);
        return {id, random(8) ? random(kBlock) : ~random(1000), kWild[random(sizeof kWild / sizeof *kWild)]};
    }

    // Block number `n`, within the format's rules or not.
    Block block(long n, const Change* changes) {
        Block block{from_, to_, 2, kBlock, changes, true, 0};
        const std::uint32_t lengths[] = {0, 1, 97, 257, kLongest}, channels[] = {0, 1, 2, kMostChannels};
        if (n % 3 == 2) {
            block.frames = lengths[random(5)];
            block.channels = channels[random(4)];
            block.isHeard = random(2);
            block.whim = random(16);
        }
        for (std::uint32_t c = 0; c < kMostChannels; ++c) {
            for (std::uint32_t i = 0; i < block.frames; ++i)
                in_[c][i] = 0.5F * std::sin(0.05F * static_cast<float>((i + n * kBlock) % 120000));
            std::fill(out_[c].begin(), out_[c].end(), kUnwritten);
            const bool isMissing = block.whim == 1 && c == 1;
            from_[c] = isMissing ? nullptr : in_[c].data();
            to_[c] = isMissing ? nullptr : out_[c].data();
        }
        return block;
    }

    void one(long n) {
        const Change changes[kChanges] = {change(), change(), change(), change()};
        const Block now = block(n, changes);
        audit::watching = true;
        host_.process(now);
        audit::watching = false;
        look(now, n % 3 != 2);
    }

    void look(const Block& block, bool isPlain) {
        for (std::uint32_t c = 0; c < kMostChannels; ++c) {
            const std::uint32_t frames = to_[c] && c < block.channels ? block.frames : 0;
            for (std::uint32_t i = 0; i < frames; ++i) {
                broken_ += !std::isfinite(out_[c][i]);
                unwritten_ += out_[c][i] == kUnwritten;
            }
            for (std::uint32_t i = frames; i <= kLongest; ++i)
                overrun_ += out_[c][i] != kUnwritten;
        }
        plain_ += isPlain;
        dry_ += isPlain && !std::memcmp(from_[0], to_[0], sizeof(float) * kBlock);
    }

    // Silence, and no set-up in the audio thread.
    void refused() {
        const Change changes[kChanges] = {change(), change(), change(), change()};
        const Block now = block(0, changes);
        audit::watching = true;
        host_.process(now);
        audit::watching = false;
        for (std::uint32_t i = 0; i < kBlock; ++i)
            broken_ += out_[0][i] != 0.0F || out_[1][i] != 0.0F;
    }

    Host& host_;
    std::vector<float> in_[kMostChannels], out_[kMostChannels];
    const float* from_[kMostChannels] = {};
    float* to_[kMostChannels] = {};
    std::uint32_t state_ = 1;
    unsigned broken_ = 0, unwritten_ = 0, overrun_ = 0, plain_ = 0, dry_ = 0;
};

}  // namespace

double** storm::Wide::of(const Block& block) {
    for (std::uint32_t c = 0; c < kMostChannels; ++c) {
        channels_[c] = block.out[c] ? samples_[c] : nullptr;
        std::fill(samples_[c], samples_[c] + kLongest, static_cast<double>(kUnwritten));
    }
    return channels_;
}

void storm::Wide::put(const Block& block) const {
    for (std::uint32_t c = 0; c < block.channels; ++c)
        if (block.out[c])
            std::transform(samples_[c], samples_[c] + block.frames, block.out[c],
                           [](double sample) { return static_cast<float>(sample); });
}

int main(int count, char** words) {
    if (count < 4) {
        std::fprintf(stderr, "storm vst3|clap|lv2 LIBRARY BLOCKS [PAUSE_MS]\n");
        return 2;
    }
    if (!isAuditing()) {
        std::fprintf(stderr, "the audit does not see an allocation, a lock and a print\n");
        return 1;
    }
    const auto host = open(words[1], words[2]);
    if (!host) {
        std::fprintf(stderr, "%s: cannot be opened as %s\n", words[2], words[1]);
        return 1;
    }
    Storm storm(*host);
    storm.run(std::atol(words[3]), std::chrono::milliseconds(count > 4 ? std::atoi(words[4]) : 5));
    storm.print();
    return 0;
}
