// Decimal numbers as written, converted to integers and doubles without a rounding in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::config {

// The number `digits` * 10^exponent; `digits` has no leading zeros ("0" for zero).
struct Decimal {
    bool negative = false;
    std::string digits;
    int exponent = 0;
    bool is_zero() const { return digits == "0"; }
};

// Reads `-12.5e3` from the front of `text` and leaves what follows in `rest`. Nothing if `text` does not begin with a
// number; a number begins with a digit, or with '-' and a digit.
std::optional<Decimal> take_decimal(std::string_view text, std::string_view& rest);

enum class Exactness { Exact, Fraction, TooLarge };
struct WholeNumber {
    Exactness exactness = Exactness::Exact;
    std::uint64_t value = 0;
};
// |number| * 2^binary * 10^decimal as a whole number. Requires: 0 <= binary <= 30.
WholeNumber to_whole(const Decimal& number, int binary, int decimal);
// number * 2^binary * 10^decimal, correctly rounded; nothing if a double cannot hold it. Zero is never negative.
std::optional<double> to_real(const Decimal& number, int binary, int decimal);

} // namespace heddle::config
