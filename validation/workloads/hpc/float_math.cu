// The float math library and the fast intrinsics against double on the host: within the errors that the CUDA Programming Guide states
// (appendix "Mathematical Functions"), exactly where it states none.
// Stresses: MUFU with its range reductions, the slow paths for large arguments (local memory), directed rounding, FRND, and
// the division and square-root subroutines.
#include "common/workload.hpp"

constexpr int kBlock = 128;

// name(range of x, range of y, units in the last place, absolute error): an expression of x and y for the device, one for the host.
#define FUNCTIONS(F)                                                                                                                       \
    F(sine, -100, 100, 0, 1, 2, 0, sinf(x), sin(x))                                                                                        \
    F(sine_far, -1e9f, 1e9f, 0, 1, 2, 0, sinf(x), sin(x))                                                                                  \
    F(cosine_far, -1e6f, 1e6f, 0, 1, 2, 0, cosf(x), cos(x))                                                                                \
    F(tangent, -1.5f, 1.5f, 0, 1, 4, 0, tanf(x), tan(x))                                                                                   \
    F(sine_pi, -50, 50, 0, 1, 2, 2e-7, sinpif(x), sin(3.14159265358979323846 * x))                                                         \
    F(exponential, -80, 80, 0, 1, 2, 0, expf(x), exp(x))                                                                                   \
    F(exponential_2, -120, 120, 0, 1, 2, 0, exp2f(x), exp2(x))                                                                             \
    F(exponential_10, -30, 30, 0, 1, 2, 0, exp10f(x), pow(10.0, x))                                                                        \
    F(exponential_less_1, -2, 2, 0, 1, 2, 0, expm1f(x), expm1(x))                                                                          \
    F(logarithm, 1e-30f, 1e3f, 0, 1, 1, 0, logf(x), log(x))                                                                                \
    F(logarithm_2, 1e-3f, 1e30f, 0, 1, 1, 0, log2f(x), log2(x))                                                                            \
    F(logarithm_10, 0.5f, 2, 0, 1, 2, 0, log10f(x), log10(x))                                                                              \
    F(logarithm_of_1_more, -0.5f, 10, 0, 1, 1, 0, log1pf(x), log1p(x))                                                                     \
    F(power, 0.01f, 50, -8, 8, 4, 0, powf(x, y), pow(x, y))                                                                                \
    F(square_root, 0, 1e20f, 0, 1, 0.5, 0, sqrtf(x), sqrt(x))                                                                              \
    F(inverse_root, 1e-20f, 100, 0, 1, 2, 0, rsqrtf(x), 1 / sqrt(x))                                                                       \
    F(cube_root, -1e10f, 1e10f, 0, 1, 1, 0, cbrtf(x), cbrt(x))                                                                             \
    F(hypotenuse, -1e10f, 1e10f, -1e10f, 1e10f, 3, 0, hypotf(x, y), hypot(x, y))                                                           \
    F(error_function, -4, 4, 0, 1, 2, 0, erff(x), erf(x))                                                                                  \
    F(complementary_error, -4, 9, 0, 1, 4, 0, erfcf(x), erfc(x))                                                                           \
    F(inverse_error, -0.99f, 0.99f, 0, 1, 60, 1e-6, erff(erfinvf(x)), x)                                                                   \
    F(normal_distribution, -5, 5, 0, 1, 5, 0, normcdff(x), 0.5 * erfc(-x * 0.70710678118654752440))                                        \
    F(log_gamma, 3, 40, 0, 1, 6, 0, lgammaf(x), lgamma(x))                                                                                 \
    F(gamma_function, 0.5f, 20, 0, 1, 5, 0, tgammaf(x), tgamma(x))                                                                         \
    F(arc_tangent, -50, 50, 0, 1, 2, 0, atanf(x), atan(x))                                                                                 \
    F(arc_tangent_2, -9, 9, -9, 9, 3, 0, atan2f(x, y), atan2(x, y))                                                                        \
    F(arc_sine, -1, 1, 0, 1, 2, 0, asinf(x), asin(x))                                                                                      \
    F(arc_cosine, -0.99f, 0.99f, 0, 1, 2, 0, acosf(x), acos(x))                                                                            \
    F(hyperbolic_sine, -20, 20, 0, 1, 3, 0, sinhf(x), sinh(x))                                                                             \
    F(hyperbolic_cosine, -20, 20, 0, 1, 2, 0, coshf(x), cosh(x))                                                                           \
    F(hyperbolic_tangent, -5, 5, 0, 1, 2, 0, tanhf(x), tanh(x))                                                                            \
    F(area_sine, -50, 50, 0, 1, 3, 0, asinhf(x), asinh(x))                                                                                 \
    F(bessel, 1, 7, 0, 1, 0, 3e-6, j0f(x), j0(x))                                                                                          \
    F(division, -1e10f, 1e10f, 0.001f, 1e5f, 0.5, 0, x / y, x / y)                                                                         \
    F(modulo, -1e5f, 1e5f, 0.5f, 100, 0, 0, fmodf(x, y), fmod(x, y))                                                                       \
    F(remainder_of, -1e5f, 1e5f, 0.5f, 100, 0, 0, remainderf(x, y), remainder(x, y))                                                       \
    F(rounded_even, -100, 100, 0, 1, 0, 0, rintf(x), nearbyint(x))                                                                         \
    F(rounded_away, -100, 100, 0, 1, 0, 0, roundf(x), round(x))                                                                            \
    F(floor_and_ceiling, -100, 100, 0, 1, 0, 0, floorf(x) * 1000.0f + ceilf(x) + truncf(x), floor(x) * 1000 + ceil(x) + trunc(x))          \
    F(positive_difference, -9, 9, -9, 9, 0.5, 0, fdimf(x, y), fdim(x, y))                                                                  \
    F(scaled_by_2, -9, 9, -30, 30, 0, 0, ldexpf(x, static_cast<int>(y)), ldexp(x, static_cast<int>(y)))                                    \
    F(exponent_of, 1e-10f, 1e10f, 0, 1, 0, 0, static_cast<float>(ilogbf(x)), ilogb(x))                                                     \
    F(minimum_and_maximum, -9, 9, -9, 9, 4, 1e-6, fminf(x, y) * 4.0f + fmaxf(x, y), fmin(x, y) * 4 + fmax(x, y))                           \
    F(sign_of, -9, 9, -9, 9, 0, 0, copysignf(x, y), copysign(x, y))                                                                        \
    F(fast_sine, -3.1f, 3.1f, 0, 1, 0, 5e-7, __sinf(x), sin(x))                                                                            \
    F(fast_cosine, -3.1f, 3.1f, 0, 1, 0, 5e-7, __cosf(x), cos(x))                                                                          \
    F(fast_exponential, -20, 20, 0, 1, 30, 0, __expf(x), exp(x))                                                                           \
    F(fast_logarithm, 0.5f, 2, 0, 1, 0, 5e-7, __logf(x), log(x))                                                                           \
    F(fast_power, 0.5f, 2, -4, 4, 30, 0, __powf(x, y), pow(x, y))                                                                          \
    F(fast_division, -1e5f, 1e5f, 0.01f, 1e5f, 2, 0, __fdividef(x, y), x / y)                                                              \
    F(reciprocal, 0.001f, 1e5f, 0, 1, 0.5, 0, __frcp_rn(x), 1 / x)                                                                         \
    F(saturated, -2, 2, 0, 1, 0, 0, __saturatef(x), x<0 ? 0 : x> 1 ? 1 : x)

// Every function is a kernel of its own.
#define KERNEL(name, x_low, x_high, y_low, y_high, ulps, absolute, device, host)                                                           \
    __global__ void name(int n, const float* xs, const float* ys, float* out) {                                                            \
        const int i = blockIdx.x * kBlock + threadIdx.x;                                                                                   \
        if (i >= n) return;                                                                                                                \
        [[maybe_unused]] const float x = xs[i];                                                                                            \
        [[maybe_unused]] const float y = ys[i];                                                                                            \
        out[i] = device;                                                                                                                   \
    }
FUNCTIONS(KERNEL)

// Sums, products and quotients with directed rounding lie on their sides of the exact result, one step apart at most.
__global__ void directed(int n, const float* x, const float* y, float* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const float a = x[i], b = y[i];
    const float results[10] = {__fadd_rd(a, b), __fadd_ru(a, b), __fmul_rd(a, b), __fmul_ru(a, b),    __fdiv_rd(a, b),
                               __fdiv_ru(a, b), __fsqrt_rd(b),   __fsqrt_ru(b),   __fmaf_rd(a, b, a), __fmaf_ru(a, b, a)};
    for (int k = 0; k < 10; ++k) out[k * n + i] = results[k];
}

int main(int argc, char** argv) {
    workload::Run run("float_math", argc, argv);
    const int n = run.pick(256, 2'500, 100'000, 500'000), grid = workload::ceil_div(n, kBlock);
    workload::DeviceArray<float> dx(n), dy(n), out(10 * n);
    out.fill_bytes(0);
    const auto test = [&](const char* label, auto kernel, auto reference, float x_low, float x_high, float y_low, float y_high, double ulps,
                          double absolute) {
        const auto x = run.random().uniform_vector<float>(n, x_low, x_high), y = run.random().uniform_vector<float>(n, y_low, y_high);
        dx.upload(x);
        dy.upload(y);
        run.launch(label, [&] { kernel<<<grid, kBlock>>>(n, dx, dy, out); });
        std::vector<double> expected(n);
        for (int i = 0; i < n; ++i) expected[i] = reference(x[i], y[i]);
        auto actual = out.to_host();
        actual.resize(n);
        // A unit in the last place is at most 2^-23 of the value.
        run.check_close(label, actual, expected, {absolute, ulps * 0x1p-23});
    };
#define TEST(name, x_low, x_high, y_low, y_high, ulps, absolute, device, host)                                                             \
    test(                                                                                                                                  \
        #name, name, []([[maybe_unused]] double x, [[maybe_unused]] double y) -> double { return host; }, x_low, x_high, y_low, y_high,    \
        ulps, absolute);
    FUNCTIONS(TEST)

    const auto x = run.random().uniform_vector<float>(n, -1000, 1000), y = run.random().uniform_vector<float>(n, 0.001f, 1000);
    dx.upload(x);
    dy.upload(y);
    run.launch("directed", [&] { directed<<<grid, kBlock>>>(n, dx, dy, out); });
    const auto results = out.to_host();
    for (int i = 0; i < n; ++i) {
        const double a = x[i], b = y[i];
        // Exact in double but for quotient and root, which double gives closely enough to tell floats apart.
        const double exact[5] = {a + b, a * b, a / b, std::sqrt(b), std::fma(a, b, a)};
        for (int k = 0; k < 5; ++k) {
            const float down = results[2 * k * n + i], up = results[(2 * k + 1) * n + i];
            const bool right = down <= exact[k] && exact[k] <= up && (down == up || std::nextafterf(down, INFINITY) == up);
            run.check(right, "directed rounding of operation " + std::to_string(k) + " is wrong");
        }
    }
    return run.finish();
}
