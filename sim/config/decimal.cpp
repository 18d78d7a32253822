#include "sim/config/decimal.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace heddle::config {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kMaxExponent = 100'000; // beyond it every number is zero or too large; keeps the sums in an int
constexpr int kWideDigits = 27;       // 10^27 * 2^30 fits into 128 bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads `e-3` at the front of `rest`, if a digit follows; a lone 'e' may begin a unit.
int take_exponent(std::string_view& rest) {
    if (rest.empty() || (rest[0] != 'e' && rest[0] != 'E')) return 0;
    std::size_t at = 1;
    const bool negative = at < rest.size() && rest[at] == '-';
    if (at < rest.size() && (rest[at] == '-' || rest[at] == '+')) ++at;
    if (at >= rest.size() || !is_digit(rest[at])) return 0;
    int value = 0;
    for (; at < rest.size() && is_digit(rest[at]); ++at) value = std::min(value * 10 + (rest[at] - '0'), kMaxExponent);
    rest.remove_prefix(at);
    return negative ? -value : value;
}

} // namespace

std::optional<Decimal> take_decimal(std::string_view text, std::string_view& rest) {
    Decimal number;
    rest = text;
    if (!rest.empty() && rest[0] == '-') {
        number.negative = true;
        rest.remove_prefix(1);
    }
    if (rest.empty() || !is_digit(rest[0])) return std::nullopt;
    bool in_fraction = false;
    std::size_t at = 0;
    std::size_t fraction_digits = 0;
    for (; at < rest.size(); ++at) {
        if (is_digit(rest[at])) {
            number.digits += rest[at];
            fraction_digits += in_fraction ? 1 : 0;
        } else if (rest[at] == '.' && !in_fraction) {
            in_fraction = true;
        } else {
            break;
        }
    }
    rest.remove_prefix(at);
    number.exponent = take_exponent(rest) - static_cast<int>(fraction_digits);
    number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
    while (!number.digits.empty() && number.digits.back() == '0') {
        number.digits.pop_back();
        ++number.exponent;
    }
    if (number.digits.empty()) {
        number.digits.push_back('0');
        number.exponent = 0;
        number.negative = false;
    }
    return number;
}

WholeNumber to_whole(const Decimal& number, int binary, int decimal) {
    HEDDLE_EXPECT(binary >= 0 && binary <= 30, "scale 2^{}", binary);
    if (number.is_zero()) return {};
    int exponent = number.exponent + decimal;
    const int digits = static_cast<int>(number.digits.size());
    if (digits + exponent > kWideDigits) return {Exactness::TooLarge, 0};
    if (digits > kWideDigits) return {Exactness::Fraction, 0}; // its last digit stands behind the point
    Wide value = 0;
    for (const char digit : number.digits) value = value * 10 + static_cast<unsigned>(digit - '0');
    value <<= binary;
    for (; exponent > 0; --exponent) value *= 10;
    for (; exponent < 0; ++exponent) {
        if (value % 10 != 0) return {Exactness::Fraction, 0};
        value /= 10;
    }
    if (value > std::numeric_limits<std::uint64_t>::max()) return {Exactness::TooLarge, 0};
    return {Exactness::Exact, static_cast<std::uint64_t>(value)};
}

std::optional<double> to_real(const Decimal& number, int binary, int decimal) {
    if (number.is_zero()) return 0.0;
    const std::string text = number.digits + "e" + std::to_string(number.exponent + decimal);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    value = std::ldexp(value, binary);
    if (!std::isfinite(value)) return std::nullopt;
    return number.negative ? -value : value;
}

} // namespace heddle::config
