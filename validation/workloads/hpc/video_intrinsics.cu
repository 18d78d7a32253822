// SIMD within a word: the video intrinsics on bytes and halfwords (add, subtract, average, minimum, maximum, absolute difference,
// comparison, saturation), dot products of bytes and halfwords, and the DPX functions of dynamic programming.
// Stresses: IDP.4A, IDP.2A, VABSDIFF4, PRMT, LOP3 emulations, VIMNMX and VIADDMNMX where the architecture has them.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;
using u32 = unsigned;

// A word lane by lane: `f` gets the lanes of x and y, sign- or zero-extended, and its result is cut to the lane.
template <int Bits, bool Signed, typename F> u32 lanes(u32 x, u32 y, F f) {
    u32 result = 0;
    const u32 mask = (1u << Bits) - 1;
    for (int at = 0; at < 32; at += Bits) {
        const auto get = [&](u32 word) {
            return Signed ? static_cast<int>(word << (32 - Bits - at)) >> (32 - Bits) : static_cast<int>(word >> at & mask);
        };
        result |= (static_cast<u32>(f(get(x), get(y))) & mask) << at;
    }
    return result;
}
int clamp_to(int value, int low, int high) { return std::min(std::max(value, low), high); }

// name(device expression, host expression) of words x, y, z.
#define OPERATIONS(F)                                                                                                                      \
    F(add4, __vadd4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return a + b; })))                                                    \
    F(add2, __vadd2(x, y), (lanes<16, false>(x, y, [](int a, int b) { return a + b; })))                                                   \
    F(add_saturated4, __vaddus4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return std::min(a + b, 255); })))                         \
    F(add_saturated2, __vaddss2(x, y), (lanes<16, true>(x, y, [](int a, int b) { return clamp_to(a + b, -32768, 32767); })))               \
    F(subtract4, __vsub4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return a - b; })))                                               \
    F(subtract_saturated4, __vsubus4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return std::max(a - b, 0); })))                      \
    F(average4, __vavgu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return (a + b + 1) >> 1; })))                                    \
    F(average_down4, __vhaddu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return (a + b) >> 1; })))                                  \
    F(minimum4, __vminu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return std::min(a, b); })))                                      \
    F(maximum4, __vmaxs4(x, y), (lanes<8, true>(x, y, [](int a, int b) { return std::max(a, b); })))                                       \
    F(minimum2, __vmins2(x, y), (lanes<16, true>(x, y, [](int a, int b) { return std::min(a, b); })))                                      \
    F(difference4, __vabsdiffu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return std::abs(a - b); })))                              \
    F(difference2, __vabsdiffu2(x, y), (lanes<16, false>(x, y, [](int a, int b) { return std::abs(a - b); })))                             \
    F(absolute4, __vabs4(x), (lanes<8, true>(x, y, [](int a, int) { return std::abs(a); })))                                               \
    F(negated_saturated2, __vnegss2(x), (lanes<16, true>(x, y, [](int a, int) { return std::min(-a, 32767); })))                           \
    F(equal4, __vcmpeq4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return a == b ? -1 : 0; })))                                      \
    F(greater4, __vcmpgtu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return a > b ? -1 : 0; })))                                    \
    F(less_equal2, __vcmples2(x, y), (lanes<16, true>(x, y, [](int a, int b) { return a <= b ? -1 : 0; })))                                \
    F(set_less4, __vsetltu4(x, y), (lanes<8, false>(x, y, [](int a, int b) { return a < b; })))                                            \
    F(set_not_equal2, __vsetne2(x, y), (lanes<16, false>(x, y, [](int a, int b) { return a != b; })))                                      \
    F(difference_sum4, __vsadu4(x, y), sum_of_differences(x, y))                                                                           \
    F(dot_bytes, __dp4a(static_cast<int>(x), static_cast<int>(y), static_cast<int>(z)), dot4<signed char>(x, y, z))                        \
    F(dot_unsigned_bytes, __dp4a(x, y, z), dot4<unsigned char>(x, y, z))                                                                   \
    F(dot_low, __dp2a_lo(static_cast<int>(x), static_cast<int>(y), static_cast<int>(z)), (dot2<short, signed char>(x, y, z)))              \
    F(dot_high, __dp2a_hi(x, y, z), (dot2<unsigned short, unsigned char>(x, y >> 16, z)))                                                  \
    F(add_maximum, __viaddmax_s32(sx, sy, sz), std::max(static_cast<int>(x + y), sz))                                                      \
    F(add_minimum_relu, __viaddmin_s32_relu(sx, sy, sz), std::max(std::min(static_cast<int>(x + y), sz), 0))                               \
    F(add_maximum_unsigned, __viaddmax_u32(x, y, z), std::max(x + y, z))                                                                   \
    F(maximum_of_3, __vimax3_s32(sx, sy, sz), std::max({sx, sy, sz}))                                                                      \
    F(minimum_of_3_relu, __vimin3_s32_relu(sx, sy, sz), std::max(std::min({sx, sy, sz}), 0))                                               \
    F(maximum_halfwords_relu, __vimax_s16x2_relu(x, y), (lanes<16, true>(x, y, [](int a, int b) { return std::max({a, b, 0}); })))         \
    F(maximum_of_3_halfwords, __vimax3_u16x2(x, y, z),                                                                                     \
      (lanes<16, false>(lanes<16, false>(x, y, [](int a, int b) { return std::max(a, b); }), z,                                            \
                        [](int a, int b) { return std::max(a, b); })))

u32 sum_of_differences(u32 x, u32 y) {
    u32 sum = 0;
    for (int at = 0; at < 32; at += 8) sum += static_cast<u32>(std::abs(static_cast<int>(x >> at & 255) - static_cast<int>(y >> at & 255)));
    return sum;
}
template <typename Byte> u32 dot4(u32 x, u32 y, u32 z) {
    for (int at = 0; at < 32; at += 8) z += static_cast<u32>(static_cast<Byte>(x >> at) * static_cast<Byte>(y >> at));
    return z;
}
template <typename Half, typename Byte> u32 dot2(u32 x, u32 y, u32 z) {
    return z + static_cast<u32>(static_cast<Half>(x) * static_cast<Byte>(y)) +
           static_cast<u32>(static_cast<Half>(x >> 16) * static_cast<Byte>(y >> 8));
}

#define COUNT(name, device, host) +1
constexpr int kResults = 0 OPERATIONS(COUNT);

__global__ void operate(int n, const uint3* in, u32* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const u32 x = in[i].x, y = in[i].y, z = in[i].z;
    const int sx = static_cast<int>(x), sy = static_cast<int>(y), sz = static_cast<int>(z);
    int row = 0;
#define DEVICE(name, device, host) out[row++ * n + i] = static_cast<u32>(device);
    OPERATIONS(DEVICE)
}

int main(int argc, char** argv) {
    workload::Run run("video_intrinsics", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000);
    auto& random = run.random();
    std::vector<uint3> in(n);
    for (auto& v : in) {
        v = make_uint3(random.bits32(), random.bits32(), random.bits32());
        // Some equal bytes and extremes.
        if (random.below(4) == 0) v.y = (v.y & 0xffff00ffu) | (v.x & 0xff00u);
        if (random.below(8) == 0) v.x = (v.x & 0xffffu) | 0x80800000u;
    }
    std::vector<u32> expected(static_cast<std::size_t>(n) * kResults);
    for (int i = 0; i < n; ++i) {
        const u32 x = in[i].x, y = in[i].y, z = in[i].z;
        const int sx = static_cast<int>(x), sy = static_cast<int>(y), sz = static_cast<int>(z);
        int row = 0;
#define HOST(name, device, host) expected[row++ * n + i] = static_cast<u32>(host);
        OPERATIONS(HOST)
    }
    workload::DeviceArray<uint3> din(in);
    workload::DeviceArray<u32> out(expected.size());
    run.launch("video", [&] { operate<<<workload::ceil_div(n, kBlock), kBlock>>>(n, din, out); });
    const auto results = out.to_host();
    const char* names[] = {
#define NAME(name, device, host) #name,
        OPERATIONS(NAME)};
    for (int row = 0; row < kResults; ++row) {
        const std::vector<u32> actual(results.begin() + row * n, results.begin() + (row + 1) * n);
        const std::vector<u32> wanted(expected.begin() + row * n, expected.begin() + (row + 1) * n);
        run.check_equal(names[row], actual, wanted);
    }
    return run.finish();
}
