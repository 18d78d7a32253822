// Latency of the memory hierarchy: one thread follows a chain of 64-bit indices through footprints from 4 KiB to hundreds of MiB, with
// strides from a sector to 2 MiB (a page), by loads that may use L1, that stop at L2, and through the read-only path; in a random order or
// straight.
#include "common/measure.hpp"

enum class Path { L1, L2, ReadOnly };

template <Path Through>
__global__ void chase(int hops, const unsigned long long* next, unsigned long long start, unsigned long long* last, long long* cycles) {
    unsigned long long at = start;
    const auto hop = [&] {
        const unsigned long long* address = next + at;
        if constexpr (Through == Path::L1) {
            asm volatile("ld.global.ca.u64 %0, [%1];" : "=l"(at) : "l"(address) : "memory");
        } else if constexpr (Through == Path::L2) {
            asm volatile("ld.global.cg.u64 %0, [%1];" : "=l"(at) : "l"(address) : "memory");
        } else {
            asm volatile("ld.global.nc.u64 %0, [%1];" : "=l"(at) : "l"(address) : "memory");
        }
    };
    // Once around to fill the caches is the caller's business: it launches twice.
    const long long begin = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 8) {
#pragma unroll
        for (int u = 0; u < 8; ++u) hop();
    }
    *cycles = workload::read_clock() - begin;
    *last = at;
}

int main(int argc, char** argv) {
    workload::Run run("pointer_chase", argc, argv);
    struct Case {
        std::size_t footprint, stride;
        bool random;
    };
    std::vector<Case> cases = {{4 << 10, 32, false}, {16 << 10, 128, true}, {64 << 10, 128, true}, {512 << 10, 128, true}};
    if (run.size() >= workload::Size::Small)
        cases.insert(cases.end(), {{128 << 10, 32, true}, {256 << 10, 128, true}, {2 << 20, 128, true}, {4 << 20, 4096, true}});
    if (run.size() >= workload::Size::Medium) {
        for (const std::size_t mebibytes : {8, 16, 24, 32, 40, 48, 64, 96}) cases.push_back({mebibytes << 20, 256, true});
        for (const std::size_t kibibytes : {8, 32, 96, 160, 192, 208, 224, 240, 248, 320}) cases.push_back({kibibytes << 10, 128, true});
    }
    if (run.size() >= workload::Size::Large) {
        for (const std::size_t mebibytes : {128, 256, 512, 1024}) {
            cases.push_back({mebibytes << 20, 4096, true});
            cases.push_back({mebibytes << 20, 2 << 20, false});
        }
    }
    std::size_t most = 0;
    for (const Case& c : cases) most = std::max(most, c.footprint);

    workload::DeviceArray<unsigned long long> next(most / 8), last(1);
    workload::DeviceArray<long long> cycles(1);
    for (const Case& c : cases) {
        // Element k of the chain lies at order[k] * stride; one cycle through all.
        const int count = static_cast<int>(c.footprint / c.stride);
        const std::size_t step = c.stride / 8;
        std::vector<unsigned> order(count);
        for (int i = 0; i < count; ++i) order[i] = i;
        for (int i = count - 1; c.random && i > 0; --i) std::swap(order[i], order[run.random().below(i + 1)]);
        std::vector<unsigned long long> links(c.footprint / 8, 0);
        for (int i = 0; i < count; ++i) links[order[i] * step] = order[(i + 1) % count] * step;
        next.upload(links);
        const int hops = std::min(run.pick(512, 2048, 8192, 16384), (count + 7) / 8 * 8 * 2);
        const unsigned long long expected = order[hops % count] * step, start = order[0] * step;
        const auto test = [&](const char* path, auto kernel) {
            const std::string label =
                std::string(path) + ", " + std::to_string(c.footprint >> 10) + " KiB, stride " + std::to_string(c.stride);
            // The first launch warms the caches (as far as `hops` reach), the second is reported.
            for (int pass = 0; pass < 2; ++pass) {
                run.launch(label.c_str(), [&] { kernel<<<1, 1>>>(hops, next, start, last, cycles); });
                run.check_equal(label.c_str(), last.to_host()[0], expected);
            }
            workload::report(run, label.c_str(), cycles.to_host(), hops);
        };
        test("L1", chase<Path::L1>);
        test("L2", chase<Path::L2>);
        test("read-only", chase<Path::ReadOnly>);
    }
    return run.finish();
}
