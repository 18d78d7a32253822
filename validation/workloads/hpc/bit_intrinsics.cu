// Bit intrinsics against plain loops on the host: population count, leading and first bits, reversal, byte permutation, funnel shifts,
// shifts at and beyond the width, bit fields, averages, sums of absolute differences, 24-bit and high products, sign extensions,
// three-input logic.
// Stresses: POPC, FLO, BREV, PRMT, SHF, SHL/SHR clamping, BMSK/SGXT, LOP3, IABS, IMNMX, VABSDIFF, LEA.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;

using u32 = unsigned;
using u64 = unsigned long long;

// name(host expression, device expression) of x, y, z (32 bits) and w (64 bits); the results are compared as 64 bits.
#define OPERATIONS(F)                                                                                                                      \
    F(population, __popc(x), __builtin_popcount(x))                                                                                        \
    F(population_64, __popcll(w), __builtin_popcountll(w))                                                                                 \
    F(leading_zeros, __clz(static_cast<int>(x)), x == 0 ? 32 : __builtin_clz(x))                                                           \
    F(leading_zeros_64, __clzll(static_cast<long long>(w)), w == 0 ? 64 : __builtin_clzll(w))                                              \
    F(first_bit, __ffs(static_cast<int>(x)), x == 0 ? 0 : __builtin_ctz(x) + 1)                                                            \
    F(first_bit_64, __ffsll(static_cast<long long>(w)), w == 0 ? 0 : __builtin_ctzll(w) + 1)                                               \
    F(nth_bit, __fns(x, y % 32, static_cast<int>(z % 3)), nth_bit_of(x, y % 32, z % 3))                                                    \
    F(reversed, __brev(x), reverse(x, 32))                                                                                                 \
    F(reversed_64, __brevll(w), reverse(w, 64))                                                                                            \
    F(permuted, __byte_perm(x, y, z), permute(x, y, z))                                                                                    \
    F(permuted_fixed, __byte_perm(x, y, 0x5140), permute(x, y, 0x5140))                                                                    \
    F(funnel_left, __funnelshift_l(x, y, z), static_cast<u32>(pair(x, y) << (z & 31) >> 32))                                               \
    F(funnel_right, __funnelshift_r(x, y, z), static_cast<u32>(pair(x, y) >> (z & 31)))                                                    \
    F(funnel_left_clamped, __funnelshift_lc(x, y, z % 64), static_cast<u32>(z % 64 >= 32 ? x : pair(x, y) << z % 64 >> 32))                \
    F(funnel_right_clamped, __funnelshift_rc(x, y, z % 64), static_cast<u32>(z % 64 >= 32 ? y : pair(x, y) >> z % 64))                     \
    F(rotated, x << (z & 31) | x >> ((32 - z) & 31), static_cast<u32>(pair(x, x) << (z & 31) >> 32))                                       \
    F(shifted_64, w << (z & 63), w << (z & 63))                                                                                            \
    F(shifted_right_64, static_cast<long long>(w) >> (z & 63), static_cast<long long>(w) >> (z & 63))                                      \
    F(field, x >> (y & 15) & ((1u << (z & 15)) - 1), x >> (y & 15) & ((1u << (z & 15)) - 1))                                               \
    F(inserted, (x & ~(0xffu << (z & 15))) | (y & 0xff) << (z & 15), (x & ~(0xffu << (z & 15))) | (y & 0xff) << (z & 15))                  \
    F(sign_extended, static_cast<signed char>(x) * 65536 + static_cast<short>(y),                                                          \
      static_cast<signed char>(x) * 65536 + static_cast<short>(y))                                                                         \
    F(average, __hadd(static_cast<int>(x), static_cast<int>(y)), (static_cast<long long>(static_cast<int>(x)) + static_cast<int>(y)) >> 1) \
    F(average_up, __urhadd(x, y), (static_cast<u64>(x) + y + 1) >> 1)                                                                      \
    F(difference_sum, __usad(x, y, z), static_cast<u32>((x > y ? x - y : y - x) + z))                                                      \
    F(signed_difference_sum, __sad(static_cast<int>(x), static_cast<int>(y), z), static_cast<u32>(distance(x, y) + z))                     \
    F(product_24, __umul24(x, y), static_cast<u32>((x & 0xffffff) * (y & 0xffffff)))                                                       \
    F(high_signed, __mulhi(static_cast<int>(x), static_cast<int>(y)),                                                                      \
      static_cast<long long>(static_cast<int>(x)) * static_cast<int>(y) >> 32)                                                             \
    F(logic_and_or, (x & y) | z, (x & y) | z)                                                                                              \
    F(logic_majority, (x & y) ^ (x & z) ^ (y & z), (x & y) | (z & (x | y)))                                                                \
    F(logic_select, (x & y) | (~x & z), z ^ (x & (y ^ z)))                                                                                 \
    F(logic_parity, x ^ y ^ z, (x | y | z) & ~(((x & y) | (x & z) | (y & z)) & ~(x & y & z)))                                              \
    F(minimum, min(static_cast<int>(x), static_cast<int>(y)), std::min(static_cast<int>(x), static_cast<int>(y)))                          \
    F(maximum_of_3, max(x, max(y, z)), std::max(x, std::max(y, z)))                                                                        \
    F(clamped, min(max(static_cast<int>(x), -1000), 1000), std::min(std::max(static_cast<int>(x), -1000), 1000))                           \
    F(absolute, abs(static_cast<int>(x | 1)), static_cast<int>(x | 1) < 0 ? 0u - (x | 1) : (x | 1))                                        \
    F(scaled_index, w + static_cast<u64>(x) * 12 + 4, w + static_cast<u64>(x) * 12 + 4)                                                    \
    F(as_float_bits, __float_as_uint(__uint_as_float((x & 0x7fffff) | 0x3f800000u) * 2.0f), (x & 0x7fffff) | 0x40000000u)

u32 nth_bit_of(u32 mask, u32 base, u32 offset) {
    // offset 0: the base bit itself if set; offset n > 0: the n-th set bit from base upwards. The guide: ~0 if there is none.
    if (offset == 0) return mask >> base & 1 ? base : ~0u;
    for (u32 bit = base; bit < 32; ++bit) {
        if ((mask >> bit & 1) && --offset == 0) return bit;
    }
    return ~0u;
}
u64 reverse(u64 value, int bits) {
    u64 result = 0;
    for (int i = 0; i < bits; ++i) result |= (value >> i & 1) << (bits - 1 - i);
    return result;
}
u64 pair(u64 low, u64 high) { return high << 32 | low; }
u32 permute(u32 x, u32 y, u32 selector) {
    u32 result = 0;
    for (int i = 0; i < 4; ++i) result |= static_cast<u32>(pair(x, y) >> (selector >> 4 * i & 7) * 8 & 0xff) << 8 * i;
    return result;
}
u64 distance(u32 x, u32 y) {
    const long long difference = static_cast<long long>(static_cast<int>(x)) - static_cast<int>(y);
    return static_cast<u64>(difference < 0 ? -difference : difference);
}

#define COUNT(name, device, host) +1
constexpr int kResults = 0 OPERATIONS(COUNT);

__global__ void operate(int n, const uint4* in, u64* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const u32 x = in[i].x, y = in[i].y, z = in[i].z;
    const u64 w = static_cast<u64>(in[i].w) << 32 | (x * 31u + y);
    int row = 0;
#define DEVICE(name, device, host) out[row++ * n + i] = static_cast<u64>(device);
    OPERATIONS(DEVICE)
}

int main(int argc, char** argv) {
    workload::Run run("bit_intrinsics", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000);
    auto& random = run.random();
    std::vector<uint4> in(n);
    for (auto& v : in)
        v = make_uint4(random.bits32() >> random.below(32), random.bits32() >> random.below(32), random.bits32() >> random.below(32),
                       random.bits32() >> random.below(32));
    in[0] = make_uint4(0, 0, 0, 0);
    in[1] = make_uint4(~0u, ~0u, ~0u, ~0u);
    in[2] = make_uint4(1u << 31, 1u << 31, 1u << 31, 1u << 31);
    std::vector<u64> expected(static_cast<std::size_t>(n) * kResults);
    for (int i = 0; i < n; ++i) {
        const u32 x = in[i].x, y = in[i].y, z = in[i].z;
        const u64 w = static_cast<u64>(in[i].w) << 32 | (x * 31u + y);
        int row = 0;
#define HOST(name, device, host) expected[row++ * n + i] = static_cast<u64>(host);
        OPERATIONS(HOST)
    }
    workload::DeviceArray<uint4> din(in);
    workload::DeviceArray<u64> out(expected.size());
    run.launch("bits", [&] { operate<<<workload::ceil_div(n, kBlock), kBlock>>>(n, din, out); });
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
