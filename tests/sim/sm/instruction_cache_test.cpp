#include <catch2/catch.hpp>

#include "sim/sm/instruction_cache.hpp"
#include "tests/sim/sm/sm_harness.hpp"

using namespace heddle;

namespace {

// L1 39 cycles away, memory 200 further, nothing brought at launch.
InstructionCacheConfig plain_config() {
    InstructionCacheConfig config;
    config.miss_latency = 200;
    config.launch_prefetch = 0;
    return config;
}

InstructionCacheConfig without_prefetch() {
    InstructionCacheConfig config = plain_config();
    config.prefetch_lines = 0;
    return config;
}

} // namespace

TEST_CASE("a line store keeps the lines used last in each set", "[instruction_cache]") {
    LineStore store(1024, 4); // 8 lines: 2 sets of 4
    for (std::uint64_t line : {0, 2, 4, 6}) store.insert(line, 100 + line);
    CHECK(store.find(0) == 100); // used again
    store.insert(8, 108);        // drops 2
    CHECK(store.find(2) == kNever);
    CHECK(store.find(0) == 100);
    CHECK(store.find(4) == 104);
    CHECK(store.find(6) == 106);
    CHECK(store.find(8) == 108);
    store.insert(1, 101); // the other set
    CHECK(store.find(0) == 100);
    store.insert(10, 110); // drops 4? no: 0 was found last, order is 4, 6, 8, 0
    CHECK(store.find(4) == kNever);
    CHECK(store.find(1) == 101);
}

TEST_CASE("a store smaller than its associativity is one set", "[instruction_cache]") {
    LineStore store(128, 4);
    for (std::uint64_t line = 0; line < 4; ++line) store.insert(line, line);
    for (std::uint64_t line = 0; line < 4; ++line) CHECK(store.find(line) == line);
}

TEST_CASE("the first fetch comes from beyond the L1, later ones from L0", "[instruction_cache]") {
    InstructionCache cache(without_prefetch(), 4);
    CHECK(cache.fetch(1000, 0, 5, 5) == 1000 + 200 + 39);
    CHECK(cache.fetch(1239, 0, 5, 5) == 1239);
    CHECK(cache.fetch(9999, 0, 5, 5) == 9999);
    CHECK(cache.stats.l0_requests.value() == 3);
    CHECK(cache.stats.l0_misses.value() == 1);
    CHECK(cache.stats.l1_misses.value() == 1);
    CHECK(cache.stats.prefetches.value() == 0);
}

TEST_CASE("a second request for a line on its way waits for the same arrival", "[instruction_cache]") {
    InstructionCache cache(without_prefetch(), 4);
    CHECK(cache.fetch(1000, 0, 5, 5) == 1239);
    CHECK(cache.fetch(1100, 0, 5, 5) == 1239);
    CHECK(cache.stats.l0_misses.value() == 1);
}

TEST_CASE("each sub-core has its own L0, all share the L1", "[instruction_cache]") {
    InstructionCache cache(without_prefetch(), 4);
    cache.fetch(0, 0, 5, 5);
    CHECK(cache.fetch(1000, 1, 5, 5) == 1039);
    CHECK(cache.fetch(2000, 0, 5, 5) == 2000);
    CHECK(cache.stats.l0_misses.value() == 2);
    CHECK(cache.stats.l1_misses.value() == 1);
    // Another sub-core asks while the line is still on its way to the L1.
    CHECK(cache.fetch(3000, 0, 6, 6) == 3239);
    CHECK(cache.fetch(3010, 1, 6, 6) == 3239);
    CHECK(cache.stats.l1_misses.value() == 2);
}

TEST_CASE("the stream buffer brings as many lines as it is deep, one a cycle", "[instruction_cache]") {
    for (unsigned depth : {0u, 1u, 4u, 8u}) {
        InstructionCacheConfig config = plain_config();
        config.prefetch_lines = depth;
        InstructionCache cache(config, 1);
        CHECK(cache.fetch(0, 0, 100, 100) == 239);
        CHECK(cache.stats.prefetches.value() == depth);
        for (unsigned ahead = 1; ahead <= depth; ++ahead) CHECK(cache.fetch(0, 0, 100 + ahead, 100 + ahead) == 239 + ahead);
        CHECK(cache.stats.l0_misses.value() == 1);
        // The first use of each line had one more fetched, so the stream goes on without a miss.
        CHECK(cache.stats.prefetches.value() == 2 * depth);
        CHECK(cache.fetch(1000, 0, 101 + depth, 101 + depth) == (depth == 0 ? 1239 : 1000));
        CHECK(cache.stats.l0_misses.value() == (depth == 0 ? 2 : 1));
        // A second use brings nothing.
        const auto before = cache.stats.prefetches.value();
        cache.fetch(2000, 0, 100, 100);
        CHECK(cache.stats.prefetches.value() == before);
    }
}

TEST_CASE("the beginning of a kernel's code waits in the GPC's cache", "[instruction_cache]") {
    InstructionCacheConfig config = without_prefetch();
    config.launch_prefetch = 4 * kLineBytes;
    config.gpc_latency = 70;
    InstructionCache cache(config, 1);
    CHECK(cache.fetch(0, 0, 1003, 3) == 70 + 39);
    CHECK(cache.fetch(0, 0, 1004, 4) == 200 + 39);
}

TEST_CASE("lines that are held are not prefetched again", "[instruction_cache]") {
    InstructionCacheConfig config = plain_config();
    config.prefetch_lines = 4;
    InstructionCache cache(config, 1);
    cache.fetch(0, 0, 102, 102);
    CHECK(cache.stats.prefetches.value() == 4); // 103 to 106
    cache.fetch(1000, 0, 100, 100);
    CHECK(cache.stats.prefetches.value() == 5); // 101; 102 to 104 are there
}

TEST_CASE("a loop larger than the L0 misses at every pass, one that fits does not", "[instruction_cache]") {
    InstructionCacheConfig config = without_prefetch();
    config.l0_size = 4 * kKiB; // 32 lines
    config.l0_ways = 32;
    for (const auto& [lines, misses] : {std::pair{32u, 32u}, {33u, 10u * 33u}}) {
        InstructionCache cache(config, 1);
        Cycle now = 0;
        for (unsigned pass = 0; pass < 10; ++pass)
            for (unsigned line = 0; line < lines; ++line) now = cache.fetch(now + 1, 0, line, line);
        INFO(lines << " lines");
        CHECK(cache.stats.l0_misses.value() == misses); // 33 lines under LRU: each goes just before it is needed
        CHECK(cache.stats.l1_misses.value() == lines);
    }
}

namespace {

// Straight-line code of `length` instructions, each independent of the others, on one warp.
SmRun straight_line(SmConfig config, unsigned length) {
    Program program("straight", 90);
    std::vector<const StaticInstruction*> rows;
    for (unsigned i = 0; i < length; ++i)
        rows.push_back(i % 2 == 0 ? &program.row("FADD", {10}, {1, 2}) : &program.row("IADD3", {11}, {1, 2}));
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        for (const auto* row : rows) code.add(*row);
        code.add(exit);
    });
    return run_on_sm(config, workload);
}

} // namespace

TEST_CASE("straight-line code stalls at every line without prefetch", "[instruction_cache]") {
    SmConfig config;
    config.instruction_cache.prefetch_lines = 0;
    const unsigned lines = 40;
    const SmRun run = straight_line(config, 8 * lines - 1);
    CHECK(run["gpu.sm.instruction_cache.l0_misses"] == lines);
    CHECK(run["gpu.sm.instruction_cache.l0_requests"] == lines);
    CHECK(run["gpu.sm.instruction_cache.l1_misses"] == lines);
    // Nothing overlaps: 239 cycles for each line, less what the buffer still holds.
    const auto cycles = run.cycles_of(0);
    for (unsigned line = 1; line < lines; ++line) CHECK(cycles[8 * line] - cycles[8 * line - 1] >= 230);
    CHECK(run["gpu.sm.sub_core.warp_states.no_instruction"] >= (lines - 1) * 230u);
}

TEST_CASE("prefetch hides most of what straight-line code waits for", "[instruction_cache]") {
    Cycle last = kNever;
    for (unsigned depth : {0u, 1u, 2u, 4u, 8u}) {
        SmConfig config;
        config.instruction_cache.prefetch_lines = depth;
        const auto cycles = straight_line(config, 8 * 90 - 1).cycles_of(0);
        INFO("depth " << depth);
        CHECK(cycles.back() < last);
        last = cycles.back();
    }
    // 90 lines, a miss of 239 cycles every ninth, and a chain that issues in four or five cycles an instruction.
    CHECK(last < 90 / 9 * 245 + 8 * 90 * 5);
}

TEST_CASE("a second warp of the sub-core finds the lines of the first", "[instruction_cache]") {
    Program program("two", 90);
    std::vector<const StaticInstruction*> rows;
    for (unsigned i = 0; i < 64; ++i) rows.push_back(&program.row("FADD", {10}, {1, 2}));
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {.threads = 5 * 32}, [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
        if (warp % 4 == 0) // warps 0 and 4 share sub-core 0
            for (const auto* row : rows) code.add(*row);
        code.add(exit);
    });
    SmConfig config;
    config.instruction_cache.prefetch_lines = 0;
    const SmRun run = run_on_sm(config, workload);
    CHECK(run["gpu.sm.instruction_cache.l0_misses"] == 9 + 3); // nine lines in sub-core 0; the EXIT's line in the others
    CHECK(run["gpu.sm.instruction_cache.l1_misses"] == 9);
}

TEST_CASE("a tiny cache whose prefetch throws out what was asked for still gets on", "[instruction_cache]") {
    SmConfig config;
    config.instruction_cache.l0_size = kKiB; // eight lines, direct mapped
    config.instruction_cache.l0_ways = 1;
    config.instruction_cache.prefetch_lines = 8; // the eighth line ahead takes the place of the first
    const SmRun run = straight_line(config, 8 * 20);
    CHECK(run.done == 1);
    CHECK(run["gpu.sm.sub_core.inst_executed"] == 8 * 20 + 1);
}
