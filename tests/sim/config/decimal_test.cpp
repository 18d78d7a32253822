#include "sim/config/decimal.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace heddle::config;

namespace {

Decimal decimal(const std::string& text) {
    std::string_view rest;
    const auto number = take_decimal(text, rest);
    REQUIRE(number);
    REQUIRE(rest.empty());
    return *number;
}

} // namespace

TEST_CASE("a decimal is taken from the front and leaves its unit") {
    std::string_view rest;
    const auto number = take_decimal("12.50 MHz", rest);
    REQUIRE(number);
    CHECK(number->digits == "125");
    CHECK(number->exponent == -1);
    CHECK(rest == " MHz");
    CHECK(take_decimal("3e", rest));
    CHECK(rest == "e"); // no digit follows: it begins a unit
    CHECK(take_decimal("3e-2x", rest)->exponent == -2);
    CHECK(rest == "x");
    for (const char* bad : {"", "-", "x1", ".5", "+1", "- 1", "nan", "inf"}) CHECK_FALSE(take_decimal(bad, rest));
}

TEST_CASE("whole numbers are exact up to 2^64 - 1") {
    CHECK(to_whole(decimal("18446744073709551615"), 0, 0).value == std::numeric_limits<std::uint64_t>::max());
    CHECK(to_whole(decimal("18446744073709551616"), 0, 0).exactness == Exactness::TooLarge);
    CHECK(to_whole(decimal("17179869183"), 30, 0).value == 17179869183ULL << 30);
    CHECK(to_whole(decimal("17179869184"), 30, 0).exactness == Exactness::TooLarge);
    CHECK(to_whole(decimal("1.755"), 0, 9).value == 1'755'000'000);
    CHECK(to_whole(decimal("0.5"), 10, 0).value == 512);
    CHECK(to_whole(decimal("0.0001"), 10, 0).exactness == Exactness::Fraction);
    CHECK(to_whole(decimal("1e3"), 0, 0).value == 1000);
    CHECK(to_whole(decimal("1500e-3"), 0, 0).exactness == Exactness::Fraction);
    CHECK(to_whole(decimal("1000e-3"), 0, 0).value == 1);
    CHECK(to_whole(decimal("1e999999999999"), 0, 0).exactness == Exactness::TooLarge);
    CHECK(to_whole(decimal("1e-999999999999"), 0, 0).exactness == Exactness::Fraction);
    CHECK(to_whole(decimal("0e999999999999"), 0, 0).value == 0);
    CHECK(to_whole(decimal("1.00000000000000000000000000000000001"), 0, 0).exactness == Exactness::Fraction);
    CHECK(to_whole(decimal("10000000000000000000000000000.5"), 0, 0).exactness == Exactness::TooLarge);
}

TEST_CASE("reals are the nearest double of what is written") {
    CHECK(to_real(decimal("1.755"), 0, 9) == 1.755e9);
    CHECK(to_real(decimal("0.1"), 0, 3) == 100.0);
    CHECK(to_real(decimal("123.456"), 0, -3) == 0.123456);
    CHECK(to_real(decimal("-1.5"), 10, 0) == -1536.0);
    CHECK(to_real(decimal("1e308"), 0, 0) == 1e308);
    CHECK_FALSE(to_real(decimal("1e309"), 0, 0));
    CHECK_FALSE(to_real(decimal("1e308"), 10, 0));
    CHECK_FALSE(to_real(decimal("1e-400"), 0, 0));
    CHECK(to_real(decimal("0." + std::string(1000000, '9')), 0, 0) == 1.0);
    CHECK(to_real(decimal("0." + std::string(200000, '0') + "1e99999"), 0, 0) == std::nullopt);
    const auto zero = to_real(decimal("-0.0"), 0, 0);
    REQUIRE(zero == 0.0);
    CHECK_FALSE(std::signbit(*zero));
}
