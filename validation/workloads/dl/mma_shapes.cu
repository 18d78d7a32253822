// Every mma.sync shape and type by itself: one warp, fragments read straight from memory by the documented layouts, a chain of products
// along K. Whole numbers where the result must be exact; the floating-point ones run once more on random reals, within the rounding that
// the tensor core may do. Stresses: HMMA.1688 and 16816, IMMA.16816, 16832, 16864, BMMA, conversions before them; layouts of A, B and C.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

// A shape: kBytes (16 or 32) of K a step, kBits bits an element. mma multiplies registers as laid out by bytes (tensor_core.cuh); the
// half-size shapes use the first half of the registers.
struct F16K16 {
    using Accumulator = float;
    static constexpr int kBytes = 32, kBits = 16;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_f16(c, a, b); }
};
struct F16K8 {
    using Accumulator = float;
    static constexpr int kBytes = 16, kBits = 16;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_f16_k8(c, {a[0], a[1]}, b[0]); }
};
struct Bf16K16 {
    using Accumulator = float;
    static constexpr int kBytes = 32, kBits = 16;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_bf16(c, a, b); }
};
struct Bf16K8 {
    using Accumulator = float;
    static constexpr int kBytes = 16, kBits = 16;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_bf16_k8(c, {a[0], a[1]}, b[0]); }
};
struct Tf32K8 {
    using Accumulator = float;
    static constexpr int kBytes = 32, kBits = 32;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_tf32(c, a, b); }
};
struct Tf32K4 {
    using Accumulator = float;
    static constexpr int kBytes = 16, kBits = 32;
    static __device__ void mma(float (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_tf32_k4(c, {a[0], a[1]}, b[0]); }
};
struct S8K32 {
    using Accumulator = int;
    static constexpr int kBytes = 32, kBits = 8;
    static __device__ void mma(int (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_s8(c, a, b); }
};
struct S8K16 {
    using Accumulator = int;
    static constexpr int kBytes = 16, kBits = 8;
    static __device__ void mma(int (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_s8_k16(c, {a[0], a[1]}, b[0]); }
};
struct U8S8K32 {
    using Accumulator = int;
    static constexpr int kBytes = 32, kBits = 8;
    static __device__ void mma(int (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_u8s8(c, a, b); }
};
struct S8Saturating {
    using Accumulator = int;
    static constexpr int kBytes = 32, kBits = 8;
    static __device__ void mma(int (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_s8_saturate(c, a, b); }
};
struct S4K64 {
    using Accumulator = int;
    static constexpr int kBytes = 32, kBits = 4;
    static __device__ void mma(int (&c)[4], const dl::Word (&a)[4], const dl::Word (&b)[2]) { dl::mma_s4(c, a, b); }
};

// C += A * B^T for each problem: A 16 x (steps * kBytes) bytes, B 8 x the same, C 16 x 8. One warp a problem; words come to the lanes
// through cp.async of four bytes.
template <typename Shape>
__global__ void __launch_bounds__(32)
    multiply(int steps, const dl::Word* __restrict__ a, const dl::Word* __restrict__ b, typename Shape::Accumulator* __restrict__ c) {
    constexpr int kWords = Shape::kBytes / 4, kHalves = Shape::kBytes / 16; // of a row of one step
    __shared__ __align__(16) dl::Word rows[24][kWords];
    const int lane = threadIdx.x, group = lane / 4, member = lane % 4;
    typename Shape::Accumulator* tile = c + blockIdx.x * 128;
    typename Shape::Accumulator acc[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) acc[e] = tile[(group + e / 2 * 8) * 8 + member * 2 + e % 2];
    for (int step = 0; step < steps; ++step) {
        for (int i = lane; i < 24 * kWords; i += 32) {
            const int row = i / kWords, word = step * kWords + i % kWords;
            const dl::Word* source = row < 16 ? a + (static_cast<size_t>(blockIdx.x) * 16 + row) * steps * kWords
                                              : b + (static_cast<size_t>(blockIdx.x) * 8 + row - 16) * steps * kWords;
            dl::cp_async_4(dl::shared_address(&rows[row][i % kWords]), source + word);
        }
        dl::cp_async_commit();
        dl::cp_async_wait<0>();
        __syncwarp();
        dl::Word fa[4] = {}, fb[2] = {};
#pragma unroll
        for (int half = 0; half < kHalves; ++half) {
            fa[half * 2] = rows[group][half * 4 + member];
            fa[half * 2 + 1] = rows[group + 8][half * 4 + member];
            fb[half] = rows[16 + group][half * 4 + member];
        }
        Shape::mma(acc, fa, fb);
        __syncwarp();
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) tile[(group + e / 2 * 8) * 8 + member * 2 + e % 2] = acc[e];
}

// Runs `Shape` on elements made by `draw`, which gives the number and its bits (for A if `first`), and compares with sums in double.
template <typename Shape, typename Draw>
void test(workload::Run& run, const char* label, int start, workload::Tolerance tolerance, Draw&& draw, double lowest = -1e300,
          double highest = 1e300) {
    using Accumulator = typename Shape::Accumulator;
    const int problems = run.pick(3, 20, 2000, 10000), steps = run.pick(4, 9, 16, 32), k = steps * Shape::kBytes * 8 / Shape::kBits,
              row_bytes = steps * Shape::kBytes;
    const auto make = [&](int rows, bool first, std::vector<double>& values) {
        std::vector<std::uint8_t> bytes(static_cast<size_t>(rows) * row_bytes, 0);
        for (size_t i = 0; i < static_cast<size_t>(rows) * k; ++i) {
            const std::pair<double, std::uint32_t> drawn = draw(first);
            values.push_back(drawn.first);
            if (Shape::kBits == 4) bytes[i / 2] |= static_cast<std::uint8_t>((drawn.second & 15) << (i % 2 * 4));
            else std::memcpy(bytes.data() + i * Shape::kBits / 8, &drawn.second, Shape::kBits / 8);
        }
        std::vector<dl::Word> words(bytes.size() / 4);
        std::memcpy(words.data(), bytes.data(), bytes.size());
        return words;
    };
    std::vector<double> values_a, values_b;
    const auto a = make(problems * 16, true, values_a), b = make(problems * 8, false, values_b);
    const std::vector<Accumulator> c(static_cast<size_t>(problems) * 128, static_cast<Accumulator>(start));
    workload::DeviceArray<dl::Word> a_d(a), b_d(b);
    workload::DeviceArray<Accumulator> c_d(c.size());
    run.launch(label, [&] {
        c_d.upload(c);
        multiply<Shape><<<problems, 32>>>(steps, a_d, b_d, c_d);
    });
    std::vector<double> expected;
    for (int i = 0; i < problems * 128; ++i) {
        const size_t row = static_cast<size_t>(i / 8) * k, column = (static_cast<size_t>(i / 128) * 8 + i % 8) * k;
        double sum = start;
        for (int l = 0; l < k; ++l) sum += values_a[row + l] * values_b[column + l];
        expected.push_back(std::min(std::max(sum, lowest), highest));
    }
    run.check_close(label, c_d.to_host(), expected, tolerance);
}

int main(int argc, char** argv) {
    workload::Run run("mma_shapes", argc, argv);
    auto& random = run.random();
    const auto bits_of = [](float x) {
        std::uint32_t bits;
        std::memcpy(&bits, &x, 4);
        return bits;
    };
    const auto small = [&] { return static_cast<float>(static_cast<int>(random.below(17)) - 8) * 0.25f; };
    const auto real = [&] { return random.uniform(-1.0f, 1.0f); };
    using Drawn = std::pair<double, std::uint32_t>;
    const auto as_half = [](float x) { return Drawn(__half2float(__float2half(x)), __half_as_ushort(__float2half(x))); };
    const auto as_bf16 = [](float x) { return Drawn(__bfloat162float(__float2bfloat16(x)), __bfloat16_as_ushort(__float2bfloat16(x))); };
    const auto as_tf32 = [&](float x) { return Drawn(dl::round_tf32(x), bits_of(dl::round_tf32(x))); };
    const workload::Tolerance exact{}, rounded{3e-4, 1e-6}; // up to 512 additions of numbers below 32, truncated to 24 bits
    test<F16K16>(run, "f16 k16", 5, exact, [&](bool) { return as_half(small()); });
    test<F16K8>(run, "f16 k8", 5, exact, [&](bool) { return as_half(small()); });
    test<Bf16K16>(run, "bf16 k16", 5, exact, [&](bool) { return as_bf16(small()); });
    test<Bf16K8>(run, "bf16 k8", 5, exact, [&](bool) { return as_bf16(small()); });
    test<Tf32K8>(run, "tf32 k8", 5, exact, [&](bool) { return as_tf32(small()); });
    test<Tf32K4>(run, "tf32 k4", 5, exact, [&](bool) { return as_tf32(small()); });
    test<F16K16>(run, "f16 k16 reals", 0, rounded, [&](bool) { return as_half(real()); });
    test<F16K8>(run, "f16 k8 reals", 0, rounded, [&](bool) { return as_half(real()); });
    test<Bf16K16>(run, "bf16 k16 reals", 0, rounded, [&](bool) { return as_bf16(real()); });
    test<Bf16K8>(run, "bf16 k8 reals", 0, rounded, [&](bool) { return as_bf16(real()); });
    test<Tf32K8>(run, "tf32 k8 reals", 0, rounded, [&](bool) { return as_tf32(real()); });
    test<Tf32K4>(run, "tf32 k4 reals", 0, rounded, [&](bool) { return as_tf32(real()); });
    const auto whole = [&](int low, int high) {
        const int x = low + static_cast<int>(random.below(high - low + 1));
        return Drawn(x, static_cast<std::uint32_t>(x));
    };
    test<S8K32>(run, "s8 k32", -7, exact, [&](bool) { return whole(-128, 127); });
    test<S8K16>(run, "s8 k16", -7, exact, [&](bool) { return whole(-128, 127); });
    test<U8S8K32>(run, "u8 s8 k32", -7, exact, [&](bool first) { return first ? whole(0, 255) : whole(-128, 127); });
    test<S4K64>(run, "s4 k64", -7, exact, [&](bool) { return whole(-8, 7); });
    // All sums only grow, so that saturation at each step and at the end are the same.
    test<S8Saturating>(
        run, "s8 saturating", 2147400000, exact, [&](bool) { return whole(50, 127); }, -2147483648.0, 2147483647.0);
    return run.finish();
}
