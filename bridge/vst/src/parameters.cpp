// SPDX-License-Identifier: GPL-3.0-or-later
// The parameters as hosts see them, and the values that hosts set.
#include "plugin.hpp"

#include <algorithm>
#include <cmath>

START_NAMESPACE_DISTRHO

namespace {

const char* const kRenderNames[] = {"automatic", "live", "wait for the engine"};
// The value of a control that nobody has moved: a number that no lane has by chance.
constexpr float kUntouched = 0.500125F;

// A host's number as an integer from 0 to `most`; it may be anything, even NaN.
uint32_t choiceOf(double value, uint32_t most) {
    return std::isnan(value) ? 0
                             : static_cast<uint32_t>(std::lround(std::clamp(value, 0.0, static_cast<double>(most))));
}

float firstOf(unsigned slot) {
    return slot == ddspfx::kMixSlot ? 1.0F : slot == ddspfx::kBypassSlot ? 0.0F : kUntouched;
}

void nameChoices(ParameterEnumerationValues& choices) {
    choices.count = 3;
    choices.restrictedMode = true;
    choices.values = new ParameterEnumerationValue[3];
    for (uint32_t i = 0; i < 3; ++i) {
        choices.values[i].value = static_cast<float>(i);
        choices.values[i].label = kRenderNames[i];
    }
}

void initSlot(unsigned slot, Parameter& parameter) {
    const ddspfx::Board start;
    const bool isOwn = slot < start.slots.size();
    parameter.name = isOwn ? String(start.slots[slot].name.c_str()) : String("Slot ") + String(slot + 1);
    parameter.symbol = isOwn ? String(start.slots[slot].target.c_str()) : String("slot_") + String(slot + 1);
    parameter.hints = kParameterIsAutomatable | (slot == ddspfx::kBypassSlot ? kParameterIsBoolean : 0);
    parameter.designation = slot == ddspfx::kBypassSlot ? kParameterDesignationBypass : kParameterDesignationNull;
    parameter.ranges.def = firstOf(slot);
}

}  // namespace

void DdspFx::initParameter(uint32_t index, Parameter& parameter) {
    parameter.ranges = ParameterRanges(0.0F, 0.0F, 1.0F);
    if (index == kEffect) {
        parameter.name = "Effect";
        parameter.symbol = "effect";
        // Ardour shows only parameters that can be automated.
        parameter.hints = kParameterIsAutomatable | kParameterIsInteger;
        parameter.ranges = ParameterRanges(0.0F, 0.0F, static_cast<float>(kMostEffects));
    } else if (index == kRender) {
        parameter.name = "Bounce";
        parameter.symbol = "bounce";
        parameter.hints = kParameterIsAutomatable | kParameterIsInteger;
        parameter.ranges = ParameterRanges(0.0F, 0.0F, 2.0F);
        nameChoices(parameter.enumValues);
    } else if (index == kEngine || index == kLate) {
        parameter.name = index == kEngine ? "Engine" : "Late blocks";
        parameter.symbol = index == kEngine ? "engine" : "late_blocks";
        parameter.hints = kParameterIsOutput | kParameterIsInteger;
        // Counts up, so that a host asks for names, text and latency again, in its own thread.
        parameter.ranges = ParameterRanges(0.0F, 0.0F, 1000000.0F);
    } else {
        initSlot(index - kFirstSlot, parameter);
    }
}

float DdspFx::getParameterValue(uint32_t index) const {
    switch (index) {
    case kEffect: return static_cast<float>(effect_.load(std::memory_order_relaxed));
    case kRender: return static_cast<float>(render_.load(std::memory_order_relaxed));
    case kEngine: return static_cast<float>(generation() % 1000000U);
    case kLate: return static_cast<float>(status_.lateBlocks.load(std::memory_order_relaxed) % 1000000U);
    default: return static_cast<float>(normalised(index));
    }
}

// In the range declared by DPF.
void DdspFx::setParameterValue(uint32_t index, float value) {
    set(index, index == kEffect ? value / kMostEffects : index == kRender ? value / kWait : value);
}

void DdspFx::set(uint32_t index, double normalised) {
    if (std::isnan(normalised))
        return;
    if (index == kEffect)
        return pick(choiceOf(normalised * kMostEffects, kMostEffects));
    if (index == kRender)
        return render_.store(choiceOf(normalised * kWait, kWait), std::memory_order_relaxed);
    const double value = std::clamp(normalised, 0.0, 1.0);
    if (!isSlot(index) || (kHostKeepsValues && isUntouched(index - kFirstSlot, static_cast<float>(value))))
        return;
    auto& now = status_.values[index - kFirstSlot];
    // A host's text of a number has six digits; a value this close is unchanged.
    if (std::abs(now.load(std::memory_order_relaxed) - value) < 1e-6)
        return;
    now.store(value, std::memory_order_relaxed);
    status_.toEngine[index - kFirstSlot].store(true, std::memory_order_relaxed);
}

// The initial position of a control says nothing about the board.
bool DdspFx::isUntouched(unsigned slot, float value) {
    touched_[slot] = touched_[slot] || std::abs(value - firstOf(slot)) > 1e-6F;
    return !touched_[slot];
}

// A host that restores a session sets this again after the state, so only another value is a choice.
void DdspFx::pick(uint32_t effect) {
    if (effect_.exchange(effect, std::memory_order_relaxed) != effect && effect > 0 && session_)
        session_->pick(effect - 1);
}

void DdspFx::event(uint32_t offset, uint32_t index, double normalised) {
    if (isSlot(index))
        stream_.event(offset, index - kFirstSlot, normalised);
    else
        set(index, normalised);
}

double DdspFx::normalised(uint32_t index) const {
    switch (index) {
    case kEffect: return static_cast<double>(effect_.load(std::memory_order_relaxed)) / kMostEffects;
    case kRender: return static_cast<double>(render_.load(std::memory_order_relaxed)) / kWait;
    case kEngine:
    case kLate: return static_cast<double>(getParameterValue(index)) / 1e6;
    default: return isSlot(index) ? status_.values[index - kFirstSlot].load(std::memory_order_relaxed) : 0.0;
    }
}

std::string DdspFx::text(uint32_t index, double normalised) const {
    if (index == kEngine)
        return session_ ? session_->text() : std::string();
    if (index == kLate)
        return std::to_string(choiceOf(normalised * 1e6, 1000000));
    if (index == kRender)
        return kRenderNames[choiceOf(normalised * kWait, kWait)];
    if (index != kEffect)
        return slot(index).text(normalised);
    const std::size_t effect = choiceOf(normalised * kMostEffects, kMostEffects);
    const auto menu = session_ ? session_->menu() : std::vector<std::string>();
    return effect == 0 ? "-" : effect <= menu.size() ? menu[effect - 1] : "- " + std::to_string(effect);
}

bool DdspFx::parse(uint32_t index, const std::string& text, double& normalised) const {
    if (isSlot(index))
        return slot(index).parse(text, normalised);
    const uint32_t most = index == kEffect ? kMostEffects : kWait;
    for (uint32_t i = 0; index < kFirstSlot && i <= most; ++i) {
        normalised = static_cast<double>(i) / most;
        if (this->text(index, normalised) == text)
            return true;
    }
    return false;
}

END_NAMESPACE_DISTRHO
