// SPDX-License-Identifier: GPL-3.0-or-later
#include "board.hpp"

namespace ddspfx {

namespace {

Slot own(const char* target, const char* name, const char* scale) {
    Slot slot;
    slot.target = target;
    slot.name = name;
    slot.scale = scale;
    return slot;
}

}  // namespace

// Parameters of every board, so that a host finds mix and bypass before an engine answers.
Board::Board() : slots{own("mix", "Mix", "linear"), own("bypass", "Bypass", "toggle")}, values{1.0, 0.0} {
    slots[0].fallback = 1.0;
}

std::string Board::save() const {
    std::string text = encode({"ddsp-fx", "1"}) + encode({"board", json, chain, numberText(latency), numberText(tail)});
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const Slot& slot = slots[i];
        Fields fields{"slot",
                      std::to_string(i),
                      slot.target,
                      slot.name,
                      slot.unit,
                      slot.scale,
                      numberText(slot.minimum),
                      numberText(slot.maximum),
                      numberText(slot.fallback),
                      numberText(values[i])};
        fields.insert(fields.end(), slot.choices.begin(), slot.choices.end());
        text += encode(fields);
    }
    return text;
}

bool Board::restore(const std::string& text) {
    LineReader lines;
    lines.feed(text.data(), text.size());
    Fields fields;
    if (!lines.next(fields) || fields.size() < 2 || fields[0] != "ddsp-fx" || fields[1] != "1")
        return false;
    Board read;
    read.slots.clear();
    read.values.clear();
    bool hasBoard = false;
    while (lines.next(fields)) {
        if (fields[0] == "board" && fields.size() >= 5) {
            read.json = fields[1];
            read.chain = fields[2];
            hasBoard = parseSamples(fields[3], read.latency) && parseSamples(fields[4], read.tail);
        } else if (fields[0] == "slot" && read.slots.size() < kSlots) {
            Slot slot;
            double value = 0.0;
            if (!slot.read(fields, value))
                return false;
            read.slots.push_back(slot);
            read.values.push_back(value);
        }
    }
    if (!hasBoard || read.slots.size() < 2)
        return false;
    *this = std::move(read);
    return true;
}

Fields Board::message() const {
    if (!chain.empty())
        return {"load", chain};
    Fields fields{"board", json};
    for (std::size_t i = 0; i < slots.size(); ++i) {
        fields.push_back(slots[i].target);
        fields.push_back(numberText(values[i]));
    }
    return fields;
}

}  // namespace ddspfx
