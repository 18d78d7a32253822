#include "frontend/cuda/limits.hpp"

#include "frontend/cuda/api.hpp"

namespace heddle::cuda {

namespace {

enum Limit : int { kStack = 0, kPrintf = 1, kHeap = 2, kSyncDepth = 3, kPendingLaunches = 4, kFetchGranularity = 5, kPersistingL2 = 6 };

constexpr std::size_t kDefaults[] = {1024, 8UL << 20, 8UL << 20, 0, 2048, 64, 0};

void check(int limit) {
    require(limit >= kStack && limit <= kPersistingL2);
    require(limit != kSyncDepth, Error::UnsupportedLimit);
}

} // namespace

void set_limit(Context& context, int limit, std::size_t value) {
    check(limit);
    constexpr std::size_t kMostStack = 512UL << 10;
    if (limit == kStack) require(value <= kMostStack);
    if (limit == kFetchGranularity) require(value <= 128);
    context.synchronize();
    context.limits[limit] = value;
    if (limit == kHeap) context.device.heap_limit = value;
    if (limit == kStack) context.device.stack_limit = std::max<Bytes>(value, kDefaults[kStack]);
}

std::size_t get_limit(Context& context, int limit) {
    check(limit);
    const auto found = context.limits.find(limit);
    return found == context.limits.end() ? kDefaults[limit] : found->second;
}

void reset_limits(Context& context) {
    context.limits.clear();
    context.device.heap_limit = kDefaults[kHeap];
    context.device.stack_limit = kDefaults[kStack];
}

} // namespace heddle::cuda
