#include "sim/config/unit_table.hpp"

#include <algorithm>
#include <array>

namespace heddle::config {

namespace {

constexpr std::array kBytes{UnitWord{"B"}, UnitWord{"KiB", 10}, UnitWord{"MiB", 20}, UnitWord{"GiB", 30}};
constexpr std::array kCycles{UnitWord{"cycles"}, UnitWord{"cycle", 0, 0, false}};
constexpr std::array kNanoseconds{UnitWord{"ns"}, UnitWord{"us", 0, 3}, UnitWord{"ms", 0, 6}};
constexpr std::array kHertz{UnitWord{"Hz"}, UnitWord{"kHz", 0, 3}, UnitWord{"MHz", 0, 6}, UnitWord{"GHz", 0, 9}};
constexpr std::array kBytesPerCycle{UnitWord{"B/cycle"}, UnitWord{"KiB/cycle", 10}};
// Links are sold in bits, memories in bytes per second; both are read, bits are written.
constexpr std::array kBitsPerSecond{UnitWord{"b/s"},
                                    UnitWord{"kb/s", 0, 3},
                                    UnitWord{"Mb/s", 0, 6},
                                    UnitWord{"Gb/s", 0, 9},
                                    UnitWord{"Tb/s", 0, 12},
                                    UnitWord{"B/s", 3, 0, false},
                                    UnitWord{"kB/s", 3, 3, false},
                                    UnitWord{"MB/s", 3, 6, false},
                                    UnitWord{"GB/s", 3, 9, false},
                                    UnitWord{"TB/s", 3, 12, false}};
constexpr std::array kWatts{UnitWord{"mW", 0, -3}, UnitWord{"W"}, UnitWord{"kW", 0, 3}};
constexpr std::array kPicojoules{UnitWord{"fJ", 0, -3}, UnitWord{"pJ"}, UnitWord{"nJ", 0, 3}, UnitWord{"uJ", 0, 6}};
constexpr std::array kVolts{UnitWord{"mV", 0, -3}, UnitWord{"V"}};
constexpr std::array kSquareMillimetres{UnitWord{"um2", 0, -6}, UnitWord{"mm2"}};

struct Quantity {
    Unit unit;
    std::string_view name;
};
constexpr std::array kQuantities{
    Quantity{Unit::Bytes, "a size"},      Quantity{Unit::Cycles, "a number of cycles"}, Quantity{Unit::Nanoseconds, "a time"},
    Quantity{Unit::Hertz, "a frequency"}, Quantity{Unit::BytesPerCycle, "a width"},     Quantity{Unit::BitsPerSecond, "a data rate"},
    Quantity{Unit::Watts, "a power"},     Quantity{Unit::Picojoules, "an energy"},      Quantity{Unit::Volts, "a voltage"},
    Quantity{Unit::SquareMillimetres, "an area"},
};

} // namespace

std::span<const UnitWord> unit_words(Unit unit) {
    switch (unit) {
    case Unit::Bytes: return kBytes;
    case Unit::Cycles: return kCycles;
    case Unit::Nanoseconds: return kNanoseconds;
    case Unit::Hertz: return kHertz;
    case Unit::BytesPerCycle: return kBytesPerCycle;
    case Unit::BitsPerSecond: return kBitsPerSecond;
    case Unit::Watts: return kWatts;
    case Unit::Picojoules: return kPicojoules;
    case Unit::Volts: return kVolts;
    case Unit::SquareMillimetres: return kSquareMillimetres;
    case Unit::Count:
    case Unit::Ratio: break;
    }
    return {};
}

const UnitWord* find_unit_word(Unit unit, std::string_view word) {
    const auto words = unit_words(unit);
    const auto found = std::find_if(words.begin(), words.end(), [&](const UnitWord& w) { return w.word == word; });
    return found == words.end() ? nullptr : &*found;
}

std::string unit_word_list(Unit unit) {
    std::string list;
    for (const UnitWord& word : unit_words(unit)) {
        if (!list.empty()) list += ", ";
        list += word.word;
    }
    return list;
}

std::string_view quantity_of(std::string_view word) {
    for (const auto& [unit, name] : kQuantities)
        if (find_unit_word(unit, word) != nullptr) return name;
    return {};
}

} // namespace heddle::config
