// SPDX-License-Identifier: GPL-3.0-or-later
// Checks the vectors of tests/link/vectors on this side: vectors FOLDER. Prints the differences; exit code 0 means
// none.
#include "board.hpp"
#include "environment.hpp"
#include "segment.hpp"
#include "slot.hpp"
#include "words.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace ddspfx;

namespace {

int failures = 0, checks = 0;

void check(bool right, const std::string& what) {
    ++checks;
    if (right)
        return;
    ++failures;
    std::printf("differs: %s\n", what.c_str());
}

std::vector<std::string> split(const std::string& line, char by) {
    std::vector<std::string> parts(1);
    for (const char c : line) {
        if (c == by)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::string unhex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

// Calls `with` for every row of a table.
template <typename F>
void eachRow(const std::string& path, F&& with) {
    std::ifstream file(path);
    std::string line;
    check(static_cast<bool>(file), path + " is there");
    while (std::getline(file, line))
        with(split(line, '\t'), line);
}

void messages(const std::vector<std::string>& row, const std::string& line) {
    Fields fields;
    for (const auto& field : split(row[0], ','))
        fields.push_back(unhex(field));
    const std::string bytes = unhex(row[1]);
    const bool ended = !bytes.empty() && bytes.back() == '\n';
    const std::string whole = ended ? bytes : bytes + "\n";
    check(encode(fields) == whole, "encode " + line);
    check(decode(whole.substr(0, whole.size() - 1)) == fields, "decode " + line);
    LineReader reader;
    Fields read;
    for (const char c : whole)
        reader.feed(&c, 1);
    check(reader.next(read) && read == fields, "in pieces " + line);
}

void segments(const std::vector<std::string>& row, const std::string& line) {
    const auto number = [&](std::size_t i) { return std::stoul(row[i]); };
    const Offsets offsets(static_cast<std::uint32_t>(number(0)), static_cast<std::uint32_t>(number(1)),
                          static_cast<std::uint32_t>(number(2)));
    check(offsets.size == number(3) && offsets.input == number(4) && offsets.output == number(5), line);
    check(kEventsOffset == number(6), "events " + line);
}

void parameters(const std::vector<std::string>& row, const std::string& line) {
    Slot slot;
    slot.scale = row[0];
    double normalised = 0.0, plain = 0.0, back = 0.0;
    check(parseNumber(row[1], slot.minimum) && parseNumber(row[2], slot.maximum), "numbers " + line);
    slot.unit = row[3];
    if (!row[4].empty())
        slot.choices = split(row[4], '|');
    check(parseNumber(row[5], normalised) && parseNumber(row[6], plain), "numbers " + line);
    const double found = slot.plain(normalised);
    check(std::abs(found - plain) <= 1e-12 * std::fmax(1.0, std::abs(plain)), "plain " + line);
    std::string text = slot.text(normalised);
    if (!slot.isList() && !slot.unit.empty())
        text += " " + slot.unit;
    check(text == row[7], "text '" + text + "' " + line);
    check(slot.parse(text, back), "parse " + line);
    // A text has four digits.
    const double span = slot.maximum - slot.minimum;
    check(std::abs(slot.plain(back) - plain) <= 5.1e-4 * std::fmax(std::abs(plain), 1e-3 * span), "back " + line);
}

// A block and the user's choice; whole samples, rounded up.
void linkLatencies() {
    check(Layout{48000.0, 256, 2, 3.0}.linkLatency() == 256 + 144, "3 ms at 48 kHz");
    check(Layout{44100.0, 512, 2, 10.0}.linkLatency() == 512 + 441, "10 ms at 44.1 kHz");
    check(Layout{44100.0, 64, 1, 2.5}.linkLatency() == 64 + 111, "2.5 ms at 44.1 kHz");
    check(Layout{48000.0, 1024, 2, 0.0}.linkLatency() == 1024, "0 ms");
    check(Layout{48000.0, 65536, 2, 100.0}.linkLatency() < Layout{48000.0, 65536, 2, 100.0}.ringFrames() / 2,
          "the longest fits the ring");
    check(Layout{1000.0, 1, 2, 100.0}.linkLatency() < Layout{1000.0, 1, 2, 100.0}.ringFrames() / 2,
          "and so it does at the lowest rate");
    check(!(Layout{48000.0, 256, 2, 3.0} == Layout{48000.0, 256, 2, 5.0}), "another choice needs another segment");
}

std::string environmentsLatency(const char* folder, const char* variable, const char* file) {
    ::setenv("XDG_DATA_HOME", folder, 1);
    ::setenv("DDSP_FX_LINK_LATENCY_MS", variable, 1);
    if (file)
        std::ofstream(std::string(folder) + "/ddsp-fx/link-latency") << file;
    const LinkLatency found = Environment().linkLatency();
    return numberText(found.ms) + (found.problem.empty() ? "" : " " + found.problem);
}

// The variable comes first, then the file, then the default.
void chosenLatencies() {
    char folder[] = "/tmp/ddsp-fx-vectors-XXXXXX";
    const bool isMade = ::mkdtemp(folder) && ::mkdir((std::string(folder) + "/ddsp-fx").c_str(), 0700) == 0;
    const std::string normal = numberText(kDefaultLinkMs);
    check(isMade && environmentsLatency(folder, "", nullptr) == normal, "nothing chosen");
    check(environmentsLatency(folder, "", "4.5\n") == "4.5", "the file");
    check(environmentsLatency(folder, "0", nullptr) == "0", "the variable");
    for (const char* bad : {"-1", "100.5", "nan", "inf", "3 ms", "x"}) {
        check(environmentsLatency(folder, bad, nullptr).find(normal + " DDSP_FX_LINK_LATENCY_MS is '" + bad) == 0,
              std::string("a variable of ") + bad);
        check(environmentsLatency(folder, "", bad).find(normal + " link-latency is '" + bad) == 0,
              std::string("a file of ") + bad);
    }
    check(environmentsLatency(folder, "", "") == normal, "an empty file");
    const std::string file = std::string(folder) + "/ddsp-fx";
    ::unlink((file + "/link-latency").c_str());
    ::rmdir(file.c_str());
    ::rmdir(folder);
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
    return text.replace(text.find(part), part.size(), by);
}

void state() {
    Board board;
    board.json = "{\"a\\tb\": \"\n\"}";
    board.latency = 2565;
    board.values = {0.25, 1.0};
    Board read;
    check(read.restore(board.save()) && read.json == board.json && read.latency == board.latency &&
              read.values == board.values && read.slots.size() == 2,
          "a state and back");
    for (const char* bad : {"", "ddsp-fx\t2\n", "ddsp-fx\t1\nslot\t0\n", "ddsp-fx\t1\nboard\t\t\tx\ty\n", "\xff\n\n"})
        check(!read.restore(bad) && read.json == board.json, std::string("refused: ") + bad);
    for (const char* bad : {"-1", "nan", "inf", "1e300"})
        check(!read.restore(replaced(board.save(), "2565", bad)) && read.latency == 2565,
              std::string("latency: ") + bad);
    for (const char* bad : {"log\t0\t1", "linear\t1\t0", "linear\tnan\t1"})
        check(!read.restore(replaced(board.save(), "linear\t0\t1", bad)), std::string("range: ") + bad);
}

// A host's file may be damaged: a damaged state restores to usable numbers, or not at all.
void damagedStates() {
    const std::string whole = Board().save();
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const std::string& text : {whole.substr(0, i), whole.substr(0, i) + "9" + whole.substr(i + 1)}) {
            Board read;
            if (!read.restore(text))
                continue;
            for (std::size_t k = 0; k < read.slots.size(); ++k)
                check(std::isfinite(read.slots[k].plain(read.values[k])), "a damaged state: " + text);
        }
    }
}

void shelters() {
    std::string all;
    for (int c = 1; c < 256; ++c)
        all += static_cast<char>(c);
    for (const std::string& text : {std::string(), all, std::string("%"), std::string("%41%"), Board().save()}) {
        const std::string sheltered = shelter(text);
        check(sheltered.find_first_of("\\\"") == std::string::npos, "sheltered " + text);
        check(unshelter(sheltered) == text, "sheltered and back " + text);
    }
    // A state of an earlier version, and a damaged one.
    check(unshelter(Board().save()) == Board().save(), "never sheltered");
    check(unshelter("%a%4") == "a%4" && unshelter("%%zz") == "%zz", "damaged");
}

}  // namespace

int main(int count, char** words) {
    const std::string folder = count > 1 ? words[1] : ".";
    eachRow(folder + "/messages.tsv", messages);
    eachRow(folder + "/segment.tsv", segments);
    eachRow(folder + "/parameters.tsv", parameters);
    state();
    damagedStates();
    shelters();
    linkLatencies();
    chosenLatencies();
    std::printf("%d checks, %d differ\n", checks, failures);
    return failures ? 1 : 0;
}
