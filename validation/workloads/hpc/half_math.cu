// Arithmetic of half and bfloat16, scalar and in pairs: add, multiply, fused multiply-add, with saturation and ReLU, minimum and maximum
// (with and without NaN), comparisons and masks, conversions with all roundings, and the elementary functions.
// Stresses: HADD2, HMUL2, HFMA2 and their .BF16 forms, HMNMX2, HSET2, HSETP2, F2F, F2FP, PRMT of halves, MUFU on halves.
#include <algorithm>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "common/workload.hpp"

constexpr int kBlock = 128;

// A format: significant bits and the exponent of the smallest subnormal number.
template <typename T> struct Format;
template <> struct Format<__half> {
    using Pair = __half2;
    static constexpr int kBits = 11, kSmallest = -24;
    static constexpr double kLargest = 65504;
};
template <> struct Format<__nv_bfloat16> {
    using Pair = __nv_bfloat162;
    static constexpr int kBits = 8, kSmallest = -133;
    static constexpr double kLargest = 0x1.FEp127;
};

// Exact rounding of a double to the format: to nearest even, or with `mode` -1 down, +1 up, 2 towards zero.
template <typename T> double rounded(double x, int mode = 0) {
    if (x == 0 || !std::isfinite(x)) return x;
    int exponent = 0;
    std::frexp(x, &exponent);
    const double quantum = std::ldexp(1.0, std::max(exponent - Format<T>::kBits, Format<T>::kSmallest)), scaled = x / quantum;
    const double whole = mode == 0   ? std::nearbyint(scaled)
                         : mode < 0  ? std::floor(scaled)
                         : mode == 1 ? std::ceil(scaled)
                                     : std::trunc(scaled);
    const double result = whole * quantum;
    if (std::fabs(result) <= Format<T>::kLargest) return result;
    const bool stays = mode == 2 || (mode == 1 && x < 0) || (mode == -1 && x > 0);
    return std::copysign(stays ? Format<T>::kLargest : INFINITY, x);
}

constexpr int kPairResults = 16, kScalarResults = 12, kFunctionResults = 8;

template <typename T>
__global__ void pairs(int n, const typename Format<T>::Pair* a, const typename Format<T>::Pair* b, const typename Format<T>::Pair* c,
                      typename Format<T>::Pair* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    int row = 0;
    const auto answer = [&](typename Format<T>::Pair result) { out[row++ * n + i] = result; };
    answer(__hadd2(a[i], b[i]));
    answer(__hsub2(a[i], b[i]));
    answer(__hmul2(a[i], b[i]));
    answer(__hfma2(a[i], b[i], c[i]));
    answer(__hfma2_sat(a[i], b[i], c[i]));
    answer(__hfma2_relu(a[i], b[i], c[i]));
    answer(__hadd2_sat(a[i], b[i]));
    answer(__hmul2_sat(a[i], b[i]));
    answer(__hneg2(a[i]));
    answer(__habs2(a[i]));
    answer(__hmin2(a[i], b[i]));
    answer(__hmax2(a[i], b[i]));
    answer(__hlt2(a[i], b[i]));
    answer(__hge2(a[i], c[i]));
    answer(__heq2(b[i], c[i]));
    answer(__lowhigh2highlow(__hadd2(a[i], c[i])));
}

template <typename T> __global__ void scalars(int n, const T* a, const T* b, const T* c, const float* reals, float* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    int row = 0;
    const auto answer = [&](float result) { out[row++ * n + i] = result; };
    answer(__hadd(a[i], b[i]));
    answer(__hfma(a[i], b[i], c[i]));
    answer(a[i] * b[i]);
    answer(__hlt(a[i], b[i]) ? 1.0f : 0.0f);
    answer(__hmax(a[i], b[i]));
    if constexpr (std::is_same_v<T, __half>) {
        answer(__float2half_rn(reals[i]));
        answer(__float2half_rd(reals[i]));
        answer(__float2half_ru(reals[i]));
        answer(__float2half_rz(reals[i]));
        answer(static_cast<float>(__half2int_rn(a[i])));
        answer(static_cast<float>(__half2int_rd(b[i])));
        answer(__int2half_rn(static_cast<int>(reals[i] * 64.0f)));
    } else {
        answer(__float2bfloat16_rn(reals[i]));
        answer(__float2bfloat16_rd(reals[i]));
        answer(__float2bfloat16_ru(reals[i]));
        answer(__float2bfloat16_rz(reals[i]));
        answer(static_cast<float>(__bfloat162int_rn(a[i])));
        answer(static_cast<float>(__bfloat162int_rd(b[i])));
        answer(__int2bfloat16_rn(static_cast<int>(reals[i] * 64.0f)));
    }
}

template <typename T> __global__ void functions(int n, const T* positive, float* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    int row = 0;
    const auto answer = [&](float result) { out[row++ * n + i] = result; };
    answer(hsqrt(positive[i]));
    answer(hrsqrt(positive[i]));
    answer(hrcp(positive[i]));
    answer(hexp(positive[i]));
    answer(hlog2(positive[i]));
    answer(hsin(positive[i]));
    answer(positive[i] / __hadd(positive[i], positive[i]));
    answer(hfloor(positive[i]));
}

template <typename T> void test(workload::Run& run, const std::string& format, int n) {
    auto& random = run.random();
    using Pair = typename Format<T>::Pair;
    // Whole numbers over 2^4 or 2^12: eight significant bits fit either format, and a product plus a number is exact in double.
    const auto draw = [&] { return (static_cast<int>(random.below(511)) - 255) * (random.below(4) == 0 ? 0x1p-12 : 0x1p-4); };
    std::vector<double> x[3];
    std::vector<T> narrow[3];
    for (int k = 0; k < 3; ++k) {
        for (int i = 0; i < 2 * n; ++i) {
            x[k].push_back(k > 0 && random.below(8) == 0 ? x[0][i] : draw());
            narrow[k].push_back(T(static_cast<float>(x[k][i])));
        }
    }
    workload::DeviceArray<T> a(narrow[0]), b(narrow[1]), c(narrow[2]), out(kPairResults * 2 * n);
    const auto as_pairs = [](const workload::DeviceArray<T>& array) { return reinterpret_cast<Pair*>(array.get()); };
    const int grid = workload::ceil_div(n, kBlock);
    run.launch(format.c_str(), [&] { pairs<T><<<grid, kBlock>>>(n, as_pairs(a), as_pairs(b), as_pairs(c), as_pairs(out)); });
    const auto results = out.to_host();
    const auto saturated = [](double v) { return v < 0 ? 0.0 : v > 1 ? 1.0 : v; };
    for (int row = 0; row < kPairResults; ++row) {
        std::vector<float> actual, expected;
        for (int i = 0; i < 2 * n; ++i) {
            const double p = x[0][i], q = x[1][i], r = x[2][i], swapped = x[0][i ^ 1] + x[2][i ^ 1];
            const double fused = rounded<T>(p * q + r);
            const double all[kPairResults] = {rounded<T>(p + q),
                                              rounded<T>(p - q),
                                              rounded<T>(p * q),
                                              fused,
                                              saturated(fused),
                                              fused < 0 ? 0.0 : fused,
                                              saturated(rounded<T>(p + q)),
                                              saturated(rounded<T>(p * q)),
                                              -p,
                                              std::fabs(p),
                                              std::fmin(p, q),
                                              std::fmax(p, q),
                                              p < q ? 1.0 : 0.0,
                                              p >= r ? 1.0 : 0.0,
                                              q == r ? 1.0 : 0.0,
                                              rounded<T>(swapped)};
            actual.push_back(static_cast<float>(workload::to_double(results[row * 2 * n + i])));
            expected.push_back(static_cast<float>(all[row]));
        }
        run.check_close((format + " pairs, row " + std::to_string(row)).c_str(), actual, expected, {0, 0});
    }

    std::vector<float> reals(n);
    for (float& real : reals) real = std::ldexp(random.uniform(-1.0f, 1.0f), static_cast<int>(random.below(24)) - 8);
    workload::DeviceArray<float> dreals(reals), wide(kScalarResults * n);
    run.launch(format.c_str(), [&] { scalars<T><<<grid, kBlock>>>(n, a, b, c, dreals, wide); });
    auto answers = wide.to_host();
    for (int row = 0; row < kScalarResults; ++row) {
        std::vector<double> expected;
        for (int i = 0; i < n; ++i) {
            const double p = x[0][i], q = x[1][i], r = x[2][i], real = reals[i];
            const double all[kScalarResults] = {
                rounded<T>(p + q),    rounded<T>(p * q + r), rounded<T>(p * q),
                p < q ? 1.0 : 0.0,    std::fmax(p, q),       rounded<T>(real),
                rounded<T>(real, -1), rounded<T>(real, 1),   rounded<T>(real, 2),
                std::nearbyint(p),    std::floor(q),         rounded<T>(std::trunc(static_cast<double>(reals[i] * 64.0f)))};
            expected.push_back(all[row]);
        }
        const std::vector<float> actual(answers.begin() + row * n, answers.begin() + (row + 1) * n);
        run.check_close((format + " scalars, row " + std::to_string(row)).c_str(), actual, expected, {0, 0});
    }

    std::vector<T> positive(n);
    for (T& value : positive) value = T(random.uniform(0.25f, 6.0f));
    workload::DeviceArray<T> dpositive(positive);
    workload::DeviceArray<float> of_functions(kFunctionResults * n);
    run.launch(format.c_str(), [&] { functions<T><<<grid, kBlock>>>(n, dpositive, of_functions); });
    answers = of_functions.to_host();
    // One unit in the last place of the format beside the rounding itself; sine and logarithm near zero by an absolute bound.
    const double unit = std::ldexp(1.0, 1 - Format<T>::kBits);
    for (int row = 0; row < kFunctionResults; ++row) {
        std::vector<double> expected;
        for (int i = 0; i < n; ++i) {
            const double p = workload::to_double(positive[i]);
            const double all[kFunctionResults] = {std::sqrt(p), 1 / std::sqrt(p),      1 / p,        std::exp(p), std::log2(p),
                                                  std::sin(p),  p / rounded<T>(2 * p), std::floor(p)};
            expected.push_back(all[row]);
        }
        const std::vector<float> actual(answers.begin() + row * n, answers.begin() + (row + 1) * n);
        run.check_close((format + " functions, row " + std::to_string(row)).c_str(), actual, expected,
                        {row == 4 || row == 5 ? unit : 0, row == 7 ? 0 : 1.5 * unit});
    }
}

int main(int argc, char** argv) {
    workload::Run run("half_math", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000);
    test<__half>(run, "half", n);
    test<__nv_bfloat16>(run, "bfloat16", n);
    return run.finish();
}
