// Host references that several deep-learning workloads share: checks of matrix products, whole or sampled, and roundings.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "common/workload.hpp"

namespace dl {

// The first architecture the device code was built for, as 800 or 900; 0 in unknown compilers.
constexpr int built_architecture() {
#ifdef __CUDA_ARCH_LIST__
    constexpr int architectures[] = {__CUDA_ARCH_LIST__};
    return architectures[0];
#else
    return 0;
#endif
}

// A kernel's need for more than 48 KiB of dynamic shared memory is declared once before its launches.
template <typename Kernel> void allow_shared(Kernel kernel, std::size_t bytes) {
    CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
}

inline float round_tf32(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    bits = (bits + 0x1000u) & ~0x1fffu; // to nearest, ties away from zero
    std::memcpy(&value, &bits, 4);
    return value;
}

// The values as float.
template <typename T> std::vector<float> to_floats(const std::vector<T>& values) {
    std::vector<float> floats(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) floats[i] = static_cast<float>(values[i]);
    return floats;
}

// `n` multiples of `step` in [-count * step, count * step], as type T: sums of their products are exact in fp32 while they stay below
// 2^24 * step^2, so that the order of additions cannot matter.
template <typename T> std::vector<T> grid_vector(workload::Random& random, std::size_t n, int count, float step) {
    std::vector<T> values(n);
    for (T& value : values) value = T(static_cast<float>(static_cast<int>(random.below(2 * count + 1)) - count) * step);
    return values;
}

// Which elements of an m x n result the host computes: all of them at tiny and small sizes, else 4096 random ones.
struct Chosen {
    std::vector<std::pair<int, int>> places;

    Chosen(workload::Run& run, int m, int n) {
        if (run.full_check()) {
            places.reserve(static_cast<std::size_t>(m) * n);
            for (int i = 0; i < m; ++i)
                for (int j = 0; j < n; ++j) places.emplace_back(i, j);
        } else {
            for (int s = 0; s < 4096; ++s) places.emplace_back(run.random().below(m), run.random().below(n));
        }
    }
};

// Compares the row-major m x n `actual` with epilogue(sum over k of a[i][k] * b[j][k], i, j), the sum taken in double, at the chosen
// places. `a` is m x k and `b` is n x k, row-major. Zero tolerance means equal.
template <typename T, typename Epilogue>
void check_product(workload::Run& run, const char* what, const std::vector<T>& actual, const std::vector<float>& a,
                   const std::vector<float>& b, int m, int n, int k, workload::Tolerance tolerance, Epilogue&& epilogue) {
    const Chosen chosen(run, m, n);
    std::vector<double> found, expected;
    for (const auto& [i, j] : chosen.places) {
        const float *x = a.data() + static_cast<std::size_t>(i) * k, *y = b.data() + static_cast<std::size_t>(j) * k;
        double sums[8] = {};
        int l = 0;
        for (; l + 8 <= k; l += 8)
            for (int u = 0; u < 8; ++u) sums[u] += static_cast<double>(x[l + u]) * y[l + u];
        for (; l < k; ++l) sums[0] += static_cast<double>(x[l]) * y[l];
        const double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        expected.push_back(epilogue(sum, i, j));
        found.push_back(workload::to_double(actual[static_cast<std::size_t>(i) * n + j]));
    }
    run.check_close(what, found, expected, tolerance);
}
template <typename T>
void check_product(workload::Run& run, const char* what, const std::vector<T>& actual, const std::vector<float>& a,
                   const std::vector<float>& b, int m, int n, int k, workload::Tolerance tolerance = {}) {
    check_product(run, what, actual, a, b, m, n, k, tolerance, [](double sum, int, int) { return sum; });
}

// The transpose of a row-major rows x columns matrix.
template <typename T> std::vector<T> transposed(const std::vector<T>& matrix, int rows, int columns) {
    std::vector<T> result(matrix.size());
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
            result[static_cast<std::size_t>(j) * rows + i] = matrix[static_cast<std::size_t>(i) * columns + j];
    return result;
}

} // namespace dl
