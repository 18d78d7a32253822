#include "tools/heddle/text_format.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

TEST_CASE("thousands are parted by commas") {
    CHECK(with_commas(0) == "0");
    CHECK(with_commas(999) == "999");
    CHECK(with_commas(1000) == "1,000");
    CHECK(with_commas(26601) == "26,601");
    CHECK(with_commas(18446744073709551615ULL) == "18,446,744,073,709,551,615");
}

TEST_CASE("quantities have three digits and a prefix") {
    CHECK(si(0, "B") == "0 B");
    CHECK(si(1, "s") == "1.00 s");
    CHECK(si(5.3112e-6, "s") == "5.31 µs");
    CHECK(si(4.89e12, "B/s") == "4.89 TB/s");
    CHECK(si(999.4, "B") == "999 B");
    CHECK(si(999.6, "B") == "1.00 kB");
    CHECK(si(99.94, "B") == "99.9 B");
    CHECK(si(99.96, "B") == "100 B");
    CHECK(si(9.996, "B") == "10.0 B");
    CHECK(si(0.9996, "s") == "1.00 s");
    CHECK(si(0.9994, "s") == "999 ms");
    CHECK(si(-2500, "B") == "-2.50 kB");
}

TEST_CASE("a missing ratio is a dash") {
    CHECK(percent(0.1234) == "12.3 %");
    CHECK(percent(std::nullopt) == "-");
    CHECK(decimal(2.345) == "2.35");
    CHECK(decimal(std::nullopt) == "-");
}

TEST_CASE("extents leave out trailing ones") {
    CHECK(extent({61, 1, 1}) == "61");
    CHECK(extent({61, 7, 1}) == "61x7");
    CHECK(extent({61, 1, 2}) == "61x1x2");
}

TEST_CASE("clock times") {
    CHECK(clock_time(7.9) == "0:07");
    CHECK(clock_time(750) == "12:30");
    CHECK(clock_time(3 * 3600 + 2 * 60 + 11) == "3:02:11");
    CHECK(clock_time(-1) == "?");
    CHECK(clock_time(1e300) == "?");
}

TEST_CASE("kernels go by the function's own name") {
    CHECK(short_name("_Z9vectorAddPKfS0_Pfi") == "vectorAdd");
    CHECK(short_name("_ZN7cutlass6KernelINS_4gemm4GemmIfEEEEvNT_6ParamsE") == "cutlass::Kernel");
    CHECK(short_name("_ZN12_GLOBAL__N_14scanIiEEvPT_") == "scan");
    CHECK(short_name("void reduce<float, 4>(float*)") == "reduce");
    CHECK(short_name("plain_name") == "plain_name");
    CHECK(short_name("_Znonsense") == "_Znonsense");
    CHECK(short_name("") == "");
    CHECK(short_name("a<b") == "a<b");
}

TEST_CASE("text is cut to columns and cleaned") {
    CHECK(fitted("abc", 3) == "abc");
    CHECK(fitted("abcd", 3) == "ab…");
    CHECK(columns(fitted("abcd", 3)) == 3);
    CHECK(fitted("a\x1b[2J\n", 10) == "a?[2J?");
    CHECK(columns("5.31 µs") == 7);
}
