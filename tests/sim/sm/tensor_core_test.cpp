// Issue interval and latency of matrix instructions against the distances ptxas keeps (sm_80, sm_90) and published
// rates, with the configurations as shipped.
#include <catch2/catch.hpp>

#include "sim/sm/tensor_core.hpp"
#include "tests/sim/sm/shipped_sm.hpp"

using namespace heddle;

namespace {

struct Row {
    const char* name;
    MmaShape shape;
    Cycles interval, latency;
};

void check(const TensorCoreConfig& config, std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        INFO(row.name);
        const MmaTiming timing = mma_timing(config, row.shape, false);
        CHECK(timing.interval == row.interval);
        CHECK(timing.latency == row.latency);
    }
}

constexpr MmaShape shape(std::uint16_t m, std::uint16_t n, std::uint16_t k, MmaType type) { return {m, n, k, type}; }

} // namespace

TEST_CASE("A100: warp MMA reaches the full rate", "[tensor_core]") {
    check(shipped_sm("ampere").tensor_core, {
                                                {"HMMA.16816", shape(16, 8, 16, MmaType::F16), 8, 24},
                                                {"HMMA.16816.BF16", shape(16, 8, 16, MmaType::Bf16), 8, 24},
                                                {"HMMA.1688", shape(16, 8, 8, MmaType::F16), 4, 16},
                                                {"HMMA.1688.TF32", shape(16, 8, 8, MmaType::Tf32), 8, 24},
                                                {"HMMA.1684.TF32", shape(16, 8, 4, MmaType::Tf32), 4, 16},
                                                {"IMMA.16832", shape(16, 8, 32, MmaType::S8), 8, 24},
                                                {"IMMA.16816", shape(16, 8, 16, MmaType::S8), 4, 16},
                                                {"IMMA.16864.S4", shape(16, 8, 64, MmaType::S4), 8, 24},
                                                {"BMMA.168256", shape(16, 8, 256, MmaType::B1), 8, 24},
                                            });
}

TEST_CASE("H100: warp MMA reaches two thirds of the rate", "[tensor_core]") {
    check(shipped_sm("hopper").tensor_core, {
                                                {"HMMA.16816", shape(16, 8, 16, MmaType::F16), 6, 24},
                                                {"HMMA.1688", shape(16, 8, 8, MmaType::F16), 3, 16},
                                                {"HMMA.1688.TF32", shape(16, 8, 8, MmaType::Tf32), 6, 24},
                                                {"IMMA.16832", shape(16, 8, 32, MmaType::S8), 6, 24},
                                                {"IMMA.16816", shape(16, 8, 16, MmaType::S8), 3, 16},
                                            });
}

TEST_CASE("double precision runs at the vendor's rate", "[tensor_core]") {
    // 64 multiply-adds per clock and SM on A100, 128 on H100, of which mma.sync gets two thirds.
    CHECK(mma_timing(shipped_sm("ampere").tensor_core, shape(8, 8, 4, MmaType::F64), false).interval == 16);
    CHECK(mma_timing(shipped_sm("hopper").tensor_core, shape(8, 8, 4, MmaType::F64), false).interval == 12);
}

TEST_CASE("warpgroup MMA runs at the full rate, a quarter on each sub-core", "[tensor_core]") {
    const TensorCoreConfig hopper = shipped_sm("hopper").tensor_core;
    // m64n256k16: 128 cycles dense; proportional to n (Luo et al. on H800).
    CHECK(mma_timing(hopper, shape(64, 256, 16, MmaType::F16), true).interval == 128);
    CHECK(mma_timing(hopper, shape(64, 128, 16, MmaType::F16), true).interval == 64);
    CHECK(mma_timing(hopper, shape(64, 256, 32, MmaType::E4M3), true).interval == 128);
    CHECK(mma_timing(hopper, shape(64, 256, 8, MmaType::Tf32), true).interval == 128);
    CHECK(mma_timing(hopper, shape(64, 8, 16, MmaType::F16), true).interval == 4);
}

TEST_CASE("sparse MMA of a shape takes half the time of the dense one", "[tensor_core]") {
    const TensorCoreConfig ampere = shipped_sm("ampere").tensor_core;
    MmaShape sparse = shape(16, 8, 32, MmaType::F16);
    CHECK(mma_timing(ampere, sparse, false).interval == 16);
    sparse.sparse = true;
    CHECK(mma_timing(ampere, sparse, false).interval == 8);
}

TEST_CASE("a type the tensor core does not have runs at one multiply-add per lane", "[tensor_core]") {
    const TensorCoreConfig volta = shipped_sm("volta").tensor_core;
    CHECK(mma_timing(volta, shape(8, 8, 4, MmaType::F64), false).interval == 256 / 32);
    const TensorCoreConfig ampere = shipped_sm("ampere").tensor_core;
    CHECK(mma_timing(ampere, shape(16, 8, 32, MmaType::E4M3), false).interval == 4096 / 32);
}

TEST_CASE("interval and latency keep their bounds", "[tensor_core]") {
    TensorCoreConfig config;
    config.minimum_interval = 5;
    config.latency_base = 0;
    config.latency_per_interval = 0;
    config.f16 = 65536;
    const MmaTiming timing = mma_timing(config, shape(16, 8, 8, MmaType::F16), false);
    CHECK(timing.interval == 5);
    CHECK(timing.latency == 5); // a result never comes before the input is free
}
