#include <catch2/catch.hpp>

#include "tests/sim/gpu/cta_dispatcher_bench.hpp"

using namespace heddle;

// Kernels and streams --------------------------------------------------------------------------------------------

TEST_CASE("a kernel starts its launch latency after the one before it in its stream", "[cta_dispatcher]") {
    for (const char* latency : {"0 ns", "100 ns", "1500 ns"}) {
        Kernels k;
        k.add({.ctas = 5});
        k.add({.ctas = 5});
        k.add({.ctas = 5});
        const Outcome outcome = dispatch(k.workload, {.overrides = {std::string("host.launch_latency=") + latency}});
        const Time gap = std::stoull(latency) * kNanosecond;
        REQUIRE(outcome.kernels.size() == 3);
        CHECK(outcome.kernels[0].start == 0);
        for (unsigned i = 0; i < 3; ++i) {
            const KernelRecord& record = outcome.kernels[i];
            CHECK(record.id == i + 1);
            CHECK_FALSE(record.overlapped);
            CHECK(record.cycles == (record.end - record.start) / kNanosecond);
            // Dispatch of the last of five, there, 100 cycles, and back.
            CHECK(record.cycles == gap / kNanosecond + 4 + kLink + 100 + kLink);
            CHECK(outcome.of(i)[0].cycle * kNanosecond == record.start + gap);
            // Nothing may start before the machine has been looked at: one lookahead after the end.
            if (i > 0) CHECK(record.start + gap == outcome.kernels[i - 1].end + std::max<Time>(gap, kLink * kNanosecond));
        }
    }
}

TEST_CASE("the end of a kernel is reported late, which holds up no launch after it", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 5});
    k.add({.ctas = 5});
    const Outcome outcome = dispatch(k.workload, {.overrides = {"host.launch_latency=500 ns", "host.completion_latency=300 ns"}});
    REQUIRE(outcome.kernels.size() == 2);
    CHECK(outcome.kernels[0].cycles == 500 + 4 + kLink + 100 + kLink + 300);
    CHECK(outcome.kernels[1].start == outcome.kernels[0].end - 300 * kNanosecond);
}

TEST_CASE("kernels of different streams run side by side, those of one stream in order", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 3, .stream = 7});
    k.add({.ctas = 3, .stream = 7});
    k.add({.ctas = 3, .stream = 8});
    const Outcome outcome = dispatch(k.workload, {.work = [](auto, auto) { return CtaTime{1000}; }});
    REQUIRE(outcome.finished);
    CHECK(outcome.kernel(3).start == outcome.kernel(1).start);
    CHECK(outcome.kernel(3).start < outcome.kernel(1).end);
    CHECK(outcome.kernel(2).start >= outcome.kernel(1).end);
    CHECK(outcome.kernel(1).overlapped);
    CHECK(outcome.kernel(3).overlapped);
    // The other stream's CTAs take the SMs the first left free.
    CHECK(sms_of(outcome.arrivals)[3] == 4);
}

TEST_CASE("no more kernels run at a time than configured", "[cta_dispatcher]") {
    Kernels k;
    for (std::uint64_t stream = 0; stream < 6; ++stream) k.add({.ctas = 2, .stream = stream});
    const Outcome outcome =
        dispatch(k.workload, {.overrides = {"host.concurrent_kernels=2", "host.launch_latency=0 ns"}, .work = [](auto, auto) { return CtaTime{1000}; }});
    REQUIRE(outcome.kernels.size() == 6);
    for (const auto& a : outcome.kernels) {
        unsigned beside = 0;
        for (const auto& b : outcome.kernels) beside += a.start >= b.start && a.start < b.end;
        CHECK(beside <= 2);
    }
    CHECK(outcome.kernel(2).start == outcome.kernel(1).start);
    CHECK(outcome.kernel(3).start >= outcome.kernel(1).end);
}

TEST_CASE("a kernel is complete when the stores of its SMs are acknowledged", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 5});
    const Outcome with = dispatch(k.workload, {.work = [](auto, std::uint32_t cta) {
                                      return CtaTime{100, cta == 2 ? Cycles{900} : Cycles{0}};
                                  }});
    REQUIRE(with.kernels.size() == 1);
    CHECK(with.kernels[0].cycles == 100 + 2 + kLink + 100 + 900 + kLink); // launched; the third was dispatched two cycles later
    CHECK(with.kernels[0].warp_instructions == 50);
    CHECK(with.kernels[0].thread_instructions == 5 * 320);
}

TEST_CASE("an SM keeps its carve-out until it is empty", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 5, .stream = 1});                             // an 8 or 32 KB carve-out on every SM
    k.add({.ctas = 5, .shared_bytes = 100 * kKiB, .stream = 2}); // 101 KB do not fit beside it
    const Outcome outcome = dispatch(
        k.workload, {.work = [](std::uint32_t kernel, std::uint32_t cta) { return CtaTime{kernel == 0 ? 1000 + 500 * cta : 100}; }});
    REQUIRE(outcome.finished);
    std::map<SmId, Cycle> free_from;
    for (const auto& a : outcome.of(0)) {
        CHECK(a.carve_out == 32 * kKiB);
        free_from[a.sm] = a.cycle + 2 * kLink + 1000 + 500 * a.cta;
    }
    for (const auto& a : outcome.of(1)) {
        CHECK(a.carve_out == 132 * kKiB); // the smallest that holds the one CTA that fits
        CHECK(a.cycle >= free_from[a.sm]);
    }
    CHECK(outcome.of(1)[0].cycle == free_from[outcome.of(1)[0].sm]);
}

// Copies ---------------------------------------------------------------------------------------------------------

TEST_CASE("a copy waits for the kernels before it, and later kernels for the copy", "[cta_dispatcher]") {
    for (bool boundaries : {false, true}) {
        Kernels k;
        k.workload.add_copy(0x1000, 64);
        k.add({.ctas = 2, .stream = 1});
        k.workload.add_copy(0x2000, 100);
        k.add({.ctas = 2, .stream = 2});
        const Outcome outcome = dispatch(k.workload, {.boundary_for_copies = boundaries});
        REQUIRE(outcome.finished);
        CHECK(outcome.copy_bytes == 164);
        CHECK(outcome.of(1)[0].cycle * kNanosecond > outcome.kernel(1).end);
        CHECK_FALSE(outcome.kernel(1).overlapped);
        REQUIRE(outcome.copies.size() == (boundaries ? 2 : 0));
        if (!boundaries) continue;
        CHECK(outcome.copies[0].second.address == 0x1000);
        CHECK(outcome.copies[1].second.bytes == 100);
        // The front end may have begun with a launch; its CTAs come after the copy.
        CHECK(outcome.copies[0].first <= outcome.of(0)[0].cycle);
        CHECK(outcome.copies[1].first <= outcome.of(1)[0].cycle);
        CHECK(outcome.copies[1].first * kNanosecond >= outcome.kernel(1).end);
    }
}

TEST_CASE("any number of copies in a row is got over", "[cta_dispatcher]") {
    for (unsigned copies : {1u, 63u, 64u, 65u, 128u, 1000u}) {
        for (bool boundaries : {false, true}) {
            for (bool skip : {true, false}) {
                Kernels k;
                for (unsigned i = 0; i < copies; ++i) k.workload.add_copy(0x1000 * i, 10);
                k.add({.ctas = 2});
                for (unsigned i = 0; i < copies; ++i) k.workload.add_copy(0x1000 * i, 10);
                const Outcome outcome = dispatch(k.workload, {.boundary_for_copies = boundaries, .options = {.skip = skip}});
                INFO(copies << " copies");
                REQUIRE(outcome.finished);
                CHECK(outcome.kernels.size() == 1);
                CHECK(outcome.copy_bytes == 2 * 10 * copies);
                CHECK(outcome.copies.size() == (boundaries ? 2 * copies : 0));
            }
        }
    }
}
