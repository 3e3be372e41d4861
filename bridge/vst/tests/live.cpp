// SPDX-License-Identifier: GPL-3.0-or-later
// Plugins as tracks of one host, for benchmarks/live.py: live BOARD INSTANCES BLOCK SECONDS play|knobs|bounce. One
// audio thread calls them in turn at the pace of a sound card; `knobs` moves a room's controls with every block;
// `bounce` renders instead, as fast as the engine can. Prints "ready", "started" after the first second, and a line of
// JSON; then keeps its tracks until its input ends.
#include "platform.hpp"
#include "session.hpp"
#include "stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <pthread.h>

using namespace ddspfx;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kRate = 48000.0, kStartS = 1.0, kTurn = 6.283185307179586;
constexpr std::size_t kLoop = 48000;

// A second of a bowed string's harmonics on 330 Hz, which repeats without a seam and asks for every part of a violin.
std::vector<float> tone(std::uint32_t block) {
    std::vector<float> loop(kLoop + block);
    for (std::size_t i = 0; i < loop.size(); ++i)
        for (int k = 1; k <= 10; ++k)
            loop[i] += static_cast<float>(0.15 / k * std::sin(kTurn * 330.0 * k * static_cast<double>(i) / kRate));
    return loop;
}

struct Counts {
    unsigned long blocks = 0, late = 0;
    // How much had not come back of what a block had to play, in samples.
    std::int64_t worst = 0;
};

class Track {
public:
    Track(const std::string& board, std::uint32_t block)
        : stream_(status_),
          session_(status_),
          layout_{kRate, block, 2, session_.linkLatency().ms},
          left_(block),
          right_(block) {
        session_.allowStart();
        session_.load(board);
        if (stream_.prepare(layout_))
            session_.attach(platform::duplicate(stream_.segment().handle()));
        stream_.activate();
    }

    bool awaitReady() {
        session_.awaitReady(std::chrono::seconds(120));
        return status_.isReady();
    }

    // False if the board has no room.
    bool findKnobs() {
        for (unsigned i = 0; i < kSlots; ++i) {
            const std::string target = session_.slot(i).target;
            for (const char* const knob : {".decay", ".tone", ".pre_delay"})
                if (target.size() > std::strlen(knob) && target.find(knob) == target.size() - std::strlen(knob))
                    knobs_.push_back(i);
        }
        return knobs_.size() == 3;
    }

    void turnKnobs(unsigned long n) {
        for (std::size_t k = 0; k < knobs_.size(); ++k)
            stream_.event(0, knobs_[k], 0.5 + 0.4 * std::sin(0.05 * static_cast<double>(n * (k + 1))));
    }

    void play(const float* input, Render render, Counts& counts) {
        const float* const in[] = {input, input};
        float* const out[] = {left_.data(), right_.data()};
        const std::uint32_t before = status_.lateBlocks.load();
        stream_.process(in, out, layout_.maxBlock, render);
        position_ += layout_.maxBlock;
        ++counts.blocks;
        if (status_.lateBlocks.load() == before && status_.isReady())
            return;
        ++counts.late;
        const std::int64_t came = Tagged(stream_.segment().outputEnd().load(std::memory_order_acquire)).position();
        counts.worst = std::max(counts.worst, position_ - layout_.linkLatency() - came);
    }

private:
    Status status_;
    Stream stream_;
    Session session_;
    Layout layout_;
    std::vector<float> left_, right_;
    std::vector<unsigned> knobs_;
    std::int64_t position_ = 0;
};

struct Report {
    Counts start, steady;
    double seconds = 0.0, wakeUpMs = 0.0;
    bool isRealtime = false;
};

// A host's audio thread has this priority, and is above the engine's.
bool preferThisThread() {
    sched_param level{};
    level.sched_priority = 10;
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &level) == 0;
}

void run(std::vector<std::unique_ptr<Track>>& tracks, std::uint32_t block, double seconds, const std::string& plan,
         Report& report) {
    const bool bounces = plan == "bounce", hasKnobs = plan == "knobs";
    report.isRealtime = !bounces && preferThisThread();
    const std::vector<float> input = tone(block);
    const auto began = Clock::now();
    const std::chrono::duration<double> step(block / kRate);
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
    // A bounce takes as long as the others play, so its length is not known before.
    for (unsigned long n = 0; bounces ? elapsed() < seconds : static_cast<double>(n) * step.count() < seconds; ++n) {
        if (!bounces) {
            const auto due = began + std::chrono::duration_cast<Clock::duration>(n * step);
            std::this_thread::sleep_until(due);
            const std::chrono::duration<double, std::milli> over = Clock::now() - due;
            report.wakeUpMs = std::max(report.wakeUpMs, over.count());
        }
        Counts& counts = static_cast<double>(n) * step.count() < kStartS ? report.start : report.steady;
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            if (hasKnobs)
                tracks[i]->turnKnobs(n + 31 * i);
            tracks[i]->play(input.data() + (n * block + 1009 * i) % kLoop, bounces ? Render::wait : Render::live,
                            counts);
        }
    }
    report.seconds = elapsed();
}

void say(const char* line) {
    std::puts(line);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
    const std::string plan = count == 6 ? words[5] : "";
    if (plan != "play" && plan != "knobs" && plan != "bounce") {
        std::fprintf(stderr, "live BOARD INSTANCES BLOCK SECONDS play|knobs|bounce\n");
        return 2;
    }
    const auto block = static_cast<std::uint32_t>(std::atoi(words[3]));
    std::vector<std::unique_ptr<Track>> tracks;
    for (int i = 0; i < std::atoi(words[2]); ++i)
        tracks.push_back(std::make_unique<Track>(words[1], block));
    for (auto& track : tracks) {
        if (!track->awaitReady() || (plan == "knobs" && !track->findKnobs())) {
            std::fprintf(stderr, "no engine plays %s, or it has no room to turn\n", words[1]);
            return 1;
        }
    }
    say("ready");
    Report report;
    std::thread audio([&] { run(tracks, block, std::atof(words[4]), plan, report); });
    std::this_thread::sleep_for(std::chrono::duration<double>(kStartS));
    say("started");
    audio.join();
    const auto ms = [](std::int64_t samples) { return 1e3 * static_cast<double>(samples) / kRate; };
    std::printf(
        "{\"blocks\": %lu, \"late\": %lu, \"worst_ms\": %.2f, \"start_blocks\": %lu, \"start_late\": %lu, "
        "\"start_worst_ms\": %.2f, \"seconds\": %.3f, \"wake_up_ms\": %.2f, \"realtime\": %s}\n",
        report.steady.blocks, report.steady.late, ms(report.steady.worst), report.start.blocks, report.start.late,
        ms(report.start.worst), report.seconds, report.wakeUpMs, report.isRealtime ? "true" : "false");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}
