// Numbers with units, as people write them: `33 cycles`, `256 KiB`, `1.755 GHz`, `6.4 Gb/s`.
//
// Text is converted exactly: "1.755 GHz" is 1,755,000,000 Hz and not what a binary fraction makes of it, and a real
// number is the double nearest to what is written. Writing chooses the largest unit that loses nothing, so reading back
// gives the same value.
#pragma once

#include "sim/config/field.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace heddle::config {

// Why a text is not a value of a field. `what` quotes the text; `hint` says what to write instead.
struct Problem {
    std::string what;
    std::string hint;
};

// The value of `text` for one element of `field` (Integer, Real or IntegerList), checked against unit and range.
std::variant<Field::Scalar, Problem> parse_number(const Field& field, std::string_view text);

// Human form with unit, "33 cycles". Reading it with parse_number gives exactly `value` back.
std::string format_number(Unit unit, std::uint64_t value);
std::string format_number(Unit unit, double value);

// "1 cycle to 1000 cycles", "at least 1 B", "any": the values a numeric field accepts.
std::string format_range(const Field& field);
// "cycles", "bytes", "Hz", empty for a plain number: for tables of fields.
std::string_view unit_name(Unit unit);

// A user's text, shortened and with control characters made visible, in single quotes, for messages.
std::string in_quotes(std::string_view text);

} // namespace heddle::config
