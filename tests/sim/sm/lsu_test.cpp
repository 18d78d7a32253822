#include "sim/sm/lsu.hpp"

#include "tests/sim/sm/lsu_bench.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

// Latencies of `code` on an idle SM whose L1 holds the line.
LsuBench::Result unloaded(const StaticInstruction& code, const Pattern& addresses, bool has_addresses = true) {
    LsuBench bench;
    if (code.space == Space::Global || code.space == Space::Constant) {
        for (unsigned line = 0; line < 4; ++line) bench.add(load_global(), strided(0x1000 + 128 * line, 4));
        if (code.space == Space::Constant) bench.add(code, addresses);
        bench.run_dry();
    }
    Issue issue{code, addresses};
    issue.has_addresses = has_addresses;
    const std::size_t i = bench.add(issue);
    bench.run_dry();
    bench.run(2);
    REQUIRE(bench.results[i].reports == 2);
    return {0, bench.operands(i), bench.latency(i), 2};
}

} // namespace

TEST_CASE("unloaded latencies are the configured ones", "[lsu]") {
    struct Row {
        const char* what;
        StaticInstruction code;
        Cycles operands_read, done;
    };
    const auto ld = [](unsigned bytes, bool uniform) { return load_global(bytes, uniform); };
    const auto sts = [](unsigned bytes, bool uniform) { return store_shared(bytes, uniform); };
    const std::vector<Row> rows{
        {"LDG.32 UR", ld(4, true), 9, 29},
        {"LDG.64 UR", ld(8, true), 9, 31},
        {"LDG.128 UR", ld(16, true), 9, 35},
        {"LDG.32 R", ld(4, false), 11, 32},
        {"LDG.64 R", ld(8, false), 11, 34},
        {"LDG.128 R", ld(16, false), 11, 38},
        {"STG.32 UR", store_global(4, true), 10, 17},
        {"STG.64 UR", store_global(8, true), 12, 18},
        {"STG.128 UR", store_global(16, true), 16, 20},
        {"STG.32 R", store_global(4), 14, 17},
        {"STG.64 R", store_global(8), 16, 18},
        {"STG.128 R", store_global(16), 20, 20},
        {"LDS.32 UR", load_shared(4, true), 9, 23},
        {"LDS.64 UR", load_shared(8, true), 9, 23},
        {"LDS.128 UR", load_shared(16, true), 9, 25},
        {"LDS.32 R", load_shared(4), 9, 24},
        {"LDS.64 R", load_shared(8), 9, 24},
        {"LDS.128 R", load_shared(16), 9, 26},
        {"STS.32 UR", sts(4, true), 10, 19},
        {"STS.64 UR", sts(8, true), 12, 20},
        {"STS.128 UR", sts(16, true), 16, 22},
        {"STS.32 R", sts(4, false), 12, 19},
        {"STS.64 R", sts(8, false), 14, 20},
        {"STS.128 R", sts(16, false), 18, 22},
        {"LDGSTS.32", instruction(Behaviour::AsyncCopy, Space::Global, 4), 13, 39},
        {"LDGSTS.64", instruction(Behaviour::AsyncCopy, Space::Global, 8), 13, 39},
        {"LDGSTS.128", instruction(Behaviour::AsyncCopy, Space::Global, 16), 13, 39},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        const LsuBench::Result r = unloaded(row.code, strided(0x1000, row.code.access_bytes));
        CHECK(r.operands_read == row.operands_read);
        // Wide accesses have several lines; those in one tag bank are looked up one after another.
        CoalescedAccess access;
        const Pattern p = strided(0x1000, row.code.access_bytes);
        coalesce(p.chunk(), p.pattern, kAllLanes, row.code.access_bytes, 4, access);
        CHECK(r.done == row.done + (row.code.space == Space::Global ? access.tag_cycles - 1u : 0u));
    }
    for (const unsigned bytes : {4u, 8u}) {
        const LsuBench::Result r = unloaded(instruction(Behaviour::Load, Space::Constant, bytes), strided(0x1000, 0));
        CHECK(r.operands_read == 29);
        CHECK(r.done == 29);
    }
    const LsuBench::Result immediate = unloaded(instruction(Behaviour::Load, Space::Constant, 4, true), {}, false);
    CHECK(immediate.operands_read == 10);
    CHECK(immediate.done == 26);
    CHECK(unloaded(instruction(Behaviour::Shuffle, Space::None, 4), {}, false).done == 24);
    CHECK(unloaded(instruction(Behaviour::Atomic, Space::Shared, 4), strided(0, 4)).done == 47);
}

TEST_CASE("wide loads whose lines lie in different tag banks have exactly the configured latency", "[lsu]") {
    // Lanes of a warp that read one address touch one line, whatever the width.
    for (const auto& [bytes, done] : std::vector<std::pair<unsigned, Cycles>>{{4, 32}, {8, 34}, {16, 38}})
        CHECK(unloaded(load_global(bytes), strided(0x1000, 0)).done == done);
}

TEST_CASE("five instructions issue back to back, the sixth eleven cycles after the first", "[lsu]") {
    // Issue cycles of instructions 1..9 as measured, by number of active sub-cores: Huerta et al., MICRO 2025, table 1.
    const std::vector<std::vector<Cycle>> measured{{13, 17, 21, 25}, {13, 17, 21, 25}, {13, 19, 25, 31}, {13, 21, 29, 37}};
    const bool shared = GENERATE(true, false);
    for (unsigned active = 1; active <= kSubCores; ++active) {
        LsuBench bench;
        bench.add(load_global(), strided(0x1000, 4));
        bench.run_dry();
        bench.run(40);
        const Cycle start = bench.cycle;
        std::array<std::vector<std::size_t>, kSubCores> ids;
        for (unsigned i = 0; i < 9; ++i)
            for (unsigned s = 0; s < active; ++s)
                ids[s].push_back(bench.add(shared ? load_shared() : load_global(), strided(0x1000, 4), s, start + 2));
        bench.run_dry();
        std::vector<Cycle> firsts; // the order among sub-cores depends on where the round robin stands
        for (unsigned i = 0; i < 9; ++i) {
            std::vector<Cycle> issued;
            for (unsigned s = 0; s < active; ++s) issued.push_back(bench.results[ids[s][i]].issued - start);
            std::sort(issued.begin(), issued.end());
            for (unsigned s = 0; s < active; ++s) {
                INFO("active " << active << " instruction " << i + 1 << " sub-core " << s);
                if (i < 5) CHECK(issued[s] == 2 + i);
                else CHECK(issued[s] == measured[active - 1][i - 5] + 2 * s);
            }
        }
    }
}

TEST_CASE("can_accept closes after five and opens at dispatch", "[lsu]") {
    LsuBench bench;
    const StaticInstruction code = load_shared();
    const Pattern p = strided(0, 4);
    for (Cycle c = 2; c <= 6; ++c) bench.add(code, p, 0, c);
    bench.run(6); // cycles 0..5
    REQUIRE(bench.lsu.can_accept(0));
    bench.step(); // cycle 6: the fifth
    REQUIRE_FALSE(bench.lsu.can_accept(0));
    REQUIRE(bench.lsu.can_accept(1));
    bench.run(6); // 7..12
    REQUIRE_FALSE(bench.lsu.can_accept(0));
    bench.step(); // 13
    REQUIRE(bench.lsu.can_accept(0));
}

TEST_CASE("shared-memory conflicts cost wavefronts and latency", "[lsu]") {
    for (const auto& [stride, ways] : std::vector<std::pair<std::int64_t, unsigned>>{{4, 1}, {0, 1}, {8, 2}, {16, 4}, {32, 8}, {128, 32}}) {
        LsuBench bench;
        const std::size_t i = bench.add(load_shared(), strided(0, stride));
        bench.run_dry();
        CHECK(bench.latency(i) == 24 + 2 * (ways - 1)); // A100: 23, 25, 29, 37 for 1, 2, 4, 8 ways
        CHECK(bench.lsu.shared_memory_stats().wavefronts_mem_shared.value() == ways);
        CHECK(bench.lsu.shared_memory_stats().data_bank_conflicts_ld.value() == ways - 1);
    }
    for (const auto& [matrices, done] : std::vector<std::pair<unsigned, Cycles>>{{1, 24}, {2, 26}, {4, 30}}) { // LDSM
        StaticInstruction code = instruction(Behaviour::MatrixLoad, Space::Shared, 16);
        code.destinations[0] = {8, static_cast<std::uint8_t>(matrices)};
        code.destination_count = 1;
        LsuBench bench;
        const std::size_t i = bench.add(code, strided(0, 16));
        bench.run_dry();
        CHECK(bench.latency(i) == done);
        CHECK(bench.lsu.shared_memory_stats().wavefronts_mem_shared.value() == matrices);
    }
    LsuBench bench; // shared atomics on one word
    const std::size_t i = bench.add(instruction(Behaviour::Atomic, Space::Shared, 4), strided(64, 0));
    bench.run_dry();
    CHECK(bench.latency(i) == 47 + 2 * 31);
}

TEST_CASE("the data stage passes one wavefront per cycle", "[lsu]") {
    // 32-way conflicts from all sub-cores: the stage is never idle, 32 cycles each.
    SmMemoryConfig config;
    LsuBench bench(config);
    std::vector<std::size_t> ids;
    for (unsigned round = 0; round < 8; ++round)
        for (unsigned s = 0; s < kSubCores; ++s) ids.push_back(bench.add(load_shared(), strided(0, 128), s));
    bench.run_dry();
    std::vector<Cycle> done;
    for (const std::size_t i : ids) done.push_back(bench.results[i].done);
    std::sort(done.begin(), done.end());
    for (std::size_t i = 4; i < done.size(); ++i) CHECK(done[i] - done[i - 1] == 32);
}

TEST_CASE("the return path carries 64 bytes per cycle and sub-core", "[lsu]") {
    const auto interval = [](unsigned bytes) {
        SmMemoryConfig config;
        config.lsu.dispatch_interval = 1;
        LsuBench bench(config);
        bench.add(load_global(4), strided(0x1000, 0));
        bench.run_dry();
        std::vector<std::size_t> ids;
        for (unsigned i = 0; i < 24; ++i) ids.push_back(bench.add(load_global(bytes), strided(0x1000, 0)));
        bench.run_dry();
        return (bench.results[ids[23]].done - bench.results[ids[15]].done) / 8;
    };
    CHECK(interval(4) == 4); // address generation
    CHECK(interval(8) == 4);
    CHECK(interval(16) == 8); // 512 bytes a warp
}

TEST_CASE("a miss costs the sum of its parts", "[lsu]") {
    for (const Cycles delay : {Cycles{100}, Cycles{237}}) {
        LsuBench bench;
        bench.delay = [&](const MemoryRequest&) { return delay; };
        const std::size_t miss = bench.add(load_global(), strided(0x1000, 4));
        bench.run_dry();
        const SmMemoryConfig& c = bench.config;
        // Two links of a cycle each; the memory answers `delay` after it sees the request.
        CHECK(bench.latency(miss) == c.lsu.dispatch_latency + c.l1_cache.miss_latency + 1 + delay + 1 + c.l1_cache.fill_latency);
        const std::size_t hit = bench.add(load_global(), strided(0x1000, 4));
        bench.run_dry();
        CHECK(bench.latency(hit) == 32);
        REQUIRE(bench.seen.size() == 1);
        CHECK(bench.seen[0].sector_mask == 0xf);
    }
}

TEST_CASE("loads of other warps join a miss in flight", "[lsu]") {
    LsuBench bench;
    const std::size_t a = bench.add(load_global(), strided(0x1000, 4), 0);
    const std::size_t b = bench.add(load_global(), strided(0x1000, 4), 1, 30);
    const std::size_t c = bench.add(load_global(), strided(0x1020, 4), 2, 40); // the line and a sector of the next
    bench.run_dry();
    CHECK(bench.seen.size() == 2);
    CHECK(bench.seen[1].line == 0x1080);
    CHECK(bench.seen[1].sector_mask == 0x1);
    CHECK(bench.lsu.l1_cache().stats().mshr_merges.value() == 2);
    CHECK(bench.results[b].done == bench.results[a].done + 1); // one wavefront behind in the data stage
    CHECK(bench.results[c].done > bench.results[b].done);
}

TEST_CASE("the tag stage waits for an MSHR and charges the wait", "[lsu]") {
    SmMemoryConfig config;
    config.l1_cache.mshr_entries = 2;
    LsuBench bench(config);
    std::vector<std::size_t> loads;
    for (unsigned i = 0; i < 3; ++i) loads.push_back(bench.add(load_global(), strided(0x1000 * (i + 1), 4), i));
    const std::size_t shared = bench.add(load_shared(), strided(0, 4), 3, 30); // does not pass the tag stage
    bench.run_dry();
    const auto arrival = [&](std::size_t i) { return bench.results[i].done - config.l1_cache.fill_latency; };
    CHECK(bench.latency(shared) == 24);
    // The third is looked up in the cycle the first one's reply is seen.
    CHECK(bench.latency(loads[0]) == 11 + 6 + 1 + 100 + 1 + 10);
    CHECK(arrival(loads[2]) == arrival(loads[0]) + 6 + 1 + 100 + 1);
    const Cycle entered = bench.results[loads[2]].operands_read; // at dispatch
    CHECK(bench.lsu.l1_cache().stats().stall_mshr_full_cycles.value() == arrival(loads[0]) - entered);
    CHECK(bench.lsu.l1_cache().stats().stall_request_queue_cycles.value() == 0);
}

TEST_CASE("stores are outstanding until acknowledged", "[lsu]") {
    LsuBench bench;
    Issue store{store_global(), strided(0x1040, 4)}; // two lines
    store.cta = 5;
    const std::size_t i = bench.add(store);
    bench.step();
    CHECK(bench.lsu.outstanding_stores(5) == 2);
    CHECK_FALSE(bench.lsu.drained());
    bench.run(11 + 6 + 1 + 100); // the first acknowledgement is seen in the cycle after these
    CHECK(bench.lsu.outstanding_stores(5) == 2);
    CHECK(bench.results[i].reports == 2);
    bench.step();
    CHECK(bench.lsu.outstanding_stores(5) == 1);
    bench.step();
    CHECK(bench.lsu.outstanding_stores(5) == 0);
    CHECK(bench.lsu.drained());
    CHECK(bench.lsu.stats().stores_acknowledged.value() == 2);
    REQUIRE(bench.seen.size() == 2);
    CHECK(bench.seen[0].op == MemoryOp::Write);
    CHECK(bench.seen[0].sector_mask == 0xc);
    CHECK(bench.seen[0].full_mask == 0xc);
    CHECK(bench.seen[1].sector_mask == 0x3);

    Issue reduction{instruction(Behaviour::Reduction, Space::Global, 4), strided(0x1000, 0)};
    reduction.cta = 5;
    reduction.active = 0xff;
    bench.add(reduction);
    bench.step();
    CHECK(bench.lsu.outstanding_stores(5) == 1);
    bench.run_dry();
    CHECK(bench.seen.back().op == MemoryOp::Reduction);
    CHECK(bench.seen.back().atomic_lanes == 8);
}

TEST_CASE("atomics return from L2, loads past L1 do not fill it", "[lsu]") {
    LsuBench bench;
    const std::size_t atomic = bench.add(instruction(Behaviour::Atomic, Space::Global, 4), strided(0x1000, 4));
    bench.run_dry();
    CHECK(bench.latency(atomic) == 11 + 6 + 1 + 100 + 1 + 10);
    CHECK(bench.seen.back().atomic_lanes == 32);
    StaticInstruction strong = load_global();
    strong.bypass_l1 = true;
    for (unsigned i = 0; i < 2; ++i) {
        const std::size_t load = bench.add(strong, strided(0x2000, 4));
        bench.run_dry();
        CHECK(bench.latency(load) == 11 + 6 + 1 + 100 + 1 + 10);
    }
    CHECK(bench.seen.size() == 3);
    CHECK(bench.lsu.l1_cache().present(0x2000) == 0);
}

TEST_CASE("asynchronous copies are done when the data is in shared memory", "[lsu]") {
    LsuBench bench;
    const StaticInstruction copy = instruction(Behaviour::AsyncCopy, Space::Global, 16);
    const std::size_t miss = bench.add(copy, strided(0x1000, 16), 0);
    bench.run_dry();
    CHECK(bench.seen.size() == 4);
    CHECK(bench.latency(miss) >= 11 + 6 + 1 + 100 + 1 + 10 + 7);
    CHECK(bench.lsu.stats().async_copies.value() == 1);
    CHECK(bench.lsu.stats().l1tex_data_pipe_lsu_wavefronts.value() == 8); // read and written
}

TEST_CASE("local accesses to one offset are contiguous over the lanes", "[lsu]") {
    LsuBench bench;
    bench.add(instruction(Behaviour::Store, Space::Local, 4), strided(0x40, 0));
    bench.run_dry();
    REQUIRE(bench.seen.size() == 1);
    CHECK(bench.seen[0].full_mask == 0xf);
    Issue again{instruction(Behaviour::Load, Space::Local, 4), strided(0x40, 0)};
    bench.add(again); // another warp (the bench numbers them): a region of its own
    bench.run_dry();
    CHECK(bench.seen.size() == 2);
    CHECK(bench.lsu.l1_cache().stats().l1tex_t_requests_ld_local.value() == 1);
    CHECK(bench.lsu.l1_cache().stats().l1tex_t_requests_st_local.value() == 1);
}

TEST_CASE("constants: first level, L1.5, L2, and one address after another", "[lsu]") {
    LsuBench bench;
    const StaticInstruction ldc = instruction(Behaviour::Load, Space::Constant, 4);
    const std::size_t miss = bench.add(ldc, strided(0x100, 0));
    bench.run_dry();
    CHECK(bench.latency(miss) == 11 + 6 + 1 + 100 + 1 + 10);
    CHECK(bench.seen[0].source == 1);
    for (unsigned i = 1; i <= 4; ++i) bench.add(ldc, strided(0x100 + i * 512, 0));
    bench.run_dry();
    const std::size_t mid = bench.add(ldc, strided(0x100, 0));
    bench.run_dry();
    CHECK(bench.latency(mid) == 79);
    const std::size_t hit = bench.add(ldc, strided(0x100, 0));
    bench.run_dry();
    CHECK(bench.latency(hit) == 29);
    Issue four{ldc, strided(0x100, 4)};
    four.active = 0xf;
    const std::size_t serial = bench.add(four);
    bench.run_dry();
    CHECK(bench.latency(serial) == 29 + 3 * 2);
}

TEST_CASE("instructions for nobody and without addresses complete", "[lsu]") {
    LsuBench bench;
    for (const StaticInstruction& code :
         {load_global(), store_global(), load_shared(), store_shared(), instruction(Behaviour::Atomic, Space::Global, 4),
          instruction(Behaviour::Reduction, Space::Shared, 4), instruction(Behaviour::Load, Space::Constant, 4),
          instruction(Behaviour::CacheControl, Space::Global, 4), instruction(Behaviour::BulkCopy, Space::Global, 16)}) {
        Issue nobody{code, strided(0, 4)};
        nobody.active = 0;
        bench.add(nobody);
        Issue nowhere{code, {}};
        nowhere.has_addresses = false;
        bench.add(nowhere);
    }
    bench.run_dry();
    for (const auto& result : bench.results) CHECK(result.reports == 2);
    CHECK(bench.seen.empty());
    CHECK(bench.lsu.unmodelled().missing_address.value() == 3);
    CHECK(bench.lsu.unmodelled().bulk_copy.value() == 2);
    CHECK(bench.lsu.unmodelled().cache_control.value() == 2);
}

TEST_CASE("distributed shared memory and textures add their latency", "[lsu]") {
    LsuBench bench;
    const std::size_t remote = bench.add(instruction(Behaviour::Load, Space::DistributedShared, 4), strided(0, 4));
    bench.run_dry();
    CHECK(bench.latency(remote) == 24 + bench.config.shared_memory.distributed_extra);
    CHECK(bench.lsu.unmodelled().distributed_shared.value() == 1);
    bench.add(load_global(), strided(0x1000, 4));
    bench.run_dry();
    const std::size_t texture = bench.add(instruction(Behaviour::Load, Space::Texture, 4), strided(0x1000, 4));
    bench.run_dry();
    CHECK(bench.latency(texture) == 32 + bench.config.l1_cache.texture_extra);
}

TEST_CASE("a blocked LSU says what it waits for", "[lsu]") {
    LsuBench bench({}, 1);
    bench.request_interval = 1000000; // the memory takes one request at cycle 0, then none
    bench.run(1);
    for (unsigned i = 0; i < 4; ++i) bench.add(store_global(), strided(0x1000 * (i + 1), 4));
    bench.run(400);
    WaitReport report;
    bench.lsu.explain_wait(report);
    REQUIRE_FALSE(report.lines().empty());
    bool credit = false, acknowledgement = false;
    for (const std::string& line : report.lines()) {
        credit |= line.find("credit of requests") != std::string::npos;
        acknowledgement |= line.find("acknowledgement") != std::string::npos;
    }
    CHECK(credit);
    CHECK(acknowledgement);
    CHECK(bench.lsu.next_event(bench.cycle - 1) == kNever);
}

namespace {

StaticInstruction random_code(Random& random) {
    static const std::vector<Behaviour> behaviours{Behaviour::Load,      Behaviour::Load,    Behaviour::Load,
                                                   Behaviour::Store,     Behaviour::Atomic,  Behaviour::Reduction,
                                                   Behaviour::AsyncCopy, Behaviour::Shuffle, Behaviour::MatrixLoad};
    static const std::vector<Space> spaces{Space::Global, Space::Global, Space::Shared, Space::Local, Space::Constant};
    StaticInstruction code = instruction(random.of(behaviours), random.of(spaces), 1u << random.below(5), random.below(4) == 0);
    if (code.behaviour != Behaviour::Load && code.space == Space::Constant) code.space = Space::Global;
    if (code.behaviour == Behaviour::AsyncCopy ||
        ((code.behaviour == Behaviour::Atomic || code.behaviour == Behaviour::Reduction) && code.space == Space::Local))
        code.space = Space::Global;
    if (code.behaviour == Behaviour::MatrixLoad) {
        code.space = Space::Shared;
        code.access_bytes = 16;
        code.destination_count = 1;
        code.destinations[0] = {0, static_cast<std::uint8_t>(1u << random.below(3))};
    }
    code.bypass_l1 = random.below(8) == 0;
    return code;
}

struct Traffic {
    std::vector<LsuBench::Report> order;
    std::vector<LsuBench::Result> results;
    std::vector<std::uint64_t> values;
    std::uint64_t ticks;
    Cycle end;
};

Traffic random_traffic(std::uint64_t seed, bool skip) {
    Random random(seed);
    SmMemoryConfig config;
    config.lsu.dispatch_interval = 1 + random.below(2);
    config.l1_cache.mshr_entries = 1 + static_cast<unsigned>(random.below(40));
    config.l1_cache.mshr_merges = 1 + static_cast<unsigned>(random.below(8));
    config.l1_cache.request_queue_entries = 1 + static_cast<unsigned>(random.below(20));
    config.lsu.pending_instructions = 8 + static_cast<unsigned>(random.below(60));
    config.l1_cache.unified_size = 16 * kKiB;
    LsuBench bench(config, 1 + random.below(8), 1 + random.below(4), skip);
    bench.request_interval = 1 + random.below(4);
    Random delays(seed + 1000);
    bench.delay = [&](const MemoryRequest&) { return Cycles{20} + delays.below(delays.below(10) == 0 ? 3000 : 200); };
    Cycle earliest = 0;
    for (unsigned i = 0; i < 500; ++i) {
        earliest += random.below(20) == 0 ? random.below(1000) : random.below(6);
        Issue issue{random_code(random), {}};
        issue.sub_core = static_cast<std::uint8_t>(random.below(4));
        issue.cta = static_cast<CtaSlot>(random.below(6));
        issue.earliest = earliest;
        issue.active = random.below(2) != 0 ? kAllLanes : static_cast<std::uint32_t>(random.next() >> 7);
        issue.has_addresses = issue.code.behaviour != Behaviour::Shuffle;
        if (random.below(2) != 0) {
            issue.addresses = strided(random.below(64 * kKiB),
                                      static_cast<std::int64_t>(random.below(3) == 0 ? random.below(200) : issue.code.access_bytes));
        } else {
            std::vector<Address> addresses;
            for (unsigned lane = 0; lane < kLanes; ++lane) addresses.push_back(random.below(128 * kKiB));
            issue.addresses = listed(addresses);
        }
        bench.add(issue);
    }
    bench.run_dry(2'000'000);
    const Cycle end = bench.cycle;
    bench.lsu.settle(Now{end, bench.clock.time_of(end)});
    StatTree tree;
    bench.lsu.register_stats(tree);
    return {bench.order, bench.results, tree.snapshot(), bench.ticks, end};
}

} // namespace

TEST_CASE("random traffic: each instruction completes exactly once, skipping changes nothing", "[lsu]") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        const Traffic every = random_traffic(seed, false);
        REQUIRE(every.order.size() == 2 * every.results.size());
        for (const auto& result : every.results) {
            REQUIRE(result.reports == 2);
            REQUIRE(result.issued < result.operands_read);
            REQUIRE(result.operands_read <= result.done);
            REQUIRE(result.done != kNever);
        }
        const Traffic skipped = random_traffic(seed, true);
        REQUIRE(skipped.end == every.end);
        REQUIRE(skipped.order == every.order);
        REQUIRE(skipped.results == every.results);
        REQUIRE(skipped.values == every.values);
        REQUIRE(skipped.ticks < every.ticks);
    }
}
