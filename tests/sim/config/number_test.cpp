#include "sim/config/number.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::config;

namespace {

Field integer(Unit unit, Range range = {}) {
    Field field;
    field.kind = Field::Kind::Integer;
    field.unit = unit;
    field.range = range;
    return field;
}

Field real(Unit unit, Range range = {}) {
    Field field = integer(unit, range);
    field.kind = Field::Kind::Real;
    return field;
}

std::uint64_t whole_of(Unit unit, const std::string& text) {
    const auto value = parse_number(integer(unit), text);
    CAPTURE(text);
    REQUIRE(std::holds_alternative<Field::Scalar>(value));
    return std::get<std::uint64_t>(std::get<Field::Scalar>(value));
}

double real_of(Unit unit, const std::string& text) {
    const auto value = parse_number(real(unit, {-1e300}), text);
    CAPTURE(text);
    REQUIRE(std::holds_alternative<Field::Scalar>(value));
    return std::get<double>(std::get<Field::Scalar>(value));
}

std::string problem_of(const Field& field, const std::string& text) {
    const auto value = parse_number(field, text);
    if (!std::holds_alternative<Problem>(value)) return "accepted";
    const Problem& problem = std::get<Problem>(value);
    return problem.hint.empty() ? problem.what : problem.what + " - " + problem.hint;
}

} // namespace

TEST_CASE("every unit word is read") {
    CHECK(whole_of(Unit::Count, "132") == 132);
    CHECK(whole_of(Unit::Bytes, "128 B") == 128);
    CHECK(whole_of(Unit::Bytes, "256KiB") == 262144);
    CHECK(whole_of(Unit::Bytes, "1.5 MiB") == 1572864);
    CHECK(whole_of(Unit::Bytes, "141 GiB") == 141ULL << 30);
    CHECK(whole_of(Unit::Cycles, "1 cycle") == 1);
    CHECK(whole_of(Unit::Cycles, " 33  cycles ") == 33);
    CHECK(whole_of(Unit::Nanoseconds, "1.5 us") == 1500);
    CHECK(real_of(Unit::Nanoseconds, "12.5 ns") == 12.5);
    CHECK(real_of(Unit::Nanoseconds, "2 ms") == 2e6);
    CHECK(whole_of(Unit::Hertz, "60 Hz") == 60);
    CHECK(whole_of(Unit::Hertz, "32.768 kHz") == 32768);
    CHECK(whole_of(Unit::Hertz, "1755 MHz") == 1'755'000'000);
    CHECK(whole_of(Unit::Hertz, "1.755 GHz") == 1'755'000'000);
    CHECK(whole_of(Unit::BytesPerCycle, "64 B/cycle") == 64);
    CHECK(whole_of(Unit::BytesPerCycle, "5.5 KiB/cycle") == 5632);
    CHECK(whole_of(Unit::BitsPerSecond, "6.4 Gb/s") == 6'400'000'000);
    CHECK(whole_of(Unit::BitsPerSecond, "450 GB/s") == 3'600'000'000'000);
    CHECK(real_of(Unit::Watts, "250 mW") == 0.25);
    CHECK(real_of(Unit::Watts, "0.7 kW") == 700);
    CHECK(real_of(Unit::Picojoules, "3.9 pJ") == 3.9);
    CHECK(real_of(Unit::Picojoules, "1.2 nJ") == 1200);
    CHECK(real_of(Unit::Picojoules, "250 fJ") == 0.25);
    CHECK(real_of(Unit::Volts, "810 mV") == 0.81);
    CHECK(real_of(Unit::SquareMillimetres, "1330 um2") == 0.00133);
    CHECK(real_of(Unit::Ratio, "-0.5") == -0.5);
}

TEST_CASE("a wrong number or unit is one clear problem") {
    const Field latency = integer(Unit::Cycles, {1, 1000});
    const Field size = integer(Unit::Bytes, {1024, 1048576});
    CHECK(problem_of(latency, "fast") == "'fast' is not a number - give 1 cycle to 1000 cycles");
    CHECK(problem_of(latency, "33") == "'33' has no unit - write '33 cycles'");
    CHECK(problem_of(size, "256") == "'256' has no unit - write '256 B' or another unit of B, KiB, MiB, GiB");
    CHECK(problem_of(latency, "33 ns") == "'33 ns' is a time, but a number of cycles is wanted - use one of cycles, cycle");
    CHECK(problem_of(latency, "33 cyles") ==
          "'33 cyles': 'cyles' is not a unit of number of cycles - did you mean 'cycles'? use one of cycles, cycle");
    CHECK(problem_of(size, "256 KB") == "'256 KB': 'KB' is not a unit of size - did you mean 'KiB'? use one of B, KiB, MiB, GiB");
    CHECK(problem_of(size, "256 kib") == "'256 kib': 'kib' is not a unit of size - did you mean 'KiB'? use one of B, KiB, MiB, GiB");
    CHECK(problem_of(size, "256 parsecs") == "'256 parsecs': 'parsecs' is not a unit of size - use one of B, KiB, MiB, GiB");
    CHECK(problem_of(integer(Unit::Count), "32 lanes") == "'32 lanes' has a unit, but a plain number is wanted - write '32'");
    CHECK(problem_of(real(Unit::Ratio, {0, 1}), "95 %") == "'95 %' has a unit, but a plain number is wanted - write '95'");
    CHECK(problem_of(latency, "-3 cycles") == "'-3 cycles' is negative - give 1 cycle to 1000 cycles");
    CHECK(problem_of(latency, "12.5 cycles") == "'12.5 cycles' is not a whole number of cycles");
    CHECK(problem_of(integer(Unit::Hertz), "0.0000001 kHz") == "'0.0000001 kHz' is not a whole number of Hz");
    CHECK(problem_of(integer(Unit::Count), "0.5") == "'0.5' is not a whole number");
    CHECK(problem_of(integer(Unit::Count), "0x20") == "'0x20' has a unit, but a plain number is wanted - write '0'");
    CHECK(problem_of(integer(Unit::Count), "1.2.3") == "'1.2.3' has a unit, but a plain number is wanted - write '1.2'");
}

TEST_CASE("ranges hold on both sides") {
    const Field latency = integer(Unit::Cycles, {1, 1000});
    CHECK(problem_of(latency, "0 cycles") == "'0 cycles' is out of range - give 1 cycle to 1000 cycles");
    CHECK(problem_of(latency, "1 cycle") == "accepted");
    CHECK(problem_of(latency, "1000 cycles") == "accepted");
    CHECK(problem_of(latency, "1001 cycles") == "'1001 cycles' is out of range - give 1 cycle to 1000 cycles");
    const Field ratio = real(Unit::Ratio, {0, 1});
    CHECK(problem_of(ratio, "0") == "accepted");
    CHECK(problem_of(ratio, "-0.001") == "'-0.001' is out of range - give 0 to 1");
    CHECK(problem_of(ratio, "1") == "accepted");
    CHECK(problem_of(ratio, "1.0000001") == "'1.0000001' is out of range - give 0 to 1");
    const Field any = integer(Unit::Count);
    CHECK(problem_of(any, "18446744073709551615") == "accepted");
    CHECK(problem_of(any, "18446744073709551616") == "'18446744073709551616' is out of range - give at least 0");
    CHECK(problem_of(any, "1e40") == "'1e40' is out of range - give at least 0");
    CHECK(problem_of(real(Unit::Watts), "1e400 W") == "'1e400 W' is out of range - give at least 0 W");
    Field byte = integer(Unit::Count, {1});
    byte.integer_max = 255;
    CHECK(problem_of(byte, "255") == "accepted");
    CHECK(problem_of(byte, "256") == "'256' is out of range - give at least 1");
}

TEST_CASE("an integer is written in the largest unit that divides it") {
    CHECK(format_number(Unit::Cycles, std::uint64_t{1}) == "1 cycle");
    CHECK(format_number(Unit::Cycles, std::uint64_t{33}) == "33 cycles");
    CHECK(format_number(Unit::Cycles, std::uint64_t{0}) == "0 cycles");
    CHECK(format_number(Unit::Bytes, std::uint64_t{0}) == "0 B");
    CHECK(format_number(Unit::Bytes, std::uint64_t{1023}) == "1023 B");
    CHECK(format_number(Unit::Bytes, std::uint64_t{1024}) == "1 KiB");
    CHECK(format_number(Unit::Bytes, std::uint64_t{262144}) == "256 KiB");
    CHECK(format_number(Unit::Hertz, std::uint64_t{1'755'000'000}) == "1755 MHz");
    CHECK(format_number(Unit::Hertz, std::uint64_t{2'000'000'000}) == "2 GHz");
    CHECK(format_number(Unit::BitsPerSecond, std::uint64_t{6'400'000'000}) == "6400 Mb/s");
    CHECK(format_number(Unit::Watts, std::uint64_t{700}) == "700 W");
    CHECK(format_number(Unit::Count, std::uint64_t{132}) == "132");
}

TEST_CASE("a real is written so that reading gives the same double") {
    CHECK(format_number(Unit::Nanoseconds, 12.5) == "12.5 ns");
    CHECK(format_number(Unit::Nanoseconds, 1500.0) == "1.5 us");
    CHECK(format_number(Unit::Nanoseconds, 0.0) == "0 ns");
    CHECK(format_number(Unit::Nanoseconds, -0.0) == "0 ns");
    CHECK(format_number(Unit::Volts, 0.81) == "810 mV");
    CHECK(format_number(Unit::SquareMillimetres, 0.00133) == "1330 um2");
    CHECK(format_number(Unit::Watts, 0.0) == "0 W");
    CHECK(format_number(Unit::Picojoules, 0.25) == "250 fJ");
    CHECK(format_number(Unit::Ratio, 0.1) == "0.1");
    CHECK(format_number(Unit::Bytes, 1536.0) == "1.5 KiB");
    std::uint64_t state = 1;
    for (int i = 0; i < 20000; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const double mantissa = static_cast<double>(state >> 11) / 9007199254740992.0;
        const double value = std::ldexp(mantissa, static_cast<int>(state % 61) - 20) * (i % 5 == 0 ? -1 : 1);
        for (const Unit unit : {Unit::Ratio, Unit::Bytes, Unit::Cycles, Unit::Nanoseconds, Unit::Hertz, Unit::BytesPerCycle,
                                Unit::BitsPerSecond, Unit::Watts, Unit::Picojoules, Unit::Volts, Unit::SquareMillimetres})
            if (const std::string text = format_number(unit, value); real_of(unit, text) != value) FAIL_CHECK(text);
    }
}

TEST_CASE("a quoted text shows control characters and is cut between characters") {
    CHECK(in_quotes("a\nb\t\x01") == "'a\\nb\\t\\x01'");
    CHECK(in_quotes(std::string(60, 'x')) == "'" + std::string(60, 'x') + "'");
    CHECK(in_quotes(std::string(61, 'x')) == "'" + std::string(60, 'x') + "...'");
    CHECK(in_quotes(std::string(59, 'x') + "\xc3\xa4") == "'" + std::string(59, 'x') + "...'");
}
