// SPDX-License-Identifier: GPL-3.0-or-later
// The messages on the socket: lines of fields (docs/link.md, "Messages").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ddspfx {

using Fields = std::vector<std::string>;

constexpr std::size_t kMostBytes = 1 << 20;

// One line with its LF.
std::string encode(const Fields& fields);

// The fields of a line without its LF.
Fields decode(std::string_view line);

// Text that survives any host's files, without backslashes and quotes. Ardour 7.3, which reads an LV2's state with serd
// 0.30, returned a text in which one escaped backslash of twenty had become a backslash and a line end, and the chain
// was lost. Text that was not encoded comes back unchanged.
std::string shelter(const std::string& text);
std::string unshelter(std::string_view text);

// Numbers as the protocol writes them, whatever LC_NUMERIC a host has set. They are finite.
std::string numberText(double value);
bool parseNumber(std::string_view text, double& value);
// A length in samples: not negative, and below 2^31.
bool parseSamples(std::string_view text, double& value);

// Splits a stream that arrives in pieces into lines.
class LineReader {
public:
    void feed(const char* data, std::size_t size) { buffer_.append(data, size); }

    // Returns true if there was a complete line.
    bool next(Fields& fields);

    // A line longer than any of this protocol's: the other side speaks something else.
    bool isBroken() const { return buffer_.size() > kMostBytes; }

private:
    std::string buffer_;
};

}  // namespace ddspfx
