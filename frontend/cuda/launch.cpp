#include "frontend/cuda/launch.hpp"

#include "frontend/cuda/api.hpp"
#include "frontend/cuda/message.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fmt/format.h>

namespace heddle::cuda {

namespace {

constexpr unsigned kPortableCluster = 8, kLargestCluster = 16;
constexpr unsigned kMostRefusalsPrinted = 4;

// Arguments given as one buffer: a list of (key, value) pairs that ends with key 0.
std::span<const std::byte> buffer_of(void** extra) {
    const std::byte* buffer = nullptr;
    std::size_t bytes = 0;
    for (; *extra != nullptr; extra += 2) {
        if (extra[0] == reinterpret_cast<void*>(1)) buffer = static_cast<const std::byte*>(extra[1]);
        else if (extra[0] == reinterpret_cast<void*>(2)) bytes = at(static_cast<std::size_t*>(extra[1]));
        else throw Failure{Error::InvalidValue};
    }
    require(buffer != nullptr || bytes == 0);
    return {buffer, bytes};
}

std::vector<std::byte> pack(const emulator::Function& function, void** parameters, void** extra) {
    std::vector<std::byte> packed(function.parameter_bytes);
    if (parameters == nullptr && extra != nullptr) {
        const auto buffer = buffer_of(extra);
        std::copy_n(buffer.data(), std::min(buffer.size(), packed.size()), packed.data());
        return packed;
    }
    require(parameters != nullptr || function.parameters.empty());
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
        const emulator::KernelParameter& p = function.parameters[i];
        require(parameters[i] != nullptr && p.offset + p.size <= packed.size());
        std::memcpy(packed.data() + p.offset, parameters[i], p.size);
    }
    return packed;
}

// A launch the GPU cannot make: the call returns the runtime's error, which says little, so the reason is printed (a few
// times: some programs try out what fits).
[[noreturn]] void refuse(const emulator::Function& function, Error error, const std::string& reason) {
    static std::atomic<unsigned> said = 0;
    if (said++ < kMostRefusalsPrinted) say(fmt::format("{} was not launched: {}", function.name, reason));
    throw Failure{error};
}

// The codes are those of CUDA 13.0 on an H200 and an H100: none of something is an invalid configuration, a block of 2048 threads an
// invalid value (earlier runtimes: an invalid configuration too). The other limits are taken to be like that of threads.
void check_extent(const emulator::Function& f, const Dim3& grid, const Dim3& block) {
    const bool is_empty = grid.volume() == 0 || block.volume() == 0;
    const bool grid_fits = grid.x <= 0x7fffffffU && grid.y <= 65535 && grid.z <= 65535;
    const bool block_fits = block.x <= 1024 && block.y <= 1024 && block.z <= 64 && block.volume() <= 1024;
    if (is_empty || !grid_fits || !block_fits)
        refuse(f, is_empty ? Error::InvalidConfiguration : Error::InvalidValue,
               fmt::format("a grid of {}x{}x{} blocks of {}x{}x{} threads is outside the limits (2147483647x65535x65535, 1024x1024x64 and 1024 threads, none of them 0)",
                           grid.x, grid.y, grid.z, block.x, block.y, block.z));
}

void check_cluster(const Context& context, const Kernel& kernel, const KernelOperation& launch) {
    const Dim3& c = launch.cluster;
    if (c == Dim3{1, 1, 1}) return;
    require(context.device.properties().architecture >= 90, Error::NotSupported);
    require(c.volume() != 0 && c.volume() <= (kernel.nonportable_cluster ? kLargestCluster : kPortableCluster), Error::InvalidClusterSize);
    require(launch.grid.x % c.x == 0 && launch.grid.y % c.y == 0 && launch.grid.z % c.z == 0, Error::InvalidConfiguration);
}

} // namespace

Bytes max_dynamic_shared(const Context& context, const Kernel& kernel) {
    if (kernel.max_dynamic_shared != 0) return kernel.max_dynamic_shared;
    const Bytes all = context.device.properties().shared_per_cta;
    const Bytes used = kernel.function->static_shared;
    return all - std::min(all, used);
}

unsigned max_threads(const Context& context, const Kernel& kernel) {
    const emulator::Function& f = *kernel.function;
    for (unsigned threads = std::min(1024U, f.max_threads); threads > 32; threads = (threads - 1) / 32 * 32)
        if (context.device.occupancy(f, threads, 0) != 0) return threads;
    return std::min(32U, f.max_threads);
}

bool apply_attribute(KernelOperation& launch, const abi::LaunchAttribute& attribute) {
    using Id = abi::LaunchAttributeId;
    switch (attribute.id) {
    case Id::Cooperative: launch.cooperative = attribute.value.number != 0; return true;
    case Id::ClusterDimension: launch.cluster = {attribute.value.dim[0], attribute.value.dim[1], attribute.value.dim[2]}; return true;
    case Id::ProgrammaticSerialization: launch.programmatic = attribute.value.number != 0; return true;
    case Id::Priority: launch.priority = attribute.value.number; return true;
    case Id::Ignore:
    case Id::AccessPolicyWindow:
    case Id::SynchronizationPolicy:
    case Id::ClusterPolicy:
    case Id::ProgrammaticEvent:
    case Id::MemSyncDomainMap:
    case Id::MemSyncDomain:
    case Id::PreferredClusterDimension:
    case Id::LaunchCompletionEvent:
    case Id::SharedCarveout: return true; // hints
    default: return false;
    }
}

KernelOperation make_launch(Context& context, const LaunchDescription& description) {
    const Kernel& kernel = *description.kernel;
    const emulator::Function& f = *kernel.function;
    KernelOperation launch;
    launch.kernel = &kernel;
    launch.grid = description.grid;
    launch.block = description.block;
    launch.dynamic_shared = description.dynamic_shared;
    if (f.cluster.x != 0) launch.cluster = f.cluster;
    else if (kernel.cluster.x != 0) launch.cluster = kernel.cluster;
    for (const abi::LaunchAttribute& attribute : description.attributes) require(apply_attribute(launch, attribute), Error::NotSupported);
    if (launch.cluster.volume() == 0) launch.cluster = {1, 1, 1};
    if (f.cluster.x != 0) require(launch.cluster == f.cluster, Error::InvalidClusterSize);

    check_extent(f, launch.grid, launch.block);
    check_cluster(context, kernel, launch);
    if (f.required_block.x != 0) require(launch.block == f.required_block);
    if (const Bytes most = max_dynamic_shared(context, kernel); launch.dynamic_shared > most)
        refuse(f, Error::InvalidValue,
               fmt::format("{} bytes of dynamic shared memory are more than the {} it may have{}", launch.dynamic_shared, most,
                           launch.dynamic_shared + f.static_shared <= context.device.properties().shared_per_cta_optin ? " (raise cudaFuncAttributeMaxDynamicSharedMemorySize)" : ""));
    const auto threads = static_cast<std::uint32_t>(launch.block.volume());
    const std::uint32_t fit = context.device.occupancy(f, threads, launch.dynamic_shared);
    if (fit == 0)
        refuse(f, Error::LaunchOutOfResources,
               fmt::format("a block of {} threads with {} registers each and {} bytes of shared memory does not fit on an SM", threads, f.registers, f.static_shared + launch.dynamic_shared));
    if (launch.cooperative)
        require(launch.grid.volume() <= std::uint64_t{fit} * context.device.properties().sms, Error::CooperativeLaunchTooLarge);
    launch.parameters = pack(f, description.parameters, description.extra);
    return launch;
}

} // namespace heddle::cuda
