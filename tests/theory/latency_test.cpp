// Latencies that follow from the configuration alone.
#include <catch2/catch.hpp>

#include "sim/mem/divider.hpp"
#include "tests/theory/theory_harness.hpp"

using namespace heddle;

namespace {

// Cycles per instruction of a chain of `opcode`, each reading what the one before wrote.
double chain(const GpuConfig& config, unsigned architecture, const std::string& opcode, std::initializer_list<std::uint16_t> dst,
             std::initializer_list<std::uint16_t> src, std::optional<Address> address = std::nullopt, std::int64_t stride = 4) {
    const auto cycles_of = [&](unsigned count) {
        Program program("chain", architecture);
        const auto& row = program.row(opcode, dst, src);
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) {
            for (unsigned i = 0; i < count; ++i) {
                if (address) warp.add_strided(row, *address, stride);
                else warp.add(row);
            }
            warp.add(exit);
        });
        return simulate(config, workload).kernels[0].cycles;
    };
    // All instances are one row at one address, so that instruction fetch is a constant.
    return static_cast<double>(cycles_of(300) - cycles_of(100)) / 200;
}

} // namespace

TEST_CASE("a dependent chain takes the configured latency of its unit") {
    for (const auto& [gpu, architecture] : {std::pair{"h200_sxm", 90u}, std::pair{"a100_sxm_80gb", 80u}, std::pair{"v100_sxm2", 70u}}) {
        // A chain of one row jumps back to itself; the branch latency must not show.
        const GpuConfig config = load_small_gpu(gpu, {"sm.sub_core.branch_latency=1 cycle"});
        CAPTURE(gpu);
        const auto latency = [&](LatencyClass c) { return static_cast<double>(config.sm.latency[c].latency); };
        CHECK(chain(config, architecture, "IADD3", {4}, {4, 5, 6}) == latency(LatencyClass::Integer));
        CHECK(chain(config, architecture, "IMAD", {4}, {4, 5, 6}) == latency(LatencyClass::IntegerMad));
        CHECK(chain(config, architecture, "IMAD.WIDE", {4}, {8, 9, 4}) == latency(LatencyClass::IntegerMadWide));
        CHECK(chain(config, architecture, "FFMA", {4}, {4, 5, 6}) == latency(LatencyClass::Float));
        CHECK(chain(config, architecture, "FMNMX", {4}, {4, 5}) == latency(LatencyClass::FloatCompare));
        CHECK(chain(config, architecture, "HADD2", {4}, {4, 5}) == latency(LatencyClass::Half));
        CHECK(chain(config, architecture, "DFMA", {4}, {4, 6, 8}) == latency(LatencyClass::Double));
        CHECK(chain(config, architecture, "MUFU.EX2", {4}, {4}) == latency(LatencyClass::Transcendental));
        CHECK(chain(config, architecture, "POPC", {4}, {4}) == latency(LatencyClass::BitCount));
        CHECK(chain(config, architecture, "F2I.TRUNC.NTZ", {4}, {4}) == latency(LatencyClass::Conversion));

        const auto& memory = config.sm.memory.lsu.latency;
        CHECK(chain(config, architecture, "LDS", {4}, {4}, 0) == static_cast<double>(memory.load_shared.done.bits32));
        CHECK(chain(config, architecture, "LDS.128", {4}, {4}, 0, 16) == static_cast<double>(memory.load_shared.done.bits128));
        CHECK(chain(config, architecture, "SHFL.BFLY", {4}, {4}) == static_cast<double>(memory.shuffle.done.bits32));
        CHECK(chain(config, architecture, "LDG.E", {4}, {4}, 0x7f0000000000) == static_cast<double>(memory.load_global.done.bits32));
        CHECK(chain(config, architecture, "LDG.E.64", {4}, {4}, 0x7f0000000000, 8) == static_cast<double>(memory.load_global.done.bits64));
    }
}

TEST_CASE("a conflict-free, a 2-way and a 32-way shared load cost what the bank rule says") {
    const GpuConfig config = load_small_gpu("h200_sxm", {"sm.sub_core.branch_latency=1 cycle"});
    const auto base = static_cast<double>(config.sm.memory.lsu.latency.load_shared.done.bits32);
    const auto extra = static_cast<double>(config.sm.memory.shared_memory.conflict_latency);
    for (const auto& [stride, ways] : {std::pair{4, 1}, std::pair{8, 2}, std::pair{16, 4}, std::pair{128, 32}, std::pair{0, 1}}) {
        CAPTURE(stride);
        CHECK(chain(config, 90, "LDS", {4}, {4}, 0, stride) == base + (ways - 1) * extra);
    }
}

TEST_CASE("MMA chains and streams take the tensor core's latency and interval") {
    for (const auto& [gpu, architecture, latency, interval] : {std::tuple{"h200_sxm", 90u, 24.0, 6.0}, std::tuple{"a100_sxm_80gb", 80u, 24.0, 8.0}}) {
        const GpuConfig config = load_small_gpu(gpu, {"sm.sub_core.branch_latency=1 cycle"});
        CAPTURE(gpu);
        CHECK(chain(config, architecture, "HMMA.16816.F32", {4}, {8, 12, 4}) == latency);
        // Without a dependence: the accumulator is not read by the next one, but written by it: two rows in turn.
        const auto cycles_of = [&, arch = architecture](unsigned count) {
            Program program("stream", arch);
            std::vector<const StaticInstruction*> rows;
            for (std::uint16_t i = 0; i < 8; ++i) rows.push_back(&program.row("HMMA.16816.F32", {static_cast<std::uint16_t>(16 + 4 * i)}, {8, 12, static_cast<std::uint16_t>(16 + 4 * i)}));
            const auto& exit = program.row("EXIT", {}, {});
            SyntheticWorkload workload;
            workload.add_kernel(program, {.registers = 64}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) {
                for (unsigned i = 0; i < count; ++i)
                    for (const auto* row : rows) warp.add(*row);
                warp.add(exit);
            });
            return simulate(config, workload).kernels[0].cycles;
        };
        CHECK(static_cast<double>(cycles_of(40) - cycles_of(20)) / (20 * 8) == interval);
    }
}

namespace {

// A machine whose clocks agree, so that a latency counted in one domain is the same number in another.
std::vector<std::string> one_clock(std::vector<std::string> more = {}) {
    std::vector<std::string> overrides{"clocks.sm=1 GHz", "clocks.l2=1 GHz", "clocks.dram=1 GHz", "dram.refresh=none", "sm.sub_core.branch_latency=1 cycle"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    return overrides;
}

// Loads that miss L1 and hit the near L2 partition.
double l2_chase(const GpuConfig& config) {
    constexpr unsigned kLines = 64;
    const auto cycles_of = [&](unsigned count) {
        Program program("chase", 90);
        const auto& load = program.row("LDG.E.64.STRONG.GPU", {4}, {4});
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) {
            for (unsigned i = 0; i < count; ++i) warp.add_list(load, {Address{0x7f0000000000} + (i % kLines) * 128}, 1);
            warp.add(exit);
        });
        return simulate(config, workload).kernels[0].cycles;
    };
    return static_cast<double>(cycles_of(6 * kLines) - cycles_of(3 * kLines)) / (3 * kLines);
}

// Loads of closed rows: every load opens a row of a bank that was not used before.
double dram_chase(const GpuConfig& config) {
    return chase(config, 60, [](unsigned i) { return Address{0x7f0000000000} + Address{i} * (1 << 22); });
}

} // namespace

TEST_CASE("a pointer chase in L1 takes the configured latency") {
    const GpuConfig config = load_small_gpu("h200_sxm", {"sm.sub_core.branch_latency=1 cycle"});
    CHECK(chase(config, 200, [](unsigned i) { return Address{0x7f0000000000} + (i * 128) % 4096; }) ==
          static_cast<double>(config.sm.memory.lsu.latency.load_global.done.bits64));
}

TEST_CASE("a pointer chase in L2 takes the sum of the configured parts") {
    const GpuConfig config = load_small_gpu("h100_sxm", one_clock());
    const auto& lsu = config.sm.memory.lsu;
    const auto& l1 = config.sm.memory.l1_cache;
    const auto& noc = config.noc;
    // Dispatch, tag stage to request; four links; L2 hit; last sector to registers, one cycle more for 64 bits on the
    // return path; a crossbar hands a message on in the cycle it arrives.
    const Cycles parts = lsu.dispatch_latency + l1.miss_latency + noc.sm_to_gpc + noc.gpc_to_slice + config.l2.hit_latency + noc.slice_to_gpc +
                         noc.gpc_to_sm + l1.fill_latency;
    const double measured = l2_chase(config);
    CHECK(measured >= static_cast<double>(parts));
    CHECK(measured <= static_cast<double>(parts + 4)); // hand-over cycles of tag stage, return path and registers

    // Every part counts once, to the cycle.
    for (const auto& [key, more] : {std::pair{"noc.sm_to_gpc", config.noc.sm_to_gpc + 7}, std::pair{"noc.gpc_to_slice", config.noc.gpc_to_slice + 7},
                                    std::pair{"noc.slice_to_gpc", config.noc.slice_to_gpc + 7}, std::pair{"noc.gpc_to_sm", config.noc.gpc_to_sm + 7},
                                    std::pair{"l2.hit_latency", config.l2.hit_latency + 7}, std::pair{"sm.memory.l1_cache.miss_latency", l1.miss_latency + 7},
                                    std::pair{"sm.memory.l1_cache.fill_latency", l1.fill_latency + 7}}) {
        CAPTURE(key);
        CHECK(l2_chase(load_small_gpu("h100_sxm", one_clock({fmt::format("{}={} cycles", key, more)}))) == measured + 7);
    }
}

TEST_CASE("a pointer chase in DRAM takes the sum of the configured parts") {
    const std::vector<std::string> one_partition{"address_map.partitions=1"};
    const GpuConfig config = load_small_gpu("h100_sxm", one_clock(one_partition));
    const auto& lsu = config.sm.memory.lsu;
    const auto& l1 = config.sm.memory.l1_cache;
    const auto& noc = config.noc;
    const auto& t = config.dram.timings;
    const Cycles parts = lsu.dispatch_latency + l1.miss_latency + noc.sm_to_gpc + noc.gpc_to_slice + config.l2.miss_latency + 2 * config.l2.dram_link_latency +
                         config.dram.front_latency + t.rcd_read + (t.activate_length - 1) + t.cl + t.burst + config.dram.back_latency +
                         config.l2.fill_latency + noc.slice_to_gpc + noc.gpc_to_sm + l1.fill_latency;
    const double measured = dram_chase(config);
    CHECK(measured >= static_cast<double>(parts));
    CHECK(measured <= static_cast<double>(parts + 12)); // hand-over cycles, and the second atom of the fetched pair
    // HBM3 commands start on whole CK, two ticks: even steps.
    for (const auto& [key, more] : {std::pair{"l2.miss_latency", config.l2.miss_latency + 8}, std::pair{"l2.fill_latency", config.l2.fill_latency + 8},
                                    std::pair{"dram.front_latency", config.dram.front_latency + 8}, std::pair{"dram.timings.cl", t.cl + 8}}) {
        CAPTURE(key);
        auto overrides = one_clock(one_partition);
        overrides.push_back(fmt::format("{}={} cycles", key, more));
        CHECK(dram_chase(load_small_gpu("h100_sxm", overrides)) == measured + 8);
    }
}

TEST_CASE("a pointer chase gains nothing from a stride prefetcher and loses nothing; a strided one gains what the distance says") {
    // Lines of a hash order, far apart: no stride, no stream, and the next line is never used.
    const auto scattered = [](unsigned i) { return 0x7f0000000000 + (mix_bits(i + 1) % 65536) * 4 * kLineBytes; };
    const auto strided = [](unsigned i) { return 0x7f0000000000 + Address{i} * 2 * kLineBytes; };
    const GpuConfig none = load_small_gpu("h200_sxm");
    const GpuConfig stride = load_small_gpu("h200_sxm", {"sm.memory.l1_cache.prefetcher.policy=stride"});
    const GpuConfig far = load_small_gpu("h200_sxm", {"sm.memory.l1_cache.prefetcher.policy=stride", "sm.memory.l1_cache.prefetcher.distance=64"});
    const double miss = chase(none, 400, scattered);
    CHECK(chase(stride, 400, scattered) == miss);
    // One stride ahead, the load of a line begins when the line before is asked for: two misses overlap.
    const double one = chase(stride, 400, strided), plain = chase(none, 400, strided);
    CHECK(one < 0.6 * plain);
    CHECK(one > 0.4 * plain);
    // Far enough ahead, every load hits L1.
    CHECK(chase(far, 400, strided) < 2.0 * static_cast<double>(none.sm.memory.lsu.latency.load_global.done.bits64));
}
