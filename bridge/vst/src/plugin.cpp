// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.hpp"

#include "platform.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>

START_NAMESPACE_DISTRHO

namespace {

constexpr uint32_t kMostEffects = 127;
// No DAW minds that long at loading; a board that takes longer is told when it is there.
constexpr auto kPrepared = std::chrono::milliseconds(3000);
enum Bounce : uint32_t { kAutomatic, kLive, kWait };
const char* const kRenderNames[] = {"automatic", "live", "wait for the engine"};
const char* const kState = "session";

thread_local DdspFx* newest = nullptr;

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
    // Scripts read names at once, and know no later.
    session_->allowStart();
    prepare();
    session_->awaitReady(std::chrono::milliseconds(static_cast<long>(1000.0 * limit)));
    setLatency(stream_.latency());
}

DdspFx* DdspFx::lastCreated() { return newest; }

// Parameters.

void DdspFx::initParameter(uint32_t index, Parameter& parameter) {
    parameter.ranges = ParameterRanges(0.0F, 0.0F, 1.0F);
    if (index == kEffect) {
        parameter.name = "Effect";
        parameter.symbol = "effect";
        // Ardour shows only what can be automated.
        parameter.hints = kParameterIsAutomatable | kParameterIsInteger;
        parameter.ranges = ParameterRanges(0.0F, 0.0F, static_cast<float>(kMostEffects));
    } else if (index == kRender) {
        parameter.name = "Bounce";
        parameter.symbol = "bounce";
        parameter.hints = kParameterIsAutomatable | kParameterIsInteger;
        parameter.ranges = ParameterRanges(0.0F, 0.0F, 2.0F);
        parameter.enumValues.count = 3;
        parameter.enumValues.restrictedMode = true;
        parameter.enumValues.values = new ParameterEnumerationValue[3];
        for (uint32_t i = 0; i < 3; ++i) {
            parameter.enumValues.values[i].value = static_cast<float>(i);
            parameter.enumValues.values[i].label = kRenderNames[i];
        }
    } else if (index == kEngine || index == kLate) {
        parameter.name = index == kEngine ? "Engine" : "Late blocks";
        parameter.symbol = index == kEngine ? "engine" : "late_blocks";
        parameter.hints = kParameterIsOutput | kParameterIsInteger;
        // Steps on, so that a host asks again for names, text and latency, in its own thread.
        parameter.ranges = ParameterRanges(0.0F, 0.0F, 1000000.0F);
    } else {
        const unsigned slot = index - kFirstSlot;
        const ddspfx::Board start;
        parameter.name = slot < start.slots.size() ? String(start.slots[slot].name.c_str())
                                                   : String("Slot ") + String(slot + 1);
        parameter.symbol = slot < start.slots.size() ? String(start.slots[slot].target.c_str())
                                                     : String("slot_") + String(slot + 1);
        parameter.hints = kParameterIsAutomatable | (slot == ddspfx::kBypassSlot ? kParameterIsBoolean : 0);
        parameter.designation = slot == ddspfx::kBypassSlot ? kParameterDesignationBypass : kParameterDesignationNull;
        parameter.ranges.def = slot < start.slots.size() ? static_cast<float>(start.slots[slot].fallback) : 0.0F;
    }
}

float DdspFx::getParameterValue(uint32_t index) const {
    switch (index) {
    case kEffect: return static_cast<float>(effect_.load(std::memory_order_relaxed));
    case kRender: return static_cast<float>(render_.load(std::memory_order_relaxed));
    case kEngine: return static_cast<float>(generation() % 1000000U);
    case kLate: return static_cast<float>(status_.lateBlocks.load(std::memory_order_relaxed) % 1000000U);
    default: return static_cast<float>(status_.values[index - kFirstSlot].load(std::memory_order_relaxed));
    }
}

void DdspFx::setParameterValue(uint32_t index, float value) {
    if (index == kEffect) {
        pick(static_cast<uint32_t>(std::lround(value)));
    } else if (index == kRender) {
        render_.store(static_cast<uint32_t>(std::lround(value)), std::memory_order_relaxed);
    } else if (index >= kFirstSlot && index < kEngine && !eventsTaken_) {
        auto& now = status_.values[index - kFirstSlot];
        // A host's text of a number has six places; what is as near is what it was.
        if (std::abs(now.load(std::memory_order_relaxed) - static_cast<double>(value)) < 1e-6)
            return;
        now.store(value, std::memory_order_relaxed);
        status_.toEngine[index - kFirstSlot].store(true, std::memory_order_relaxed);
    }
}

// A host that restores a session sets this again after the state: only another value is a choice.
void DdspFx::pick(uint32_t effect) {
    if (effect_.exchange(effect, std::memory_order_relaxed) != effect && effect > 0 && session_)
        session_->pick(effect - 1);
}

void DdspFx::event(uint32_t offset, uint32_t index, double normalised) {
    if (index >= kFirstSlot && index < kEngine)
        stream_.event(offset, index - kFirstSlot, normalised);
}

double DdspFx::normalised(uint32_t index) const {
    switch (index) {
    case kEffect: return static_cast<double>(effect_.load(std::memory_order_relaxed)) / kMostEffects;
    case kRender: return static_cast<double>(render_.load(std::memory_order_relaxed)) / kWait;
    case kEngine:
    case kLate: return static_cast<double>(getParameterValue(index)) / 1e6;
    default: return status_.values[index - kFirstSlot].load(std::memory_order_relaxed);
    }
}

std::string DdspFx::text(uint32_t index, double normalised) const {
    if (index == kEngine)
        return session_ ? session_->text() : std::string();
    if (index == kLate)
        return std::to_string(std::lround(normalised * 1e6));
    if (index == kRender)
        return kRenderNames[std::lround(normalised * kWait)];
    if (index != kEffect)
        return slot(index).text(normalised);
    const auto effect = static_cast<std::size_t>(std::lround(normalised * kMostEffects));
    const auto menu = session_->menu();
    return effect == 0 ? "-" : effect <= menu.size() ? menu[effect - 1] : "- " + std::to_string(effect);
}

bool DdspFx::parse(uint32_t index, const std::string& text, double& normalised) const {
    if (index >= kFirstSlot && index < kEngine)
        return slot(index).parse(text, normalised);
    const uint32_t most = index == kEffect ? kMostEffects : kWait;
    for (uint32_t i = 0; index < kFirstSlot && i <= most; ++i) {
        normalised = static_cast<double>(i) / most;
        if (this->text(index, normalised) == text)
            return true;
    }
    return false;
}

// State.

void DdspFx::initState(uint32_t, State& state) {
    state.key = kState;
    state.label = "Board";
    state.hints = kStateIsOnlyForDSP;
}

String DdspFx::getState(const char*) const {
    if (!session_)
        return String();
    const std::string effect = std::to_string(effect_.load(std::memory_order_relaxed));
    return String((session_->board().save() + ddspfx::encode({"effect", effect})).c_str());
}

void DdspFx::setState(const char*, const char* value) {
    ddspfx::Board board;
    if (!session_ || !board.restore(value))
        return;
    ddspfx::LineReader lines;
    lines.feed(value, std::strlen(value));
    for (ddspfx::Fields fields; lines.next(fields);)
        if (fields[0] == "effect" && fields.size() > 1)
            effect_.store(static_cast<uint32_t>(std::atoi(fields[1].c_str())), std::memory_order_relaxed);
    session_->allowStart();
    session_->setBoard(std::move(board));
    setLatency(stream_.latency());
}

// Audio.

bool DdspFx::prepare() {
    const ddspfx::Layout layout{getSampleRate(), getBufferSize(), channels_};
    const bool isNew = stream_.prepare(layout);
    if (isNew)
        session_->attach(ddspfx::platform::duplicate(stream_.segment().handle()));
    return isNew;
}

void DdspFx::activate() {
    if (!session_)
        return;
    session_->allowStart();
    // A host asks for the latency next, and at another rate it is another: an engine that is there knows it soon.
    if (prepare())
        session_->awaitPrepared(kPrepared);
    stream_.activate();
    setLatency(stream_.latency());
}

void DdspFx::run(const float** inputs, float** outputs, uint32_t frames) {
    const uint32_t render = render_.load(std::memory_order_relaxed);
    const bool offline = render == kWait || (render == kAutomatic && hostOffline_.load(std::memory_order_relaxed));
    const auto how = offline ? ddspfx::Render::wait : render == kLive ? ddspfx::Render::live : ddspfx::Render::automatic;
    stream_.process(inputs, outputs, frames, how);
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
