// Bandwidth of global memory by kind of access: read, write, copy, scaled add and read-modify-write, 4 to 16 bytes a thread, with one to
// eight loads in flight a thread, over footprints that fit L1, L2 or neither.
#include "common/measure.hpp"

constexpr int kBlock = 256;

template <typename T> __device__ unsigned fold(T value) {
    if constexpr (sizeof(T) == 16) {
        return value.x + value.y + value.z + value.w;
    } else if constexpr (sizeof(T) == 8) {
        return value.x + value.y;
    } else {
        return value;
    }
}
template <typename T> __device__ T make(unsigned x) {
    if constexpr (sizeof(T) == 16) {
        return make_uint4(x, x + 1, x + 2, x + 3);
    } else if constexpr (sizeof(T) == 8) {
        return make_uint2(x, x + 1);
    } else {
        return x;
    }
}

// Every CTA reads the whole footprint `passes` times, starting at a different place. Requires: n divisible by kBlock * Flight.
template <typename T, int Flight> __global__ void read(int n, int passes, const T* in, unsigned* sums) {
    unsigned sum = 0;
    const int shift = static_cast<int>(blockIdx.x * 12345ll % (n / (kBlock * Flight))) * kBlock * Flight;
    for (int pass = 0; pass < passes; ++pass) {
        for (int base = 0; base < n; base += kBlock * Flight) {
            const int at = base + shift < n ? base + shift : base + shift - n;
            T values[Flight];
#pragma unroll
            for (int k = 0; k < Flight; ++k) values[k] = in[at + k * kBlock + threadIdx.x];
#pragma unroll
            for (int k = 0; k < Flight; ++k) sum += fold(values[k]);
        }
    }
    atomicAdd(sums + blockIdx.x, sum);
}

template <typename T> __global__ void write(int n, unsigned first, T* out) {
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) out[i] = make<T>(first + i);
}

template <typename T> __global__ void copy(int n, const T* __restrict__ in, T* __restrict__ out) {
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) out[i] = in[i];
}

__global__ void scaled_add(int n, const uint4* __restrict__ a, const uint4* __restrict__ b, uint4* __restrict__ c) {
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) {
        const uint4 x = a[i], y = b[i];
        c[i] = make_uint4(x.x + 3 * y.x, x.y + 3 * y.y, x.z + 3 * y.z, x.w + 3 * y.w);
    }
}

__global__ void update(int n, uint4* values) {
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) {
        uint4 v = values[i];
        v.x ^= v.w;
        values[i] = v;
    }
}

int main(int argc, char** argv) {
    workload::Run run("memory_bandwidth", argc, argv);
    // Footprints in 32-bit words, multiples of 4 * 8 * kBlock.
    const int chunk = 4 * 8 * kBlock;
    std::vector<int> footprints{chunk};
    if (run.size() >= workload::Size::Small) footprints.push_back(4 * chunk);
    if (run.size() >= workload::Size::Medium) footprints.insert(footprints.end(), {64 * chunk, 512 * chunk});
    if (run.size() >= workload::Size::Large) footprints.push_back(8192 * chunk);
    const int grid = run.pick(2, 4, 264, 528);
    for (const int words : footprints) {
        const auto values = run.random().bits_vector(words);
        unsigned total = 0;
        for (const unsigned value : values) total += value;
        workload::DeviceArray<unsigned> in(values), out(words), sums(grid);
        const std::string where = ", " + std::to_string(words >> 8) + " KiB";

        const auto test_read = [&](const std::string& label, auto kernel, auto element) {
            using T = decltype(element);
            // About the same number of bytes for each footprint, and at least one pass.
            const int passes = std::max(1, std::min(run.pick(1, 2, 64, 256), (64 * chunk) / words / 8));
            run.launch((label + where).c_str(), [&] { sums.fill_bytes(0); },
                       [&] {
                           kernel<<<grid, kBlock>>>(static_cast<int>(words * 4 / sizeof(T)), passes, reinterpret_cast<const T*>(in.get()),
                                                    sums);
                       });
            run.check_equal(label.c_str(), sums.to_host(), std::vector<unsigned>(grid, total * passes));
        };
        test_read("read 4 bytes", read<unsigned, 1>, unsigned{});
        test_read("read 4 bytes, 4 in flight", read<unsigned, 4>, unsigned{});
        test_read("read 8 bytes, 4 in flight", read<uint2, 4>, uint2{});
        test_read("read 16 bytes", read<uint4, 1>, uint4{});
        test_read("read 16 bytes, 8 in flight", read<uint4, 8>, uint4{});

        const auto test_write = [&](const std::string& label, const std::vector<unsigned>& expected, auto&& kernel) {
            run.launch((label + where).c_str(), [&] { out.fill_bytes(0); }, kernel);
            run.check_equal(label.c_str(), out.to_host(), expected);
        };
        std::vector<unsigned> written(words);
        for (int i = 0; i < words; ++i) written[i] = 7 + i;
        test_write("write 4 bytes", written, [&] { write<unsigned><<<grid, kBlock>>>(words, 7, out); });
        for (int i = 0; i < words; ++i) written[i] = 7 + i / 4 + i % 4;
        auto* in4 = reinterpret_cast<uint4*>(in.get());
        auto* out4 = reinterpret_cast<uint4*>(out.get());
        test_write("write 16 bytes", written, [&] { write<uint4><<<grid, kBlock>>>(words / 4, 7, out4); });
        test_write("copy 4 bytes", values, [&] { copy<unsigned><<<grid, kBlock>>>(words, in, out); });
        test_write("copy 16 bytes", values, [&] { copy<uint4><<<grid, kBlock>>>(words / 4, in4, out4); });
        workload::DeviceArray<unsigned> other(values);
        for (int i = 0; i < words; ++i) written[i] = values[i] * 4;
        test_write("scaled add", written,
                   [&] { scaled_add<<<grid, kBlock>>>(words / 4, in4, reinterpret_cast<uint4*>(other.get()), out4); });
        for (int i = 0; i < words; ++i) written[i] = i % 4 == 0 ? values[i] ^ values[i + 3] : values[i];
        run.launch(("update" + where).c_str(), [&] { out.upload(values); }, [&] { update<<<grid, kBlock>>>(words / 4, out4); });
        run.check_equal("update", out.to_host(), written);
    }
    return run.finish();
}
