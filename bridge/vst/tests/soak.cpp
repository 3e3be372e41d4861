// SPDX-License-Identifier: GPL-3.0-or-later
// Plugins without a host: soak BOARD INSTANCES BLOCK SECONDS live|wait|automatic [free]. Each instance has an audio
// thread that calls at the pace of a sound card, or as fast as it can. Prints one line of JSON.
#include "audit.hpp"
#include "platform.hpp"
#include "session.hpp"
#include "stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

using namespace ddspfx;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kRate = 48000.0;

struct Totals {
    std::atomic<unsigned long> blocks{0}, late{0}, wet{0}, steps{0}, broken{0};
    std::atomic<long> longestUs{0};
};

// One plugin, used as by DPF's hosts.
class Instance {
public:
    Instance(const std::string& board, std::uint32_t block) : stream_(status_), session_(status_), block_(block) {
        session_.allowStart();
        if (!board.empty())
            session_.load(board);
        if (stream_.prepare({kRate, block, 2, session_.linkLatency().ms}))
            session_.attach(platform::duplicate(stream_.segment().handle()));
        stream_.activate();
        for (auto& channel : in_)
            channel.resize(block);
        for (auto& channel : out_)
            channel.resize(block);
    }

    void awaitReady() { session_.awaitReady(std::chrono::seconds(60)); }

    void run(double seconds, Render render, bool paced, Totals& totals) {
        const auto began = Clock::now();
        const auto step = std::chrono::duration<double>(block_ / kRate);
        for (unsigned long n = 0; n * step.count() < seconds; ++n) {
            if (paced)
                std::this_thread::sleep_until(began + std::chrono::duration_cast<Clock::duration>(n * step));
            one(render, totals);
        }
        totals.late += status_.lateBlocks.load();
    }

private:
    void one(Render render, Totals& totals) {
        for (std::uint32_t i = 0; i < block_; ++i) {
            in_[0][i] = 0.5F * std::sin(0.0288F * static_cast<float>((phase_ + i) % 218166));
            in_[1][i] = in_[0][i];
        }
        phase_ += block_;
        const float* in[] = {in_[0].data(), in_[1].data()};
        float* out[] = {out_[0].data(), out_[1].data()};
        const auto before = Clock::now();
        audit::watching = true;
        if (phase_ % (16 * block_) == 0)
            stream_.event(block_ / 2, kMixSlot, (phase_ / block_) % 32 ? 1.0 : 0.9);
        stream_.process(in, out, block_, render);
        audit::watching = false;
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before).count();
        long longest = totals.longestUs.load();
        while (took > longest && !totals.longestUs.compare_exchange_weak(longest, took)) {
        }
        ++totals.blocks;
        totals.wet += status_.isReady();
        look(totals);
    }

    // The sine's own largest step is 0.0144. Dry, wet and the transitions between them must not add a click.
    void look(Totals& totals) {
        for (std::uint32_t i = 0; i < block_; ++i) {
            const float sample = out_[0][i];
            totals.broken += !std::isfinite(sample);
            totals.steps += std::abs(sample - last_) > 0.1F;
            last_ = sample;
        }
    }

    Status status_;
    Stream stream_;
    Session session_;
    std::uint32_t block_;
    std::vector<float> in_[2], out_[2];
    unsigned long phase_ = 0;
    float last_ = 0.0F;
};

Render renderOf(const char* word) {
    return !std::strcmp(word, "wait") ? Render::wait : !std::strcmp(word, "live") ? Render::live : Render::automatic;
}

}  // namespace

int main(int count, char** words) {
    if (count < 6) {
        std::fprintf(stderr, "soak BOARD INSTANCES BLOCK SECONDS live|wait|automatic [free]\n");
        return 2;
    }
    const auto block = static_cast<std::uint32_t>(std::atoi(words[3]));
    const double seconds = std::atof(words[4]);
    const bool paced = count < 7;
    std::vector<std::unique_ptr<Instance>> instances;
    for (int i = 0; i < std::atoi(words[2]); ++i)
        instances.push_back(std::make_unique<Instance>(words[1], block));
    for (auto& instance : instances)
        instance->awaitReady();
    Totals totals;
    const auto began = Clock::now();
    std::vector<std::thread> threads;
    for (auto& instance : instances)
        threads.emplace_back([&] { instance->run(seconds, renderOf(words[5]), paced, totals); });
    for (auto& thread : threads)
        thread.join();
    const double took = std::chrono::duration<double>(Clock::now() - began).count();
    std::printf(
        "{\"blocks\": %lu, \"ready\": %lu, \"late\": %lu, \"clicks\": %lu, \"broken\": %lu, \"longest_us\": %ld, "
        "\"allocations\": %u, \"locks\": %u, \"seconds\": %.3f}\n",
        totals.blocks.load(), totals.wet.load(), totals.late.load(), totals.steps.load(), totals.broken.load(),
        totals.longestUs.load(), audit::allocations.load(), audit::locks.load(), took);
    return 0;
}
