// The unit words of each kind of quantity.
#pragma once

#include "sim/config/field.hpp"

#include <span>
#include <string>
#include <string_view>

namespace heddle::config {

// One `word` is 2^binary * 10^decimal base units. Base units are B, cycles, ns, Hz, B/cycle, b/s, W, pJ, V and mm2.
struct UnitWord {
    std::string_view word;
    int binary = 0;
    int decimal = 0;
    bool written = true; // format_number uses it; a word that is only read is `false`
};

// The words of a unit, smallest first; empty for Count and Ratio.
std::span<const UnitWord> unit_words(Unit unit);
// The word spelled exactly so, or null.
const UnitWord* find_unit_word(Unit unit, std::string_view word);
// "B, KiB, MiB, GiB".
std::string unit_word_list(Unit unit);
// What kind of quantity a word measures ("a time"), if it is a unit of any kind; else empty.
std::string_view quantity_of(std::string_view word);

} // namespace heddle::config
