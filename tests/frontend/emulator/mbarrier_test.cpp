#include "frontend/emulator/mbarrier.hpp"

#include <catch2/catch.hpp>

using namespace heddle::emulator;

TEST_CASE("mbarrier: the word after init is what ptxas stores for sm_90 and sm_80") {
    CHECK(mbarrier::init(32) == (std::uint64_t{0xfffe0U << 11} << 32 | 0xfffe0U << 1)); // SYNCS.EXCH of mbarrier.init 32
    CHECK(mbarrier::sm80::init(32) == 0x7fffffe0'3fffffe0ULL);                          // STS.64 of mbarrier.init 32
}

TEST_CASE("mbarrier: a phase ends with the last arrival, and the next one expects as many") {
    std::uint64_t w = mbarrier::init(3);
    CHECK(mbarrier::expected(w) == 3);
    CHECK(mbarrier::pending(w) == 3);
    CHECK_FALSE(mbarrier::arrive(w, 2));
    CHECK(mbarrier::pending(w) == 1);
    CHECK_FALSE(mbarrier::test_phase(w, false));
    CHECK(mbarrier::arrive(w, 1));
    CHECK(mbarrier::test_phase(w, false));
    CHECK_FALSE(mbarrier::test_phase(w, true));
    CHECK(mbarrier::pending(w) == 3);
    CHECK(mbarrier::arrive(w, 3));
    CHECK(w == mbarrier::init(3));
}

TEST_CASE("mbarrier: transactions hold a phase open, before and after the arrivals") {
    std::uint64_t w = mbarrier::init(1);
    CHECK_FALSE(mbarrier::arrive(w, 1, 4096)); // arrive.expect_tx
    CHECK(mbarrier::transactions(w) == 4096);
    CHECK(mbarrier::pending(w) == 0);
    CHECK_FALSE(mbarrier::complete_tx(w, 1024));
    CHECK(mbarrier::complete_tx(w, 3072));
    CHECK(mbarrier::phase(w));

    w = mbarrier::init(1); // bytes that arrive before they are expected
    CHECK_FALSE(mbarrier::complete_tx(w, 512));
    CHECK(mbarrier::transactions(w) == -512);
    CHECK(mbarrier::arrive(w, 1, 512));
    CHECK(mbarrier::transactions(w) == 0);

    w = mbarrier::init(1);
    mbarrier::expect_tx(w, (1U << 20) - 1);
    mbarrier::expect_tx(w, 1);
    CHECK(mbarrier::transactions(w) == 1 << 20);
    CHECK(mbarrier::expected(w) == 1);
    CHECK(mbarrier::pending(w) == 1);
}

TEST_CASE("mbarrier: a dropped thread is missing in later phases only") {
    std::uint64_t w = mbarrier::init(2);
    CHECK_FALSE(mbarrier::arrive_drop(w, 1));
    CHECK(mbarrier::pending(w) == 1);
    CHECK(mbarrier::arrive(w, 1));
    CHECK(mbarrier::pending(w) == 1);
    CHECK(mbarrier::arrive(w, 1));
}

TEST_CASE("mbarrier of sm_80: arrivals count up to the phase bit") {
    std::uint64_t w = mbarrier::sm80::init(2);
    CHECK(mbarrier::sm80::pending(w) == 2);
    CHECK_FALSE(mbarrier::sm80::arrive(w));
    CHECK(mbarrier::sm80::arrive(w));
    CHECK(mbarrier::sm80::phase(w));
    CHECK(mbarrier::sm80::pending(w) == 2);
    w += 1; // arrive_drop: the low word grows by one
    CHECK(mbarrier::sm80::expected(w) == 1);
    CHECK_FALSE(mbarrier::sm80::arrive(w));
    CHECK(mbarrier::sm80::arrive(w));
    CHECK_FALSE(mbarrier::sm80::phase(w));
    CHECK(mbarrier::sm80::pending(w) == 1);
}
