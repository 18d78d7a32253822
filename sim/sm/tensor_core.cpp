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

MmaTiming mma_timing(const TensorCoreConfig& config, const MmaShape& shape, bool warpgroup) {
    double per_cycle = tensor_rate(config, shape.type);
    if (per_cycle == 0) per_cycle = kLanes;
    double work = static_cast<double>(shape.multiply_adds());
    if (warpgroup) work /= 4; // one sub-core's share of the warpgroup
    else per_cycle *= config.mma_sync_rate;
    if (shape.sparse) per_cycle *= config.sparse_speedup;
    // The small tolerance keeps a rate written as 0.667 from turning 6 cycles into 7.
    const auto interval = std::max<Cycles>(config.minimum_interval, static_cast<Cycles>(std::ceil(work / per_cycle - 0.01)));
    const auto latency = config.latency_base + static_cast<Cycles>(std::lround(config.latency_per_interval * static_cast<double>(interval)));
    return {std::max(latency, interval), interval};
}

} // namespace heddle
