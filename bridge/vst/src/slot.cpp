// SPDX-License-Identifier: GPL-3.0-or-later
#include "slot.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ddspfx {

bool Slot::read(const Fields& fields, double& value) {
    if (fields.size() < 10)
        return false;
    target = fields[2];
    name = fields[3];
    unit = fields[4];
    scale = fields[5];
    choices.assign(fields.begin() + 10, fields.end());
    return parseNumber(fields[6], minimum) && parseNumber(fields[7], maximum) && parseNumber(fields[8], fallback) &&
           parseNumber(fields[9], value) && minimum <= maximum && (scale != "log" || minimum > 0.0);
}

int Slot::steps() const {
    if (scale == "toggle")
        return 1;
    if (scale == "choices" || scale == "steps")
        return static_cast<int>(std::lround(maximum - minimum));
    return 0;
}

double Slot::plain(double normalised) const {
    const double n = std::isnan(normalised) ? 0.0 : std::clamp(normalised, 0.0, 1.0);
    const double value = scale == "log" ? minimum * std::pow(maximum / minimum, n) : minimum + n * (maximum - minimum);
    const double inside = std::clamp(value, minimum, maximum);
    if (scale == "toggle")
        return inside >= 0.5 ? 1.0 : 0.0;
    // Ties go to the even neighbour, as in Python's round.
    return steps() ? std::nearbyint(inside) : inside;
}

double Slot::normalise(double value) const {
    const double inside = std::clamp(value, minimum, maximum);
    if (scale == "log")
        return std::log(inside / minimum) / std::log(maximum / minimum);
    return maximum > minimum ? (inside - minimum) / (maximum - minimum) : 0.0;
}

std::string Slot::text(double normalised) const {
    const double value = plain(normalised);
    if (scale == "toggle")
        return value > 0.0 ? "on" : "off";
    if (scale == "choices") {
        const auto index = static_cast<std::size_t>(value);
        return index < choices.size() ? choices[index] : std::string();
    }
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4);
    return {digits, end.ptr};
}

bool Slot::parse(std::string text, double& normalised) const {
    const auto trim = [&] {
        text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
        text.erase(text.find_last_not_of(' ') + 1);
    };
    trim();
    if (scale == "toggle" && (text == "on" || text == "off")) {
        normalised = text == "on" ? 1.0 : 0.0;
        return true;
    }
    const auto choice = std::find(choices.begin(), choices.end(), text);
    if (choice != choices.end()) {
        normalised = normalise(static_cast<double>(choice - choices.begin()));
        return true;
    }
    if (!unit.empty() && text.size() > unit.size() && text.compare(text.size() - unit.size(), unit.size(), unit) == 0) {
        text.resize(text.size() - unit.size());
        trim();
    }
    double value = 0.0;
    if (!parseNumber(text, value))
        return false;
    normalised = normalise(value);
    return true;
}

}  // namespace ddspfx
