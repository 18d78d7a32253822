#include <catch2/catch.hpp>

#include "sim/base/error.hpp"
#include "tests/sim/gpu/cta_dispatcher_bench.hpp"

#include <random>

using namespace heddle;

// Placement ------------------------------------------------------------------------------------------------------

TEST_CASE("CTAs go to the emptiest SM, among equals to one GPC after the other", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 12});
    const Outcome outcome = dispatch(k.workload, {.work = [](auto, auto) { return CtaTime{10000}; }});
    REQUIRE(outcome.finished);
    // GPC 0 holds SMs 0 to 2, GPC 1 holds 3 and 4.
    CHECK(sms_of(outcome.arrivals) == std::vector<SmId>{0, 3, 1, 4, 2, 0, 3, 1, 4, 2, 0, 3});
    for (std::uint32_t i = 0; i < 12; ++i) {
        CHECK(outcome.arrivals[i].cta == i);         // in the order of the grid
        CHECK(outcome.arrivals[i].cycle == 100 + i); // one a cycle, after the launch latency of 100 ns
    }
}

TEST_CASE("several CTAs a cycle if configured", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 12});
    const Outcome outcome = dispatch(k.workload, {.overrides = {"host.ctas_per_cycle=4"}});
    for (std::uint32_t i = 0; i < 12; ++i) CHECK(outcome.arrivals[i].cycle == 100 + i / 4);
    CHECK(sms_of(outcome.arrivals) == std::vector<SmId>{0, 3, 1, 4, 2, 0, 3, 1, 4, 2, 0, 3});
}

TEST_CASE("the CTA after a full machine goes where one has ended", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 11, .threads = 1024}); // two an SM
    const Outcome outcome =
        dispatch(k.workload,
                 {.work = [](auto, std::uint32_t cta) { return CtaTime{cta == 8 ? Cycles{500} : Cycles{5000}}; }}); // the eighth is on SM 4
    REQUIRE(outcome.arrivals.size() == 11);
    CHECK(outcome.arrivals[10].sm == outcome.arrivals[8].sm);
    CHECK(outcome.arrivals[10].cycle == outcome.arrivals[8].cycle + kLink + 500 + kLink);
}

TEST_CASE("an SM never holds more CTAs than the occupancy allows, and all of them when there is enough work", "[cta_dispatcher]") {
    std::mt19937 random(4);
    for (const auto& [threads, registers, shared, most] : {std::tuple<std::uint32_t, std::uint32_t, Bytes, unsigned>{32, 16, 0, 32},
                                                           {256, 128, 0, 2},
                                                           {160, 80, 0, 4},
                                                           {128, 32, 40 * kKiB, 4},
                                                           {1024, 64, 0, 1}}) {
        Kernels k;
        k.add({.ctas = 400, .threads = threads, .registers = registers, .shared_bytes = shared});
        const Outcome outcome = dispatch(
            k.workload, {.overrides = {"host.ctas_per_cycle=8"}, .work = [&](auto, auto) { return CtaTime{200 + random() % 300}; }});
        REQUIRE(outcome.finished);
        CHECK(outcome.ctas == 400);
        CHECK(outcome.kernels[0].ctas_per_sm == most);
        for (unsigned resident : outcome.most_resident) CHECK(resident == most);
    }
}

TEST_CASE("only the first CTA of a kernel on an SM empties its L1", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 30});
    k.add({.ctas = 3});
    const Outcome outcome = dispatch(k.workload);
    for (std::uint32_t kernel : {0u, 1u}) {
        std::map<SmId, unsigned> emptied;
        for (const auto& a : outcome.of(kernel)) {
            if (emptied.count(a.sm) == 0) CHECK(a.invalidate_l1);
            emptied[a.sm] += a.invalidate_l1;
        }
        CHECK(emptied.size() == (kernel == 0 ? 5 : 3));
        for (const auto& [sm, count] : emptied) CHECK(count == 1);
    }
}

// What is chosen, what is empty, what cannot be ------------------------------------------------------------------

TEST_CASE("only launches in the chosen range run", "[cta_dispatcher]") {
    const auto ids = [](std::uint64_t first, std::uint64_t last, std::uint64_t& skipped) {
        Kernels k;
        for (unsigned i = 0; i < 6; ++i) {
            k.workload.add_copy(0, 1); // copies do not count as launches
            k.add({.ctas = 1});
        }
        const Outcome outcome = dispatch(k.workload, {.first = first, .last = last});
        CHECK(outcome.finished);
        CHECK(outcome.copy_bytes == 6);
        skipped = outcome.skipped;
        std::vector<std::uint64_t> result;
        for (const auto& kernel : outcome.kernels) result.push_back(kernel.id);
        return result;
    };
    std::uint64_t skipped = 0;
    CHECK(ids(1, ~0ULL, skipped) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
    CHECK(skipped == 0);
    CHECK(ids(2, 4, skipped) == std::vector<std::uint64_t>{2, 3, 4});
    CHECK(skipped == 3);
    CHECK(ids(6, 6, skipped) == std::vector<std::uint64_t>{6});
    CHECK(ids(7, 9, skipped).empty());
    CHECK(skipped == 6);
}

TEST_CASE("CTAs without warps are done when their turn comes", "[cta_dispatcher]") {
    OneKernel some(std::make_unique<GappyKernel>(1, 20, [](std::uint32_t cta) { return cta % 3 != 1; }));
    const Outcome outcome = dispatch(some);
    REQUIRE(outcome.finished);
    CHECK(outcome.kernels[0].ctas == 20);
    CHECK(outcome.ctas == 7);
    CHECK(outcome.empty == 13);
    CHECK(outcome.arrivals[1].cta == 4);
    CHECK(outcome.arrivals[1].cycle == outcome.arrivals[0].cycle + 1);
}

TEST_CASE("a kernel of nothing but empty CTAs is complete after its launch latency", "[cta_dispatcher]") {
    for (const char* latency : {"0 ns", "1 ns", "1500 ns"}) {
        for (bool skip : {true, false}) {
            OneKernel none(std::make_unique<GappyKernel>(1, 5, [](std::uint32_t) { return true; }));
            const Outcome outcome =
                dispatch(none, {.overrides = {std::string("host.launch_latency=") + latency}, .options = {.skip = skip}});
            INFO(latency);
            REQUIRE(outcome.finished);
            REQUIRE(outcome.kernels.size() == 1);
            CHECK(outcome.kernels[0].ctas == 5);
            CHECK(outcome.kernels[0].cycles <= std::stoull(latency) + 1);
            CHECK(outcome.kernels[0].cycles >= std::stoull(latency));
            CHECK(outcome.empty == 5);
        }
    }
}

TEST_CASE("a workload without commands is finished", "[cta_dispatcher]") {
    SyntheticWorkload nothing;
    const Outcome outcome = dispatch(nothing);
    CHECK(outcome.finished);
    CHECK(outcome.kernels.empty());
}

TEST_CASE("a CTA that fits no SM is the user's error", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 1, .threads = 1024, .registers = 200});
    CHECK_THROWS_AS(dispatch(k.workload), UserError);
    Kernels shared;
    shared.add({.ctas = 1});
    shared.add({.ctas = 1, .shared_bytes = 200 * kKiB});
    CHECK_THROWS_WITH(dispatch(shared.workload), Catch::Contains("kernel k (number 2) can never run: 204800 bytes of shared memory"));
}

TEST_CASE("a kernel with clusters is counted as not modelled", "[cta_dispatcher]") {
    auto kernel = std::make_unique<GappyKernel>(1, 4, [](std::uint32_t) { return false; });
    const_cast<KernelLaunch&>(kernel->launch()).cluster = {2, 1, 1};
    OneKernel workload(std::move(kernel));
    const Outcome outcome = dispatch(workload);
    CHECK(outcome.finished);
    CHECK(outcome.clusters == 1);
}

TEST_CASE("what never ends is told in the report", "[cta_dispatcher]") {
    Kernels k;
    k.add({.ctas = 3});
    k.add({.ctas = 1});
    const Outcome outcome = dispatch(k.workload, {.work = [](auto, std::uint32_t cta) { return CtaTime{cta == 1 ? kNever : 100}; }});
    CHECK_FALSE(outcome.finished);
    CHECK(outcome.kernels.empty());
    CHECK_THAT(outcome.wait_report, Catch::Contains("gpu.dispatcher.kernel[1] k waits for 1 of 3 CTAs dispatched to complete\n"));
    CHECK_THAT(outcome.wait_report, Catch::Contains("gpu.dispatcher.cta(1,0,0) waits for SM 3\n"));
    CHECK_THAT(outcome.wait_report, Catch::Contains("gpu.dispatcher waits for 1 commands to start\n"));
}

TEST_CASE("the outcome does not depend on the quantum or on skipping", "[cta_dispatcher]") {
    const auto all = [](RunOptions options, bool boundaries) {
        Kernels k;
        std::mt19937 random(21);
        for (unsigned i = 0; i < 25; ++i) {
            if (random() % 4 == 0) k.workload.add_copy(0x1000 * i, random() % 1000);
            k.add({.ctas = 1 + random() % 40,
                   .threads = 32 * (1 + static_cast<std::uint32_t>(random() % 16)),
                   .shared_bytes = random() % 40000,
                   .stream = random() % 4});
        }
        const Work work = [](std::uint32_t kernel, std::uint32_t cta) {
            const std::uint32_t mixed = (kernel * 40503 + cta * 2654435761u) >> 12;
            return CtaTime{20 + mixed % 700, mixed % 5 == 0 ? 1 + mixed % 300 : 0};
        };
        const Outcome outcome = dispatch(k.workload, {.work = work, .boundary_for_copies = boundaries, .options = options});
        REQUIRE(outcome.finished);
        REQUIRE(outcome.kernels.size() == 25);
        std::vector<std::uint64_t> numbers;
        for (const auto& a : outcome.arrivals)
            numbers.insert(numbers.end(), {a.cycle, a.sm, a.cta, a.kernel, a.carve_out, a.invalidate_l1});
        for (const auto& r : outcome.kernels) numbers.insert(numbers.end(), {r.id, r.start, r.end, r.cycles, r.ctas, r.overlapped});
        for (const auto& [cycle, copy] : outcome.copies) numbers.insert(numbers.end(), {cycle, copy.address});
        return numbers;
    };
    for (bool boundaries : {false, true}) {
        const auto reference = all({}, boundaries);
        CHECK(all({.skip = false}, boundaries) == reference);
        CHECK(all({.quantum = 1'000'000}, boundaries) == reference);
        CHECK(all({.quantum = 7'300'000, .skip = false}, boundaries) == reference);
        CHECK(all({.threads = 3}, boundaries) == reference);
    }
}
