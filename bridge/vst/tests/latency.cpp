// SPDX-License-Identifier: GPL-3.0-or-later
// The latency of the link: latency BOARD BLOCK COUNT. Each block is written, the engine woken, and its answer awaited,
// at the pace of a sound card. In turn with it, as many bytes go over a Unix socket to a thread and back, so that both
// include the machine's noise. Prints one line of JSON with the times in microseconds.
#include "platform.hpp"
#include "session.hpp"
#include "stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>

using namespace ddspfx;
using Clock = std::chrono::steady_clock;

namespace {

constexpr double kRate = 48000.0;

double us(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

void print(const char* name, std::vector<double>& times, const char* end) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) { return times[static_cast<std::size_t>(share * (times.size() - 1))]; };
    std::printf("\"%s\": {\"median\": %.1f, \"p95\": %.1f, \"p99\": %.1f, \"most\": %.1f}%s", name, at(0.5), at(0.95),
                at(0.99), times.back(), end);
}

// A peer that sends back what it receives.
void echo(int socket, std::size_t bytes) {
    std::vector<char> buffer(bytes);
    while (true) {
        for (std::size_t got = 0; got < bytes;) {
            const ssize_t n = ::recv(socket, buffer.data() + got, bytes - got, 0);
            if (n <= 0)
                return;
            got += static_cast<std::size_t>(n);
        }
        if (::send(socket, buffer.data(), bytes, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes))
            return;
    }
}

double overSocket(int socket, std::vector<char>& bytes) {
    const auto began = Clock::now();
    if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
        return 0.0;
    for (std::size_t got = 0; got < bytes.size();) {
        const ssize_t n = ::recv(socket, bytes.data() + got, bytes.size() - got, 0);
        if (n <= 0)
            return 0.0;
        got += static_cast<std::size_t>(n);
    }
    return us(Clock::now() - began);
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fprintf(stderr, "latency BOARD BLOCK COUNT\n");
        return 2;
    }
    const auto block = static_cast<std::uint32_t>(std::atoi(words[2]));
    const int blocks = std::atoi(words[3]);
    Status status;
    Stream stream(status);
    Session session(status);
    session.allowStart();
    session.load(words[1]);
    const Layout layout{kRate, block, 2, session.linkLatency().ms};
    if (stream.prepare(layout))
        session.attach(platform::duplicate(stream.segment().handle()));
    stream.activate();
    session.awaitReady(std::chrono::seconds(60));
    if (!status.isReady()) {
        std::fprintf(stderr, "no engine\n");
        return 1;
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    std::vector<char> bytes(std::size_t(block) * 2 * sizeof(float));
    std::thread peer(echo, pair[1], bytes.size());
    std::vector<float> left(block, 0.1F), right(block, 0.1F);
    const float* in[] = {left.data(), right.data()};
    std::vector<float> outLeft(block), outRight(block);
    float* out[] = {outLeft.data(), outRight.data()};
    std::vector<double> shared, sockets, lateness;
    std::uint64_t position = 0;
    const auto step = std::chrono::duration<double>(block / kRate);
    const auto start = Clock::now();
    for (int n = 0; n < blocks; ++n) {
        const auto due = start + std::chrono::duration_cast<Clock::duration>(n * step);
        std::this_thread::sleep_until(due);
        const auto began = Clock::now();
        lateness.push_back(us(began - due));
        stream.process(in, out, block, Render::live);
        position += block;
        while (Tagged(stream.segment().outputEnd().load(std::memory_order_acquire)).position() <
                   static_cast<std::int64_t>(position) &&
               Clock::now() - began < std::chrono::milliseconds(500)) {
            const std::uint32_t seen = stream.segment().outputSignal().load(std::memory_order_acquire);
            if (Tagged(stream.segment().outputEnd().load(std::memory_order_acquire)).position() >=
                static_cast<std::int64_t>(position))
                break;
            platform::wait(stream.segment().outputSignal(), seen, std::chrono::milliseconds(5));
        }
        shared.push_back(us(Clock::now() - began));
        sockets.push_back(overSocket(pair[0], bytes));
    }
    ::shutdown(pair[0], SHUT_RDWR);
    peer.join();
    std::printf("{\"block\": %u, \"blocks\": %d, \"late\": %u, \"deadline_us\": %.0f, ", block, blocks,
                status.lateBlocks.load(), 1e6 * stream.segment().isOpen() * layout.linkLatency() / kRate);
    print("engine", shared, ", ");
    print("socket", sockets, ", ");
    print("wake_up", lateness, "}\n");
    return 0;
}
