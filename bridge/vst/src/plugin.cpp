// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.hpp"

#include "buffers.hpp"
#include "platform.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

START_NAMESPACE_DISTRHO

namespace {

// No DAW minds a wait this long at loading. If a board takes longer, the host is notified when it is ready.
constexpr auto kPrepared = std::chrono::milliseconds(3000);
const char* const kState = "session";

thread_local DdspFx* newest = nullptr;

// Three digits, whatever LC_NUMERIC a host has set.
std::string shortText(double number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 3);
    return {digits, end.ptr};
}

std::string described(const ddspfx::Layout& layout, const ddspfx::LinkLatency& link) {
    const std::string parts = std::to_string(layout.maxBlock) + " samples and " + shortText(link.ms) + " ms";
    return "link latency " + shortText(1e3 * layout.linkLatency() / layout.sampleRate) + " ms (" +
           (link.problem.empty() ? parts : "default: " + link.problem) + ")";
}

}  // namespace

DdspFx::DdspFx() : Plugin(kParameters, 0, 1), stream_(status_) {
    newest = this;
    const ddspfx::Board start;
    for (unsigned i = 0; i < start.values.size(); ++i)
        status_.values[i].store(start.values[i]);
    if (isDummyInstance())
        return;
    session_ = std::make_unique<ddspfx::Session>(status_);
    const char* const board = std::getenv("DDSP_FX_BOARD");
    const char* const seconds = std::getenv("DDSP_FX_CONNECT_S");
    if (board && *board)
        session_->load(board);
    double limit = 0.0;
    if (!seconds || !ddspfx::parseNumber(seconds, limit))
        return;
    // Scripts read names at once, and do not read them again.
    session_->allowStart();
    prepare();
    if (stream_.isLinked())
        session_->awaitReady(std::chrono::milliseconds(static_cast<long>(1000.0 * limit)));
    setLatency(stream_.latency());
}

DdspFx* DdspFx::lastCreated() { return newest; }

void DdspFx::initState(uint32_t, State& state) {
    state.key = kState;
    state.label = "Board";
    state.hints = kStateIsOnlyForDSP;
}

String DdspFx::getState(const char*) const {
    if (!session_)
        return String();
    const std::string effect = std::to_string(effect_.load(std::memory_order_relaxed));
    return String(ddspfx::shelter(session_->board().save() + ddspfx::encode({"effect", effect})).c_str());
}

void DdspFx::setState(const char*, const char* value) {
    ddspfx::Board board;
    const std::string text = ddspfx::unshelter(value);
    if (!session_ || !board.restore(text))
        return;
    ddspfx::LineReader lines;
    lines.feed(text.data(), text.size());
    for (ddspfx::Fields fields; lines.next(fields);)
        if (double effect = 0.0; fields[0] == "effect" && fields.size() > 1 && ddspfx::parseNumber(fields[1], effect))
            effect_.store(static_cast<uint32_t>(std::clamp(effect, 0.0, double(kMostEffects))),
                          std::memory_order_relaxed);
    session_->allowStart();
    session_->setBoard(std::move(board));
    setLatency(stream_.latency());
}

bool DdspFx::prepare() {
    const ddspfx::LinkLatency link = session_->linkLatency();
    const ddspfx::Layout layout{getSampleRate(), std::clamp(getBufferSize(), 1U, kMostFrames), channels_, link.ms};
    const bool isNew = stream_.prepare(layout);
    const int handle = isNew ? ddspfx::platform::duplicate(stream_.segment().handle()) : -1;
    if (isNew && handle < 0)
        stream_.giveUp();
    if (isNew || !stream_.isLinked())
        session_->attach(handle, described(layout, link));
    return handle >= 0;
}

void DdspFx::activate() {
    if (!session_)
        return;
    session_->allowStart();
    // A host asks for the latency next, which may be different at another rate; a running engine knows it soon.
    if (prepare())
        session_->awaitPrepared(kPrepared);
    stream_.activate();
    setLatency(stream_.latency());
    isActivated_.store(true, std::memory_order_release);
}

void DdspFx::run(const float** inputs, float** outputs, uint32_t frames) {
    const uint32_t render = render_.load(std::memory_order_relaxed);
    const bool offline = render == kWait || (render == kAutomatic && hostOffline_.load(std::memory_order_relaxed));
    const auto how = offline           ? ddspfx::Render::wait
                     : render == kLive ? ddspfx::Render::live
                                       : ddspfx::Render::automatic;
    stream_.process(inputs, outputs, frames, how);
    ddspfx::silence(outputs, ddspfx::kChannels, frames, stream_.channels());
    setLatency(stream_.latency());
    tellHost();
}

void DdspFx::tellHost() {
    for (uint32_t slot = 0; slot < ddspfx::kSlots; ++slot)
        if (status_.toHost[slot].exchange(false, std::memory_order_relaxed))
            requestParameterValueChange(kFirstSlot + slot, getParameterValue(kFirstSlot + slot));
}

int DdspFx::tellNames() {
    const unsigned now = generation();
    if (now == told_ || !names_)
        return 0;
    told_ = now;
    return names_();
}

Plugin* createPlugin() { return new DdspFx(); }

END_NAMESPACE_DISTRHO
