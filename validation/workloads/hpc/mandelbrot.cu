// Mandelbrot set: escape counts in float, double and 32-bit fixed point, one pixel a thread.
// Stresses: divergent loops of very different length, FMUL/FADD, DMUL/DADD and IMAD.WIDE chains; no memory but the result.
#include "common/workload.hpp"

// The intrinsics keep the compiler from fusing in its own way: host and device compute the same, bit for bit.
template <typename T> __host__ __device__ T product(T a, T b) {
#ifdef __CUDA_ARCH__
    if constexpr (std::is_same_v<T, float>) {
        return __fmul_rn(a, b);
    } else {
        return __dmul_rn(a, b);
    }
#else
    return a * b;
#endif
}

template <typename T> __host__ __device__ int escape_count(T cx, T cy, int limit) {
    T x = 0, y = 0;
    int count = 0;
    for (; count < limit; ++count) {
        const T xx = product(x, x), yy = product(y, y);
        if (xx + yy > T(4)) break;
        const T xy = product(x, y);
        y = xy + xy + cy;
        x = xx - yy + cx;
    }
    return count;
}

// Fixed point with 28 fractional bits.
template <> __host__ __device__ int escape_count<int>(int cx, int cy, int limit) {
    long long x = 0, y = 0;
    int count = 0;
    for (; count < limit; ++count) {
        const long long xx = x * x >> 28, yy = y * y >> 28;
        if (xx + yy > 4ll << 28) break;
        y = (x * y >> 27) + cy;
        x = xx - yy + cx;
    }
    return count;
}

template <typename T> struct View {
    int width, height, limit;
    T left, top, step;
};

template <typename T> __host__ __device__ int pixel(const View<T>& view, int x, int y) {
    if constexpr (std::is_same_v<T, int>) {
        return escape_count<int>(view.left + x * view.step, view.top + y * view.step, view.limit);
    } else {
        return escape_count<T>(view.left + product(static_cast<T>(x), view.step), view.top + product(static_cast<T>(y), view.step),
                               view.limit);
    }
}

template <typename T> __global__ void mandelbrot(View<T> view, int* counts) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < view.width && y < view.height) counts[y * view.width + x] = pixel(view, x, y);
}

template <typename T> void test(workload::Run& run, const char* label, const View<T>& view) {
    const int stride = run.pick(1, 1, 4, 32);
    workload::DeviceArray<int> counts(view.width * view.height);
    counts.fill_bytes(0xff);
    const dim3 block(16, 8), grid(workload::ceil_div(view.width, 16), workload::ceil_div(view.height, 8));
    run.launch(label, [&] { mandelbrot<T><<<grid, block>>>(view, counts); });
    const auto all = counts.to_host();
    std::vector<int> actual, expected;
    for (int y = 0; y < view.height; y += stride) {
        for (int x = 0; x < view.width; ++x) {
            actual.push_back(all[y * view.width + x]);
            expected.push_back(pixel(view, x, y));
        }
    }
    run.check_equal(label, actual, expected);
}

int main(int argc, char** argv) {
    workload::Run run("mandelbrot", argc, argv);
    const int width = run.pick(60, 200, 1000, 3000), height = run.pick(40, 120, 800, 2000), limit = run.pick(60, 100, 200, 256);
    const double step = 3.0 / width;
    test<float>(run, "float", {width, height, limit, -2.2f, -1.1f, static_cast<float>(step)});
    test<double>(run, "double", {width, height, limit, -2.2, -1.1, step});
    const auto fixed = [](double value) { return static_cast<int>(std::floor(value * (1 << 28))); };
    test<int>(run, "fixed point", {width, height, limit, fixed(-2.2), fixed(-1.1), fixed(step)});
    return run.finish();
}
