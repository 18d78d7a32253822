#include "sim/sm/tensor_core.hpp"

#include <algorithm>
#include <cmath>

namespace heddle {

std::uint32_t tensor_rate(const TensorCoreConfig& config, MmaType type) {
    switch (type) {
    case MmaType::F16:
    case MmaType::Bf16: return config.f16;
    case MmaType::Tf32: return config.tf32;
    case MmaType::F64: return config.f64;
    case MmaType::S8: return config.s8;
    case MmaType::S4: return config.s4;
    case MmaType::B1: return config.b1;
    case MmaType::E4M3:
    case MmaType::E5M2: return config.fp8;
    case MmaType::None: break;
    }
    return 0;
}

// Bits of an element of A and B.
static unsigned element_bits(MmaType type) {
    switch (type) {
    case MmaType::F64: return 64;
    case MmaType::Tf32: return 32;
    case MmaType::F16:
    case MmaType::Bf16: return 16;
    case MmaType::S4: return 4;
    case MmaType::B1: return 1;
    default: return 8;
    }
}

MmaTiming mma_timing(const TensorCoreConfig& config, const MmaShape& shape, bool warpgroup, bool a_shared) {
    double per_cycle = tensor_rate(config, shape.type);
    if (per_cycle == 0) per_cycle = kLanes;
    double work = static_cast<double>(shape.multiply_adds());
    if (warpgroup) work /= 4; // one sub-core's share of the warpgroup
    else per_cycle *= config.mma_sync_rate;
    if (shape.sparse) per_cycle *= config.sparse_speedup;
    // The small tolerance keeps a rate written as 0.667 from turning 6 cycles into 7.
    auto interval = std::max<Cycles>(config.minimum_interval, static_cast<Cycles>(std::ceil(work / per_cycle - 0.01)));
    if (warpgroup) {
        const std::uint64_t b = std::uint64_t{shape.n} * shape.k, a = a_shared ? std::uint64_t{shape.m} * shape.k / (shape.sparse ? 2 : 1) : 0;
        const std::uint64_t bytes = (a + b) * element_bits(shape.type) / 8;
        interval = std::max<Cycles>(interval, (bytes + config.shared_bytes_per_cycle - 1) / config.shared_bytes_per_cycle);
    }
    const auto latency = config.latency_base + static_cast<Cycles>(std::lround(config.latency_per_interval * static_cast<double>(interval)));
    return {std::max(latency, interval), interval};
}

} // namespace heddle
