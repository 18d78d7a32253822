// Measures how well the decoder agrees with a list of words whose text is known.
//
//   sass_vectors FILE [--arch 80] [--show MNEMONIC|all] [--limit 20] [--only MNEMONIC,...]
//
// FILE: one instruction a line, fields separated by tabs: address (hexadecimal), word (32 hexadecimal digits), text as
// the vendor's disassembler prints it. Lines that begin with '#' are skipped. Prints per mnemonic (the first part of the opcode in the
// expected text): words, decoded, text agrees. `--show` prints each disagreement of a mnemonic with the expected and the produced text.
// Compared is the text up to white space, the final semicolon and `.reuse` (the lists may lack its bits).
// Exit status: 0 all agree, 1 some do not, 2 wrong usage.
#include "frontend/sass/decoder.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

namespace {

using namespace heddle::sass;

struct Score {
    unsigned words = 0, decoded = 0, agree = 0;
};

std::string normalised(std::string s) {
    for (std::size_t at; (at = s.find(".reuse")) != std::string::npos;) s.erase(at, 6);
    std::string out;
    for (const char c : s)
        if (c != ' ' && c != ';' && c != '\r') out += c;
    return out;
}

// "IMAD" of "@!P0 IMAD.WIDE R2, ...".
std::string mnemonic(std::string s) {
    if (!s.empty() && s[0] == '@') s = s.substr(std::min(s.size(), s.find(' ') + 1));
    return s.substr(0, s.find_first_of(" .;"));
}

std::set<std::string> split(const std::string& list) {
    std::set<std::string> parts;
    std::stringstream in(list);
    for (std::string part; std::getline(in, part, ',');) parts.insert(part);
    return parts;
}

} // namespace

int main(int argc, char** argv) {
    std::string file, show;
    std::set<std::string> only;
    unsigned architecture = 80, limit = 20;
    for (int a = 1; a < argc; ++a) {
        const std::string arg = argv[a];
        if (arg == "--arch" && a + 1 < argc) architecture = static_cast<unsigned>(std::atoi(argv[++a]));
        else if (arg == "--show" && a + 1 < argc) show = argv[++a];
        else if (arg == "--limit" && a + 1 < argc) limit = static_cast<unsigned>(std::atoi(argv[++a]));
        else if (arg == "--only" && a + 1 < argc) only = split(argv[++a]);
        else file = arg;
    }
    std::ifstream in(file);
    if (!in) {
        std::cerr << "usage: sass_vectors FILE [--arch 80] [--show MNEMONIC|all] [--limit 20] [--only MNEMONIC,...]\n";
        return 2;
    }
    std::map<std::string, Score> scores;
    Score all;
    unsigned shown = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') continue;
        const auto tab1 = line.find('\t'), tab2 = line.find('\t', tab1 + 1);
        if (tab2 == std::string::npos) continue;
        const auto address = static_cast<std::uint32_t>(std::strtoul(line.substr(0, tab1).c_str(), nullptr, 16));
        const std::string digits = line.substr(tab1 + 1, tab2 - tab1 - 1), expected = line.substr(tab2 + 1), name = mnemonic(expected);
        if (digits.size() != 32 || (!only.empty() && !only.count(name))) continue;
        Word word;
        word.high = std::strtoull(digits.substr(0, 16).c_str(), nullptr, 16);
        word.low = std::strtoull(digits.substr(16).c_str(), nullptr, 16);
        Score& score = scores[name];
        std::string reason;
        const auto instruction = decode_word(word, architecture, address, &reason);
        const std::string got = instruction ? text(*instruction) : "?? " + reason;
        const bool agree = instruction && normalised(got) == normalised(expected);
        for (Score* s : {&score, &all}) {
            ++s->words;
            s->decoded += instruction.has_value();
            s->agree += agree;
        }
        if (!agree && (show == "all" || show == name) && shown++ < limit)
            fmt::print("{:#06x} {}\n  expected {}\n  got      {}\n", address, digits, expected, got);
    }
    fmt::print("{:<12} {:>6} {:>8} {:>6}\n", "mnemonic", "words", "decoded", "agree");
    for (const auto& [name, s] : scores)
        fmt::print("{:<12} {:>6} {:>8} {:>6}{}\n", name, s.words, s.decoded, s.agree, s.agree == s.words ? "" : "  <");
    fmt::print("{:<12} {:>6} {:>8} {:>6}  {:.2f} %\n", "all", all.words, all.decoded, all.agree,
               all.words == 0 ? 0.0 : 100.0 * all.agree / all.words);
    return all.agree == all.words ? 0 : 1;
}
