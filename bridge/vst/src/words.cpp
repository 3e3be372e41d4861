// SPDX-License-Identifier: GPL-3.0-or-later
#include "words.hpp"

#include <charconv>
#include <cmath>

namespace ddspfx {

namespace {

void escape(const std::string& field, std::string& line) {
    for (const char c : field) {
        switch (c) {
        case '\\': line += "\\\\"; break;
        case '\t': line += "\\t"; break;
        case '\n': line += "\\n"; break;
        case '\r': line += "\\r"; break;
        default: line += c;
        }
    }
}

constexpr char kSheltered = '%';

char unescaped(char c) {
    switch (c) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    default: return c;
    }
}

}  // namespace

std::string encode(const Fields& fields) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i)
            line += '\t';
        escape(fields[i], line);
    }
    return line += '\n';
}

Fields decode(std::string_view line) {
    Fields fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\t')
            fields.emplace_back();
        else if (line[i] == '\\' && i + 1 < line.size())
            fields.back() += unescaped(line[++i]);
        else
            fields.back() += line[i];
    }
    return fields;
}

std::string shelter(const std::string& text) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string sheltered(1, kSheltered);
    for (const char c : text) {
        if (c == kSheltered || c == '\\' || c == '"') {
            sheltered += kSheltered;
            sheltered += kDigits[static_cast<unsigned char>(c) / 16];
            sheltered += kDigits[static_cast<unsigned char>(c) % 16];
        } else {
            sheltered += c;
        }
    }
    return sheltered;
}

std::string unshelter(std::string_view text) {
    if (text.empty() || text.front() != kSheltered)
        return std::string(text);
    std::string plain;
    for (std::size_t i = 1; i < text.size(); ++i) {
        unsigned code = 0;
        const auto digits = text.substr(i + 1 < text.size() ? i + 1 : text.size(), 2);
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (text[i] == kSheltered && digits.size() == 2 && end.ptr == digits.data() + 2) {
            plain += static_cast<char>(code);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::string numberText(double value) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 17);
    return {text, end.ptr};
}

bool parseNumber(std::string_view text, double& value) {
    if (!text.empty() && text.front() == '+')
        text.remove_prefix(1);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    return end.ec == std::errc() && end.ptr == text.data() + text.size() && std::isfinite(value);
}

bool parseSamples(std::string_view text, double& value) {
    return parseNumber(text, value) && value >= 0.0 && value < 0x1p31;
}

bool LineReader::next(Fields& fields) {
    const auto end = buffer_.find('\n');
    if (end == std::string::npos)
        return false;
    fields = decode(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 1);
    return true;
}

}  // namespace ddspfx
