#include "frontend/cuda/function.hpp"

#include "frontend/cuda/api.hpp"
#include "frontend/cuda/launch.hpp"

namespace heddle::cuda {

namespace {

constexpr unsigned kSmsPerGpc = 16; // Hopper: most GPCs of an H100 have 16 or 18 SMs
constexpr unsigned kPortable = 8, kLargest = 16;

// Static shared memory as programs see it: without what the system reserves.
Bytes own_shared(const emulator::Function& f) { return f.static_shared; }

} // namespace

abi::FunctionAttributes attributes_of(const Context& context, const Kernel& kernel) {
    const emulator::Function& f = *kernel.function;
    const int architecture = static_cast<int>(f.module->architecture());
    abi::FunctionAttributes a;
    a.shared_bytes = own_shared(f);
    a.local_bytes = f.local_bytes;
    if (f.module->constant_bank(3).size() != 0) a.constant_bytes = f.module->constant_bank(3).size();
    a.max_threads = static_cast<int>(max_threads(context, kernel));
    a.registers = static_cast<int>(f.registers);
    a.ptx_version = architecture;
    a.binary_version = architecture;
    a.max_dynamic_shared = static_cast<int>(max_dynamic_shared(context, kernel));
    a.shared_carveout = kernel.shared_carveout;
    const Dim3& cluster = f.cluster.x != 0 ? f.cluster : kernel.cluster;
    a.cluster_must_be_set = f.cluster.x == 0 && cluster.x != 0 ? 1 : 0;
    a.cluster_x = static_cast<int>(cluster.x);
    a.cluster_y = static_cast<int>(cluster.y);
    a.cluster_z = static_cast<int>(cluster.z);
    a.cluster_policy = kernel.cluster_policy;
    a.nonportable_cluster = kernel.nonportable_cluster ? 1 : 0;
    return a;
}

void set_attribute(Context& context, Kernel& kernel, abi::FunctionAttribute attribute, int value) {
    using Id = abi::FunctionAttribute;
    const auto extent = [&](std::uint32_t& to) {
        require(value >= 0 && value <= static_cast<int>(kLargest));
        if (kernel.cluster.x == 0) kernel.cluster = {1, 1, 1};
        to = static_cast<std::uint32_t>(value);
    };
    switch (attribute) {
    case Id::MaxDynamicShared:
        require(value >= 0 && static_cast<Bytes>(value) + own_shared(*kernel.function) <= context.device.properties().shared_per_cta_optin);
        kernel.max_dynamic_shared = static_cast<Bytes>(value);
        return;
    case Id::SharedCarveout:
        require(value >= -1 && value <= 100);
        kernel.shared_carveout = value;
        return;
    case Id::ClusterMustBeSet: return;
    case Id::ClusterWidth: extent(kernel.cluster.x); return;
    case Id::ClusterHeight: extent(kernel.cluster.y); return;
    case Id::ClusterDepth: extent(kernel.cluster.z); return;
    case Id::NonportableCluster: kernel.nonportable_cluster = value != 0; return;
    case Id::ClusterPolicy: kernel.cluster_policy = value; return;
    }
    throw Failure{Error::InvalidValue};
}

Bytes available_shared(const Context& context, const Kernel& kernel, unsigned ctas, unsigned threads) {
    const emulator::DeviceProperties& p = context.device.properties();
    require(context.device.occupancy(*kernel.function, threads, 0) >= ctas);
    const Bytes share = p.shared_per_sm / ctas / 128 * 128;
    const Bytes used = own_shared(*kernel.function) + p.reserved_shared;
    return share <= used ? 0 : std::min(share - used, p.shared_per_cta_optin - own_shared(*kernel.function));
}

int active_clusters(const Context& context, const Kernel& kernel, const Dim3& cluster, const Dim3& block, Bytes dynamic_shared) {
    const auto size = static_cast<unsigned>(cluster.volume());
    if (size == 0 || size > (kernel.nonportable_cluster ? kLargest : kPortable)) throw Failure{Error::InvalidClusterSize};
    const std::uint32_t per_sm = context.device.occupancy(*kernel.function, static_cast<unsigned>(block.volume()), dynamic_shared);
    return static_cast<int>(kSmsPerGpc * per_sm / size * (context.device.properties().sms / kSmsPerGpc));
}

int potential_cluster(const Context& context, const Kernel& kernel, const Dim3& block, Bytes dynamic_shared) {
    for (unsigned size = kernel.nonportable_cluster ? kLargest : kPortable; size > 1; size /= 2)
        if (active_clusters(context, kernel, {size, 1, 1}, block, dynamic_shared) > 0) return static_cast<int>(size);
    return 1;
}

} // namespace heddle::cuda
