// Division and remainder: signed and unsigned, 8 to 64 bits, by variables and by constants (which become multiplications), powers of two;
// 64-bit products and high halves, and modular exponentiation on top of them.
// Stresses: the division subroutines (I2F, MUFU.RCP, IMAD corrections, CALL), IMAD.HI, IMAD.WIDE, carry chains (IADD3.X), SHF.
#include "common/workload.hpp"

constexpr int kBlock = 128, kResults = 24;

using u32 = unsigned;
using u64 = unsigned long long;
using i64 = long long;

__host__ __device__ inline u64 high_product(u64 a, u64 b) {
#ifdef __CUDA_ARCH__
    return __umul64hi(a, b);
#else
    return static_cast<u64>(static_cast<unsigned __int128>(a) * b >> 64);
#endif
}
__host__ __device__ inline u32 high_product(u32 a, u32 b) {
#ifdef __CUDA_ARCH__
    return __umulhi(a, b);
#else
    return static_cast<u32>(static_cast<u64>(a) * b >> 32);
#endif
}

// All results for one pair of numbers, folded to 64 bits each. Requires: b != 0.
__host__ __device__ inline void divide(u64 a, u64 b, u64* out, int stride) {
    int row = 0;
    const auto answer = [&](auto result) { out[row++ * stride] = static_cast<u64>(result); };
    const u32 a32 = static_cast<u32>(a), b32 = static_cast<u32>(b) | 1;
    const int s32 = static_cast<int>(a32), t32 = static_cast<int>(b32 >> 8 | 1) - (1 << 22), d32 = t32 == 0 ? 3 : t32;
    const i64 s64 = static_cast<i64>(a), d64 = (static_cast<i64>(b) >> 20) | 1;
    answer(a32 / b32);
    answer(a32 % b32);
    answer(s32 / d32);
    answer(s32 % d32);
    answer(a / b);
    answer(a % b);
    answer(s64 / d64);
    answer(s64 % d64);
    answer(a / b32);
    answer(a % b32);
    answer(static_cast<unsigned char>(a) / static_cast<unsigned char>(b | 1));
    answer(static_cast<short>(a) % static_cast<short>((b & 0x7f) + 3));
    answer(a32 / 7);
    answer(s32 % 10);
    answer(a / 1000000007ull);
    answer(s64 % 86400);
    answer(s32 / 16);
    answer(s64 % 4096);
    answer(high_product(a, b));
    answer(high_product(a32, b32));
    answer(a * b + (a >> 3));
    answer(static_cast<i64>(s32) * d32);
    answer((a + b < a ? 1 : 0) + (a > b ? 2 : 0) + (s64 < d64 ? 4 : 0));
    // a^(b mod 64) modulo a 31-bit prime.
    u64 power = 1, base = a % 2147483647;
    for (u32 exponent = b32 % 64; exponent != 0; exponent >>= 1) {
        if (exponent & 1) power = power * base % 2147483647;
        base = base * base % 2147483647;
    }
    answer(power);
}

__global__ void divide_all(int n, const u64* a, const u64* b, u64* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) divide(a[i], b[i], out + i, n);
}

int main(int argc, char** argv) {
    workload::Run run("integer_division", argc, argv);
    const int n = run.pick(1'000, 10'000, 100'000, 500'000);
    std::vector<u64> a(n), b(n), expected(n * kResults);
    for (int i = 0; i < n; ++i) {
        // Numbers of every length, and the corners.
        a[i] = run.random().bits64() >> run.random().below(64);
        b[i] = run.random().bits64() >> run.random().below(64);
        if (i % 64 == 0) a[i] = ~0ull;
        if (i % 64 == 1) a[i] = 1ull << 63;
        if (i % 64 == 2) b[i] = ~0ull;
        if (i % 64 == 3) b[i] = a[i];
        if (b[i] == 0) b[i] = 1;
        divide(a[i], b[i], &expected[i], n);
    }
    workload::DeviceArray<u64> da(a), db(b), out(expected.size());
    run.launch("divisions", [&] { divide_all<<<workload::ceil_div(n, kBlock), kBlock>>>(n, da, db, out); });
    const auto results = out.to_host();
    for (int row = 0; row < kResults; ++row) {
        const std::vector<u64> actual(results.begin() + row * n, results.begin() + (row + 1) * n);
        const std::vector<u64> wanted(expected.begin() + row * n, expected.begin() + (row + 1) * n);
        run.check_equal(("result " + std::to_string(row)).c_str(), actual, wanted);
    }
    return run.finish();
}
