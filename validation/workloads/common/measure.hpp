// What the microbenchmarks share: reading the clocks and the place of a thread, and reporting cycles under --time.
//
// A microbenchmark's kernel measures cycles with clock64 around a chain or a stream of operations and writes them beside the values that it
// computed. The values are checked, the cycles are printed under --time only: they differ from device to device.
#pragma once

#include <algorithm>

#include "common/workload.hpp"

namespace workload {

// The SM's cycle counter. The memory clobber keeps loads and stores on their side of it.
__device__ inline long long read_clock() {
    long long cycles;
    asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles)::"memory");
    return cycles;
}

// Nanoseconds, in steps that differ among architectures.
__device__ inline unsigned long long read_global_timer() {
    unsigned long long nanoseconds;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds)::"memory");
    return nanoseconds;
}

__device__ inline unsigned sm_id() {
    unsigned id;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
    return id;
}

// An address in the shared window, as the shared-memory instructions take it.
__device__ inline unsigned shared_address(const void* pointer) { return static_cast<unsigned>(__cvta_generic_to_shared(pointer)); }

// Prints `label: N cycles an operation` under --time: the median over the measured warps or threads, and the extremes.
inline void report(const Run& run, const char* label, std::vector<long long> cycles, double operations) {
    if (!run.timing() || cycles.empty()) return;
    std::sort(cycles.begin(), cycles.end());
    run.note("cycles %-44s median %10.3f  least %10.3f  most %10.3f\n", label, static_cast<double>(cycles[cycles.size() / 2]) / operations,
             static_cast<double>(cycles.front()) / operations, static_cast<double>(cycles.back()) / operations);
}

} // namespace workload
