// Expected values are worked out by hand from the published rules of cuda_occupancy.h and the limits of V100, A100
// and H100; each line says how.
#include <catch2/catch.hpp>

#include "sim/base/error.hpp"
#include "sim/sm/occupancy.hpp"
#include "tests/sim/sm/shipped_sm.hpp"

#include <random>

using namespace heddle;

namespace {

using Limit = Occupancy::Limit;

KernelLaunch launch_of(std::uint32_t threads, std::uint32_t registers, Bytes shared) {
    KernelLaunch launch;
    launch.name = "kernel_under_test";
    launch.id = 17;
    launch.block = {threads, 1, 1};
    launch.registers_per_thread = registers;
    launch.shared_bytes = shared;
    return launch;
}

const SmConfig& sm_of(char gpu) {
    static const SmConfig v = shipped_sm("volta"), a = shipped_sm("ampere"), h = shipped_sm("hopper");
    return gpu == 'V' ? v : gpu == 'A' ? a : h;
}

struct Case {
    char gpu; // V100, A100, H100
    std::uint32_t threads, registers;
    Bytes shared;
    std::uint32_t ctas;
    Limit limit;
    Bytes carve_out_kib;
};

constexpr Bytes K = kKiB;

const Case kCases[] = {
    // CTA slots and warps
    {'A', 1, 32, 0, 32, Limit::Ctas, 32},   // one warp: 64 by warps, 32 slots; 32 x 1 KB reserved
    {'A', 32, 16, 0, 32, Limit::Ctas, 32},  // 512 registers a warp: 32 a sub-core
    {'V', 32, 16, 0, 32, Limit::Ctas, 0},   // nothing reserved on V100
    {'A', 33, 32, 0, 32, Limit::Warps, 32}, // two warps
    {'A', 64, 32, 0, 32, Limit::Warps, 32}, // 1024 registers: 16 warps a sub-core, 64 / 2
    {'A', 128, 0, 0, 16, Limit::Warps, 16}, // registers not known: not limiting
    {'A', 128, 32, 0, 16, Limit::Warps, 16},
    {'A', 256, 32, 0, 8, Limit::Warps, 8},
    {'A', 1024, 32, 0, 2, Limit::Warps, 8},
    {'A', 1024, 17, 0, 2, Limit::Warps, 8}, // 544 -> 768: 21 a sub-core, 84 / 32
    {'V', 1024, 32, 0, 2, Limit::Warps, 0},
    // Registers, allocated per warp in units of 256 within a sub-core's 16384
    {'A', 1024, 33, 0, 1, Limit::Registers, 8}, // 1056 -> 1280: 12 a sub-core, 48 / 32
    {'A', 1024, 64, 0, 1, Limit::Registers, 8}, // 2048: 8, 32 / 32, the whole file
    {'A', 992, 64, 0, 1, Limit::Registers, 8},  // 31 warps take room for 32
    {'A', 512, 64, 0, 2, Limit::Registers, 8},  // 2048: 8, 32 / 16
    {'A', 512, 128, 0, 1, Limit::Registers, 8}, // 4096: 4, 16 / 16
    {'A', 256, 128, 0, 2, Limit::Registers, 8}, // 16 / 8
    {'A', 256, 255, 0, 1, Limit::Registers, 8}, // 8160 -> 8192: 2, 8 / 8
    {'A', 160, 255, 0, 1, Limit::Registers, 8}, // 8 / 5
    {'A', 32, 255, 0, 8, Limit::Registers, 8},
    {'A', 160, 80, 0, 4, Limit::Registers, 8},  // 2560: 6.4 -> 6, 24 / 5 (the SM as a whole would hold 25)
    {'A', 32, 96, 0, 20, Limit::Registers, 32}, // 3072: 5.3 -> 5, 20 (21 of the SM as a whole)
    {'A', 96, 40, 0, 16, Limit::Registers, 16}, // 1280: 12, 48 / 3 (51 / 3 = 17)
    {'A', 224, 56, 0, 5, Limit::Registers, 8},  // 1792: 9, 36 / 7
    {'V', 640, 48, 0, 2, Limit::Registers, 0},  // 1536: 10, 40 / 20 (42 / 20 = 2)
    {'H', 384, 168, 0, 1, Limit::Registers, 8}, // 5376: 3, 12 / 12
    {'H', 384, 168, 200 * K, 1, Limit::Registers, 228},
    // Shared memory
    {'A', 128, 32, 48 * K, 3, Limit::Shared, 164}, // 49 KB: 164 / 49, 147 KB needed
    {'A', 128, 32, 40 * K, 4, Limit::Shared, 164}, // 41 KB: exactly four
    {'A', 128, 32, 163 * K, 1, Limit::Shared, 164},
    {'V', 128, 32, 48 * K, 2, Limit::Shared, 96},
    {'V', 128, 32, 96 * K, 1, Limit::Shared, 96},
    {'H', 128, 32, 227 * K, 1, Limit::Shared, 228},
    {'H', 256, 32, 64 * K, 3, Limit::Shared, 196},    // 65 KB: 195 KB needed
    {'H', 256, 32, 32 * K, 6, Limit::Shared, 228},    // 33 KB: 198 KB needed
    {'H', 32, 32, 6 * K, 32, Limit::Ctas, 228},       // 7 KB x 32 = 224 KB
    {'H', 32, 32, 6 * K + 128, 32, Limit::Ctas, 228}, // 7296 B x 32 = 228 KB exactly
    {'H', 32, 32, 7 * K, 28, Limit::Shared, 228},
    {'A', 64, 32, 4 * K, 32, Limit::Warps, 164},
    {'A', 64, 32, 4 * K + 128, 32, Limit::Warps, 164},  // 5248 B x 32 = 164 KB exactly
    {'A', 64, 32, 4 * K + 129, 31, Limit::Shared, 164}, // 5249 -> 5376
    // Granularity and the choice of the carve-out
    {'V', 128, 32, 100, 16, Limit::Warps, 8},     // 256 B x 16 = 4 KB
    {'A', 128, 32, 100, 16, Limit::Warps, 32},    // 1124 -> 1152 B, x 16 = 18 KB
    {'A', 128, 32, 7 * K, 16, Limit::Warps, 132}, // 8 KB x 16 = 128 KB
    {'A', 256, 32, 3 * K, 8, Limit::Warps, 32},   // 4 KB x 8 = 32 KB exactly
    {'A', 256, 32, 3 * K + 1, 8, Limit::Warps, 64},
};

std::string refusal(char gpu, const KernelLaunch& launch) {
    try {
        occupancy(sm_of(gpu), launch);
    } catch (const UserError& error) {
        return error.what();
    }
    FAIL("was not refused");
    return {};
}

} // namespace

TEST_CASE("occupancy follows the published rules", "[occupancy]") {
    STATIC_REQUIRE(std::size(kCases) >= 40);
    for (const Case& c : kCases) {
        INFO(c.gpu << "100, " << c.threads << " threads, " << c.registers << " registers, " << c.shared << " B shared");
        const Occupancy result = occupancy(sm_of(c.gpu), launch_of(c.threads, c.registers, c.shared));
        CHECK(result.ctas == c.ctas);
        CHECK(std::string(name(result.limit)) == name(c.limit));
        CHECK(result.shared_carve_out == c.carve_out_kib * K);
    }
}

TEST_CASE("the shape of the block does not matter, only its volume", "[occupancy]") {
    KernelLaunch launch = launch_of(1, 40, 0);
    launch.block = {4, 3, 8}; // 96
    CHECK(occupancy(sm_of('A'), launch).ctas == 16);
    CHECK(occupancy(sm_of('A'), launch).registers_per_warp == 1280);
}

TEST_CASE("a CTA says what it takes of shared memory", "[occupancy]") {
    CHECK(occupancy(sm_of('A'), launch_of(32, 32, 0)).shared_per_cta == 1024);
    CHECK(occupancy(sm_of('A'), launch_of(32, 32, 1)).shared_per_cta == 1152);
    CHECK(occupancy(sm_of('V'), launch_of(32, 32, 0)).shared_per_cta == 0);
    CHECK(occupancy(sm_of('V'), launch_of(32, 32, 257)).shared_per_cta == 512);
}

TEST_CASE("what can never run is the user's error, naming kernel and resource", "[occupancy]") {
    using Catch::Contains;
    CHECK_THAT(refusal('A', launch_of(1025, 16, 0)),
               Contains("kernel_under_test (number 17)") && Contains("1025 threads per CTA, at most 1024"));
    CHECK_THAT(refusal('A', launch_of(0, 16, 0)), Contains("grid or block is empty"));
    KernelLaunch no_grid = launch_of(32, 16, 0);
    no_grid.grid = {4, 0, 1};
    CHECK_THAT(refusal('A', no_grid), Contains("grid or block is empty"));
    CHECK_THAT(refusal('A', launch_of(32, 256, 0)), Contains("256 registers per thread, at most 255"));
    CHECK_THAT(refusal('A', launch_of(1024, 65, 0)), Contains("32 warps need 2304 registers each, an SM has 65536"));
    CHECK_THAT(refusal('A', launch_of(288, 255, 0)), Contains("9 warps need 8192 registers each")); // room for 12 would be taken
    CHECK_THAT(refusal('A', launch_of(32, 16, 163 * K + 1)), Contains("166913 bytes of shared memory per CTA, at most 166912"));
    CHECK_THAT(refusal('H', launch_of(32, 16, 228 * K)), Contains("at most 232448"));
    CHECK_THAT(refusal('V', launch_of(32, 16, 96 * K + 1)), Contains("at most 98304"));
    CHECK_THAT(refusal('A', launch_of(32, 16, 163 * K + 1)), Contains("choose a GPU with larger limits"));
}

TEST_CASE("an SM with fewer warps refuses a CTA with more", "[occupancy]") {
    SmConfig sm = sm_of('A');
    sm.limits.warps = 16;
    CHECK(occupancy(sm, launch_of(512, 16, 0)).ctas == 1);
    CHECK_THROWS_WITH(occupancy(sm, launch_of(513, 16, 0)), Catch::Contains("17 warps per CTA, an SM holds 16"));
}

TEST_CASE("barriers limit only where the pool is small", "[occupancy]") {
    SmConfig sm = sm_of('A');
    CHECK(sm.limits.barriers_per_cta_slot == 0);
    sm.limits.barriers_per_cta_slot = 1;
    CHECK(occupancy(sm, launch_of(32, 16, 0)).limit == Limit::Ctas);
    CHECK(sm_of('H').limits.barriers_per_cta_slot == 2);
}

// One more CTA would break the limit that is named, the given number breaks none.
TEST_CASE("the limit named is the one that stops the next CTA", "[occupancy]") {
    std::mt19937 random(3);
    unsigned counted[5] = {};
    for (unsigned round = 0; round < 4000; ++round) {
        const char gpu = "VAH"[random() % 3];
        const SmConfig& sm = sm_of(gpu);
        const SmLimitsConfig& limits = sm.limits;
        const std::uint32_t threads = 1 + random() % (random() % 4 == 0 ? 1024 : 256);
        const KernelLaunch launch = launch_of(threads, random() % 256, random() % 2 == 0 ? 0 : random() % limits.max_shared_per_cta);
        Occupancy result;
        try {
            result = occupancy(sm, launch);
        } catch (const UserError&) {
            continue;
        }
        ++counted[static_cast<unsigned>(result.limit)];
        const std::uint64_t warps = launch.warps_per_cta();
        const auto breaks = [&](Limit limit, std::uint64_t ctas) {
            switch (limit) {
            case Limit::Warps: return ctas * warps > limits.warps;
            case Limit::Ctas: return ctas > limits.ctas;
            case Limit::Registers:
                return result.registers_per_warp != 0 && ctas * warps > limits.registers / 4 / result.registers_per_warp * 4;
            case Limit::Shared: return ctas * result.shared_per_cta > limits.shared_carve_outs.back();
            case Limit::Barriers:
                return limits.barriers_per_cta_slot != 0 && ctas > std::uint64_t{limits.barriers_per_cta_slot} * limits.ctas;
            }
            return true;
        };
        INFO(gpu << " " << threads << " threads, " << launch.registers_per_thread << " registers, " << launch.shared_bytes << " B");
        REQUIRE(result.ctas >= 1);
        REQUIRE(breaks(result.limit, result.ctas + 1));
        for (Limit limit : {Limit::Warps, Limit::Ctas, Limit::Registers, Limit::Shared, Limit::Barriers})
            REQUIRE_FALSE(breaks(limit, result.ctas));
        // The smallest carve-out that holds them all.
        const Bytes needed = result.ctas * result.shared_per_cta;
        REQUIRE(result.shared_carve_out >= needed);
        for (Bytes size : limits.shared_carve_outs) REQUIRE((size >= result.shared_carve_out || size < needed));
    }
    CHECK(counted[static_cast<unsigned>(Limit::Warps)] > 100);
    CHECK(counted[static_cast<unsigned>(Limit::Ctas)] > 10);
    CHECK(counted[static_cast<unsigned>(Limit::Registers)] > 100);
    CHECK(counted[static_cast<unsigned>(Limit::Shared)] > 100);
}
