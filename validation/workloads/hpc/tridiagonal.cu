// Many tridiagonal systems: one thread a system (Thomas, interleaved layout), and one CTA a system (parallel cyclic reduction in shared
// memory).
// Stresses: long dependent chains of division and FFMA with strided access, log-step exchange in shared memory, reciprocals.
#include "common/workload.hpp"

constexpr int kSize = 64;

// Element i of system s at i * systems + s.
__global__ void thomas(int systems, const float* lower, const float* diagonal, const float* upper, const float* right, float* x) {
    const int s = blockIdx.x * blockDim.x + threadIdx.x;
    if (s >= systems) return;
    float c[kSize], d[kSize];
    c[0] = upper[s] / diagonal[s];
    d[0] = right[s] / diagonal[s];
    for (int i = 1; i < kSize; ++i) {
        const int at = i * systems + s;
        const float scale = 1.0f / fmaf(-lower[at], c[i - 1], diagonal[at]);
        c[i] = upper[at] * scale;
        d[i] = fmaf(-lower[at], d[i - 1], right[at]) * scale;
    }
    float value = d[kSize - 1];
    x[(kSize - 1) * systems + s] = value;
    for (int i = kSize - 2; i >= 0; --i) x[i * systems + s] = value = fmaf(-c[i], value, d[i]);
}

__global__ void cyclic_reduction(int systems, const float* lower, const float* diagonal, const float* upper, const float* right, float* x) {
    __shared__ float a[kSize], b[kSize], c[kSize], d[kSize];
    const int i = threadIdx.x, s = blockIdx.x, at = i * systems + s;
    float my_a = i == 0 ? 0.0f : lower[at], my_b = diagonal[at], my_c = i == kSize - 1 ? 0.0f : upper[at], my_d = right[at];
    for (int reach = 1; reach < kSize; reach *= 2) {
        a[i] = my_a;
        b[i] = my_b;
        c[i] = my_c;
        d[i] = my_d;
        __syncthreads();
        const float left = i >= reach ? -my_a / b[i - reach] : 0.0f, other = i + reach < kSize ? -my_c / b[i + reach] : 0.0f;
        my_a = 0;
        my_c = 0;
        if (i >= reach) {
            my_a = left * a[i - reach];
            my_b = fmaf(left, c[i - reach], my_b);
            my_d = fmaf(left, d[i - reach], my_d);
        }
        if (i + reach < kSize) {
            my_c = other * c[i + reach];
            my_b = fmaf(other, a[i + reach], my_b);
            my_d = fmaf(other, d[i + reach], my_d);
        }
        __syncthreads();
    }
    x[at] = my_d / my_b;
}

int main(int argc, char** argv) {
    workload::Run run("tridiagonal", argc, argv);
    const int systems = run.pick(96, 1'000, 20'000, 100'000), n = systems * kSize;
    const auto lower = run.random().uniform_vector<float>(n, -1, 1), upper = run.random().uniform_vector<float>(n, -1, 1);
    const auto diagonal = run.random().uniform_vector<float>(n, 2.5f, 4), right = run.random().uniform_vector<float>(n, -1, 1);
    // The reference in double.
    std::vector<double> expected(n);
    for (int s = 0; s < systems; ++s) {
        double c[kSize], d[kSize];
        for (int i = 0; i < kSize; ++i) {
            const int at = i * systems + s;
            const double pivot = i == 0 ? diagonal[at] : diagonal[at] - lower[at] * c[i - 1];
            c[i] = upper[at] / pivot;
            d[i] = (i == 0 ? right[at] : right[at] - lower[at] * d[i - 1]) / pivot;
        }
        for (int i = kSize - 1; i >= 0; --i)
            expected[i * systems + s] = i == kSize - 1 ? d[i] : d[i] - c[i] * expected[(i + 1) * systems + s];
    }
    workload::DeviceArray<float> a(lower), b(diagonal), c(upper), d(right), x(n);
    const auto test = [&](const char* label, auto&& kernel) {
        x.fill_bytes(0xff);
        run.launch(label, kernel);
        // Solutions are below one in size, the systems are dominated by their diagonals.
        run.check_close(label, x.to_host(), expected, {2e-6, 0});
    };
    test("Thomas", [&] { thomas<<<workload::ceil_div(systems, 64), 64>>>(systems, a, b, c, d, x); });
    test("cyclic reduction", [&] { cyclic_reduction<<<systems, kSize>>>(systems, a, b, c, d, x); });
    return run.finish();
}
