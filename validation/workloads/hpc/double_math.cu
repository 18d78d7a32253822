// The double math library against the host's: within the errors that the CUDA Programming Guide states (appendix "Mathematical
// Functions") and one unit for the host's own (four for cbrt, of which the GNU library says so).
// Stresses: long DFMA polynomials, MUFU.RCP64H and RSQ64H seeds with Newton steps, slow paths for large arguments, 64-bit integer tricks,
// calls of internal functions, DSETP, F2I and I2F of 64 bits.
#include "common/workload.hpp"

constexpr int kBlock = 128;

// name(range of x, range of y, units in the last place, absolute error): an expression of x and y, the same for device and host.
#define FUNCTIONS(F)                                                                                                                       \
    F(sine, -100, 100, 0, 1, 3, 0, sin(x))                                                                                                 \
    F(sine_far, -1e12, 1e12, 0, 1, 3, 0, sin(x))                                                                                           \
    F(cosine_far, -1e7, 1e7, 0, 1, 3, 0, cos(x))                                                                                           \
    F(tangent, -1.5, 1.5, 0, 1, 3, 0, tan(x))                                                                                              \
    F(exponential, -700, 700, 0, 1, 2, 0, exp(x))                                                                                          \
    F(exponential_2, -1000, 1000, 0, 1, 2, 0, exp2(x))                                                                                     \
    F(exponential_less_1, -2, 2, 0, 1, 2, 0, expm1(x))                                                                                     \
    F(logarithm, 1e-300, 1e3, 0, 1, 2, 0, log(x))                                                                                          \
    F(logarithm_2, 0.5, 2, 0, 1, 2, 0, log2(x))                                                                                            \
    F(logarithm_10, 1, 1e200, 0, 1, 2, 0, log10(x))                                                                                        \
    F(logarithm_of_1_more, -0.5, 10, 0, 1, 2, 0, log1p(x))                                                                                 \
    F(power, 0.01, 50, -100, 100, 3, 0, pow(x, y))                                                                                         \
    F(square_root, 0, 1e200, 0, 1, 0, 0, sqrt(x))                                                                                          \
    F(division, -1e100, 1e100, 0.001, 1e50, 0, 0, x / y)                                                                                   \
    F(cube_root, -1e100, 1e100, 0, 1, 5, 0, cbrt(x))                                                                                       \
    F(hypotenuse, -1e150, 1e150, -1e150, 1e150, 3, 0, hypot(x, y))                                                                         \
    F(error_function, -5, 5, 0, 1, 3, 0, erf(x))                                                                                           \
    F(complementary_error, -5, 20, 0, 1, 6, 0, erfc(x))                                                                                    \
    F(gamma_function, 0.5, 100, 0, 1, 12, 0, tgamma(x))                                                                                    \
    F(log_gamma, 3, 200, 0, 1, 6, 0, lgamma(x))                                                                                            \
    F(arc_tangent, -50, 50, 0, 1, 3, 0, atan(x))                                                                                           \
    F(arc_tangent_2, -9, 9, -9, 9, 3, 0, atan2(x, y))                                                                                      \
    F(arc_sine, -1, 1, 0, 1, 3, 0, asin(x))                                                                                                \
    F(arc_cosine, -0.99, 0.99, 0, 1, 3, 0, acos(x))                                                                                        \
    F(hyperbolic_sine, -300, 300, 0, 1, 3, 0, sinh(x))                                                                                     \
    F(hyperbolic_tangent, -5, 5, 0, 1, 3, 0, tanh(x))                                                                                      \
    F(area_cosine, 1.5, 1e10, 0, 1, 3, 0, acosh(x))                                                                                        \
    F(bessel, 1, 7, 0, 1, 0, 1e-14, j1(x))                                                                                                 \
    F(modulo, -1e10, 1e10, 0.5, 1000, 0, 0, fmod(x, y))                                                                                    \
    F(remainder_of, -1e10, 1e10, 0.5, 1000, 0, 0, remainder(x, y))                                                                         \
    F(rounded, -100, 100, 0, 1, 0, 0, rint(x) * 100 + round(x) * 10 + trunc(x))                                                            \
    F(floor_and_ceiling, -100, 100, 0, 1, 0, 0, floor(x) * 1000 + ceil(x))                                                                 \
    F(scaled_by_2, -9, 9, -500, 500, 0, 0, ldexp(x, static_cast<int>(y)))                                                                  \
    F(through_long, -9e18, 9e18, 0, 1, 0, 0, static_cast<double>(static_cast<long long>(x)))                                               \
    F(through_unsigned_long, 0, 1.8e19, 0, 1, 0, 0, static_cast<double>(static_cast<unsigned long long>(x)))                               \
    F(through_int, -2e9, 2e9, 0, 1, 0, 0, static_cast<double>(static_cast<int>(x)))                                                        \
    F(through_float, -1e30, 1e30, 0, 1, 0, 0, static_cast<double>(static_cast<float>(x)))                                                  \
    F(fused, -1e10, 1e10, -1e10, 1e10, 0, 0, fma(x, y, x))                                                                                 \
    F(minimum_and_maximum, -9, 9, -9, 9, 0, 0, fmin(x, y) / fmax(fabs(x), fabs(y)))                                                        \
    F(sign_of, -9, 9, -9, 9, 0, 0, copysign(x, y))

#define DEFINE(name, x_low, x_high, y_low, y_high, ulps, absolute, expression)                                                             \
    __global__ void name(int n, const double* xs, const double* ys, double* out) {                                                         \
        const int i = blockIdx.x * kBlock + threadIdx.x;                                                                                   \
        if (i >= n) return;                                                                                                                \
        [[maybe_unused]] const double x = xs[i];                                                                                           \
        [[maybe_unused]] const double y = ys[i];                                                                                           \
        out[i] = expression;                                                                                                               \
    }                                                                                                                                      \
    double host_##name([[maybe_unused]] double x, [[maybe_unused]] double y) { return expression; }
FUNCTIONS(DEFINE)

// Functions with two results, and those whose results are not numbers.
__global__ void two_results(int n, const double* x, double* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    double sine, cosine, whole;
    int exponent;
    sincos(x[i], &sine, &cosine);
    const double fraction = modf(x[i], &whole), mantissa = frexp(x[i], &exponent);
    const double results[6] = {sine, cosine, fraction, whole, mantissa, static_cast<double>(exponent)};
    for (int k = 0; k < 6; ++k) out[k * n + i] = results[k];
}

__global__ void classify(int n, const double* x, int* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n)
        out[i] = (isnan(x[i]) ? 1 : 0) + (isinf(x[i]) ? 2 : 0) + (isfinite(x[i]) ? 4 : 0) + (signbit(x[i]) ? 8 : 0) +
                 (isnan(sqrt(x[i])) ? 16 : 0) + (isinf(exp(x[i])) ? 32 : 0);
}

int main(int argc, char** argv) {
    workload::Run run("double_math", argc, argv);
    const int n = run.pick(128, 1'200, 40'000, 200'000), grid = workload::ceil_div(n, kBlock);
    workload::DeviceArray<double> dx(n), dy(n), out(6 * n);
    out.fill_bytes(0);
    const auto test = [&](const char* label, auto kernel, auto reference, double x_low, double x_high, double y_low, double y_high,
                          double ulps, double absolute) {
        const auto x = run.random().uniform_vector<double>(n, x_low, x_high), y = run.random().uniform_vector<double>(n, y_low, y_high);
        dx.upload(x);
        dy.upload(y);
        run.launch(label, [&] { kernel<<<grid, kBlock>>>(n, dx, dy, out); });
        std::vector<double> expected(n);
        for (int i = 0; i < n; ++i) expected[i] = reference(x[i], y[i]);
        auto actual = out.to_host();
        actual.resize(n);
        run.check_close(label, actual, expected, {absolute, ulps * 0x1p-52});
    };
#define TEST(name, x_low, x_high, y_low, y_high, ulps, absolute, expression)                                                               \
    test(#name, name, host_##name, x_low, x_high, y_low, y_high, ulps, absolute);
    FUNCTIONS(TEST)

    const auto x = run.random().uniform_vector<double>(n, -1000, 1000);
    dx.upload(x);
    run.launch("two results", [&] { two_results<<<grid, kBlock>>>(n, dx, out); });
    std::vector<double> expected(6 * n);
    for (int i = 0; i < n; ++i) {
        double whole;
        int exponent;
        expected[i] = std::sin(x[i]);
        expected[n + i] = std::cos(x[i]);
        expected[2 * n + i] = std::modf(x[i], &whole);
        expected[3 * n + i] = whole;
        expected[4 * n + i] = std::frexp(x[i], &exponent);
        expected[5 * n + i] = exponent;
    }
    run.check_close("two results", out.to_host(), expected, {0, 3 * 0x1p-52});

    std::vector<double> special(n);
    const double values[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e308, -1e308, 4e-320, -1.0, 710.0};
    std::vector<int> classes(n);
    for (int i = 0; i < n; ++i) {
        const double v = special[i] = values[i % 10];
        classes[i] = (std::isnan(v) ? 1 : 0) + (std::isinf(v) ? 2 : 0) + (std::isfinite(v) ? 4 : 0) + (std::signbit(v) ? 8 : 0) +
                     (std::isnan(std::sqrt(v)) ? 16 : 0) + (std::isinf(std::exp(v)) ? 32 : 0);
    }
    workload::DeviceArray<int> dclasses(n);
    dx.upload(special);
    run.launch("classes", [&] { classify<<<grid, kBlock>>>(n, dx, dclasses); });
    run.check_equal("classes", dclasses.to_host(), classes);
    return run.finish();
}
