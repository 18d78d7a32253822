#include <catch2/catch.hpp>

#include "sim/base/units.hpp"

using namespace heddle;

TEST_CASE("the volume of an extent does not overflow 32 bits", "[units]") {
    CHECK(Dim3{}.volume() == 1);
    CHECK(Dim3{2, 3, 4}.volume() == 24);
    CHECK(Dim3{0, 3, 4}.volume() == 0);
    CHECK(Dim3{2147483647, 65535, 1}.volume() == 140735340806145ULL);
    CHECK(Dim3{1, 2, 3} == Dim3{1, 2, 3});
    CHECK_FALSE(Dim3{1, 2, 3} == Dim3{3, 2, 1});
}

TEST_CASE("units are consistent with each other", "[units]") {
    CHECK(kSectorsPerLine * kSectorBytes == kLineBytes);
    CHECK(kNanosecond * 1'000'000'000 == kFemtosecondsPerSecond);
    CHECK(kGiB == Bytes{1} << 30);
    CHECK(kNever == kNoTime);
}
