// Conversions among integers of 8 to 64 bits, float and double: all roundings, saturation of what does not fit, infinities and NaN,
// subnormal numbers, and reinterpretation of bits.
// Stresses: F2I, I2F, F2F, I2I and their rounding and width modifiers.
#include "common/workload.hpp"

constexpr int kBlock = 128;
using i64 = long long;
using u64 = unsigned long long;

// What the hardware's float-to-integer conversion gives: rounded, clamped to the type's range, NaN as zero (32 bits) or the most
// negative number (64 bits).
template <typename Integer, typename Real> Integer converted(Real x, double (*round)(double)) {
    using Limits = std::pair<Integer, Integer>;
    constexpr int kBits = sizeof(Integer) * 8;
    constexpr bool kSigned = std::is_signed_v<Integer>;
    const Limits limits = kSigned ? Limits(static_cast<Integer>(1ull << (kBits - 1)), static_cast<Integer>(~(1ull << (kBits - 1))))
                                  : Limits(0, static_cast<Integer>(~0ull));
    if (std::isnan(x)) return kBits == 64 || sizeof(Real) == 8 ? static_cast<Integer>(1ull << (kBits - 1)) : 0;
    const double whole = round(x), edge = std::ldexp(1.0, kSigned ? kBits - 1 : kBits);
    if (whole >= edge) return limits.second;
    if (whole < (kSigned ? -edge : 0)) return limits.first;
    return static_cast<Integer>(whole);
}

// name(device expression, host expression): from float f, double d, 32 bits i and 64 bits w; results as 64 bits.
#define OPERATIONS(F)                                                                                                                      \
    F(float_to_int_rn, __float2int_rn(f), converted<int>(f, std::nearbyint))                                                               \
    F(float_to_int_rd, __float2int_rd(f), converted<int>(f, std::floor))                                                                   \
    F(float_to_int_ru, __float2int_ru(f), converted<int>(f, std::ceil))                                                                    \
    F(float_to_int_rz, static_cast<int>(f), converted<int>(f, std::trunc))                                                                 \
    F(float_to_unsigned, __float2uint_rz(f), converted<unsigned>(f, std::trunc))                                                           \
    F(float_to_long, __float2ll_rn(f), converted<i64>(f, std::nearbyint))                                                                  \
    F(float_to_unsigned_long, __float2ull_rd(f), converted<u64>(f, std::floor))                                                            \
    F(double_to_int, __double2int_ru(d), converted<int>(d, std::ceil))                                                                     \
    F(double_to_unsigned, __double2uint_rn(d), converted<unsigned>(d, std::nearbyint))                                                     \
    F(double_to_long, __double2ll_rd(d), converted<i64>(d, std::floor))                                                                    \
    F(double_to_unsigned_long, __double2ull_rz(d), converted<u64>(d, std::trunc))                                                          \
    F(int_to_float, bits(static_cast<float>(static_cast<int>(i))), bits(static_cast<float>(static_cast<int>(i))))                          \
    F(int_to_float_rz, bits(__int2float_rz(static_cast<int>(i))), bits(towards_zero(static_cast<int>(i))))                                 \
    F(unsigned_to_float_ru, bits(__uint2float_ru(i)), bits(upwards(i)))                                                                    \
    F(long_to_float, bits(static_cast<float>(static_cast<i64>(w))), bits(static_cast<float>(static_cast<i64>(w))))                         \
    F(unsigned_long_to_float, bits(static_cast<float>(w)), bits(static_cast<float>(w)))                                                    \
    F(int_to_double, bits(static_cast<double>(static_cast<int>(i))), bits(static_cast<double>(static_cast<int>(i))))                       \
    F(long_to_double, bits(static_cast<double>(static_cast<i64>(w))), bits(static_cast<double>(static_cast<i64>(w))))                      \
    F(unsigned_long_to_double, bits(static_cast<double>(w)), bits(static_cast<double>(w)))                                                 \
    F(double_to_float, bits(static_cast<float>(d)), number(static_cast<float>(d)))                                                         \
    F(float_to_double, bits(static_cast<double>(f)), number(static_cast<double>(f)))                                                       \
    F(byte_to_float, bits(static_cast<float>(i >> 8 & 255)), bits(static_cast<float>(i >> 8 & 255)))                                       \
    F(signed_byte_to_float, bits(static_cast<float>(static_cast<signed char>(i >> 16))),                                                   \
      bits(static_cast<float>(static_cast<signed char>(i >> 16))))                                                                         \
    F(short_to_double, bits(static_cast<double>(static_cast<short>(i >> 16))), bits(static_cast<double>(static_cast<short>(i >> 16))))     \
    F(float_to_byte, static_cast<unsigned char>(static_cast<int>(in_range(f))), static_cast<unsigned char>(static_cast<int>(in_range(f)))) \
    F(sign_extension, static_cast<i64>(static_cast<short>(i)) * 3, static_cast<i64>(static_cast<short>(i)) * 3)                            \
    F(halves_of_double, static_cast<unsigned>(__double2hiint(d)) ^ static_cast<unsigned>(__double2loint(d)),                               \
      static_cast<unsigned>(raw(d) >> 32 ^ raw(d)))

// NaN is compared as one pattern: which one a conversion gives is not promised.
__host__ __device__ inline u64 bits(float x) {
    unsigned word = 0;
    std::memcpy(&word, &x, sizeof(word));
    return (word & 0x7fffffffu) > 0x7f800000u ? 0x7fffffffu : word;
}
__host__ __device__ inline u64 bits(double x) {
    u64 word = 0;
    std::memcpy(&word, &x, sizeof(word));
    return (word & ~(1ull << 63)) > 0x7ff0000000000000ull ? ~(1ull << 63) : word;
}
template <typename T> u64 number(T x) { return bits(x); }
u64 raw(double x) {
    u64 word = 0;
    std::memcpy(&word, &x, sizeof(word));
    return word;
}
__host__ __device__ inline float in_range(float x) { return x > -1000.0f && x < 1000.0f ? x : 0.0f; }
float towards_zero(int value) {
    const float nearest = static_cast<float>(value);
    return std::fabs(static_cast<double>(nearest)) > std::fabs(static_cast<double>(value)) ? std::nextafterf(nearest, 0.0f) : nearest;
}
float upwards(unsigned value) {
    const float nearest = static_cast<float>(value);
    return static_cast<double>(nearest) < static_cast<double>(value) ? std::nextafterf(nearest, INFINITY) : nearest;
}

#define COUNT(name, device, host) +1
constexpr int kResults = 0 OPERATIONS(COUNT);

__global__ void convert(int n, const float* fs, const double* ds, const u64* ws, u64* out) {
    const int k = blockIdx.x * kBlock + threadIdx.x;
    if (k >= n) return;
    const float f = fs[k];
    const double d = ds[k];
    const u64 w = ws[k];
    const unsigned i = static_cast<unsigned>(w);
    int row = 0;
#define DEVICE(name, device, host) out[row++ * n + k] = static_cast<u64>(device);
    OPERATIONS(DEVICE)
}

int main(int argc, char** argv) {
    workload::Run run("conversions", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000);
    auto& random = run.random();
    std::vector<float> fs(n);
    std::vector<double> ds(n);
    std::vector<u64> ws(n), expected(static_cast<std::size_t>(n) * kResults);
    const double specials[] = {0.0,          -0.0,          INFINITY,     -INFINITY, NAN,   0.5,    -0.5,   1.5,   2.5,  2147483647.0,
                               2147483648.0, -2147483649.0, 4294967295.0, 1e19,      -1e19, 9.3e18, 1e-310, 1e-45, 1e300};
    for (int k = 0; k < n; ++k) {
        ws[k] = random.bits64() >> random.below(64);
        if (random.below(2) == 0) ws[k] = 0 - ws[k];
        // Magnitudes from 2^-30 to 2^70, and some halves of whole numbers.
        ds[k] = std::ldexp(random.uniform(-1.0, 1.0), static_cast<int>(random.below(100)) - 30);
        if (random.below(4) == 0) ds[k] = std::floor(ds[k]) + 0.5;
        if (k < static_cast<int>(sizeof(specials) / sizeof(double))) ds[k] = specials[k];
        fs[k] = static_cast<float>(ds[k]);
        const float f = fs[k];
        const double d = ds[k];
        const u64 w = ws[k];
        const unsigned i = static_cast<unsigned>(w);
        int row = 0;
#define HOST(name, device, host) expected[row++ * n + k] = static_cast<u64>(host);
        OPERATIONS(HOST)
    }
    workload::DeviceArray<float> dfs(fs);
    workload::DeviceArray<double> dds(ds);
    workload::DeviceArray<u64> dws(ws), out(expected.size());
    run.launch("conversions", [&] { convert<<<workload::ceil_div(n, kBlock), kBlock>>>(n, dfs, dds, dws, out); });
    const auto results = out.to_host();
    const char* names[] = {
#define NAME(name, device, host) #name,
        OPERATIONS(NAME)};
    for (int row = 0; row < kResults; ++row) {
        const std::vector<u64> actual(results.begin() + row * n, results.begin() + (row + 1) * n);
        const std::vector<u64> wanted(expected.begin() + row * n, expected.begin() + (row + 1) * n);
        run.check_equal(names[row], actual, wanted);
    }
    return run.finish();
}
