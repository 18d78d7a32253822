// A position in an instruction line: reads numbers, addresses and register names, and says where it failed.
#pragma once

#include "frontend/isa/decode.hpp"
#include "frontend/trace/accelsim_instructions.hpp"

#include <algorithm>
#include <array>

namespace heddle {

inline constexpr auto kHexDigits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(0xff);
    for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
    return table;
}();

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Reads from left to right; every failure names file, line and column.
struct InstructionReader::Cursor {
    const char* at;
    const char* end;
    const char* line_start;
    const TracePlace& place;

    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
        place.fail(static_cast<std::uint64_t>(at - line_start) + 1, what, hint);
    }
    void skip_blanks() {
        while (at < end && is_blank(*at)) ++at;
    }
    bool at_end() {
        skip_blanks();
        return at >= end;
    }
    std::string_view token() {
        skip_blanks();
        const char* const first = at;
        while (at < end && !is_blank(*at)) ++at;
        return {first, static_cast<std::size_t>(at - first)};
    }
    // Hexadecimal digits up to a blank or the end.
    std::uint64_t hexadecimal(const char* what, unsigned most_digits) {
        skip_blanks();
        const char* const first = at;
        std::uint64_t value = 0;
        for (std::uint8_t digit; (digit = kHexDigits[static_cast<std::uint8_t>(*at)]) != 0xff; ++at) value = value << 4 | digit;
        if (at == first || at > end || static_cast<std::size_t>(at - first) > most_digits || (at < end && !is_blank(*at))) {
            at = first;
            fail(fmt::format("expected {} in hexadecimal", what));
        }
        return value;
    }
    bool sees_address() {
        skip_blanks();
        return end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    }
    Address address(const char* what) {
        at += 2; // the caller saw "0x"
        return hexadecimal(what, 16);
    }
    // A decimal number, also hexadecimal after 0x.
    std::int64_t decimal(const char* what) {
        skip_blanks();
        const char* const first = at;
        if (sees_address()) return static_cast<std::int64_t>(address(what));
        const bool negative = at < end && *at == '-';
        if (negative) ++at;
        const char* const digits = at;
        std::uint64_t value = 0;
        for (; *at >= '0' && *at <= '9'; ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
        if (at == digits || at > end || at - digits > 20 || (at < end && !is_blank(*at))) {
            at = first;
            fail(fmt::format("expected {}", what));
        }
        return static_cast<std::int64_t>(negative ? 0 - value : value);
    }
    // The register a token names: 0 to 255, kNoRegister for uniform and predicate registers.
    std::uint16_t register_name() {
        const char* const first = at;
        const std::string_view name = token();
        const std::string_view digits = name.substr(std::min(name.find_first_of("0123456789"), name.size()));
        const std::string_view kind = name.substr(0, name.size() - digits.size());
        std::uint64_t number = 0;
        const bool known = kind == "R" || kind == "UR" || kind == "P" || kind == "UP";
        if (!known || !parse_number(digits, number) || number > 255 || digits.starts_with("0x")) {
            at = first;
            skip_blanks();
            fail(fmt::format("\"{}\" is not a register", name.substr(0, 40)));
        }
        return kind == "R" ? static_cast<std::uint16_t>(number) : kNoRegister;
    }
};

} // namespace heddle
