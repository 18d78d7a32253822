// SHA-256: digests of many one-block messages, and a search for the nonce that gives a digest with leading zero bits.
// Stresses: LOP3, SHF rotates, IADD3 chains, long unrolled code, constant tables, atomicMin, early exit.
// Source: FIPS 180-4.
#include "common/workload.hpp"

constexpr int kBlock = 128;
__constant__ std::uint32_t device_k[64];

// First 32 bits of the fractional parts of the cube roots of the first 64 primes, computed with whole numbers.
std::vector<std::uint32_t> round_constants() {
    std::vector<std::uint32_t> constants;
    for (std::uint64_t p = 2; constants.size() < 64; ++p) {
        bool prime = true;
        for (std::uint64_t d = 2; d * d <= p; ++d) prime = prime && p % d != 0;
        if (!prime) continue;
        // The largest r with r^3 <= p * 2^96, by bisection in 128 bits (r < 2^36, so r^3 < 2^108).
        unsigned __int128 low = 0, high = static_cast<unsigned __int128>(1) << 36;
        while (high - low > 1) {
            const unsigned __int128 middle = (low + high) / 2;
            (middle * middle * middle <= static_cast<unsigned __int128>(p) << 96 ? low : high) = middle;
        }
        constants.push_back(static_cast<std::uint32_t>(low));
    }
    return constants;
}

struct Digest {
    std::uint32_t h[8];
};

__host__ __device__ inline std::uint32_t rotate_right(std::uint32_t x, int by) { return x >> by | x << (32 - by); }

// Compresses one block of 16 big-endian words from the initial state.
__host__ __device__ inline Digest compress(const std::uint32_t* block, const std::uint32_t* k) {
    constexpr std::uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::uint32_t w[16], s[8];
    for (int i = 0; i < 16; ++i) w[i] = block[i];
    for (int i = 0; i < 8; ++i) s[i] = kInitial[i];
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int i = 0; i < 64; ++i) {
        if (i >= 16) {
            const std::uint32_t a = w[(i + 1) % 16], b = w[(i + 14) % 16];
            w[i % 16] += (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) + w[(i + 9) % 16] +
                         (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
        }
        const std::uint32_t e = s[4], a = s[0];
        const std::uint32_t t1 =
            s[7] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i % 16];
        const std::uint32_t t2 =
            (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; --j) s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    Digest digest;
    for (int i = 0; i < 8; ++i) digest.h[i] = kInitial[i] + s[i];
    return digest;
}

__global__ void digest_kernel(int n, const std::uint32_t* blocks, Digest* digests) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    std::uint32_t block[16];
    for (int j = 0; j < 16; ++j) block[j] = blocks[i * 16 + j];
    digests[i] = compress(block, device_k);
}

// Word 15 of the block is the nonce. Keeps the smallest that gives `zeros` leading zero bits.
__global__ void mine(const std::uint32_t* block, int zeros, unsigned tries, unsigned* best) {
    std::uint32_t mine[16];
    for (int j = 0; j < 15; ++j) mine[j] = block[j];
    for (unsigned nonce = blockIdx.x * kBlock + threadIdx.x; nonce < tries; nonce += gridDim.x * kBlock) {
        mine[15] = nonce;
        if (__clz(static_cast<int>(compress(mine, device_k).h[0])) >= zeros) {
            atomicMin(best, nonce);
            break;
        }
    }
}

int main(int argc, char** argv) {
    workload::Run run("sha256", argc, argv);
    const int n = run.pick(256, 2'048, 200'000, 1'000'000);
    const auto k = round_constants();
    CUDA_CHECK(cudaMemcpyToSymbol(device_k, k.data(), sizeof(device_k)));
    // A known answer: "abc", padded.
    const std::uint32_t abc[16] = {0x61626380u, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24};
    const Digest known = compress(abc, k.data());
    run.check(known.h[0] == 0xba7816bfu && known.h[1] == 0x8f01cfeau && known.h[7] == 0xf20015adu, "the host's SHA-256 is not SHA-256");

    auto blocks = run.random().bits_vector(n * 16);
    for (int j = 0; j < 16; ++j) blocks[j] = abc[j];
    workload::DeviceArray<std::uint32_t> dblocks(blocks);
    workload::DeviceArray<Digest> digests(n);
    run.launch("digests", [&] { digest_kernel<<<workload::ceil_div(n, kBlock), kBlock>>>(n, dblocks, digests); });
    const auto all = digests.to_host();
    std::vector<Digest> actual, expected;
    for (int i = 0; i < n; i += run.pick(1, 1, 20, 100)) {
        actual.push_back(all[i]);
        expected.push_back(compress(&blocks[i * 16], k.data()));
    }
    run.check_equal("digests", actual, expected);

    const int zeros = 6;
    const unsigned tries = run.pick(1024u, 8192u, 400'000u, 2'000'000u);
    workload::DeviceArray<unsigned> best(1);
    run.launch(
        "search", [&] { best.fill_bytes(0xff); }, [&] { mine<<<run.pick(2, 8, 264, 1056), kBlock>>>(dblocks, zeros, tries, best); });
    unsigned expected_nonce = 0xffffffffu;
    std::uint32_t block[16];
    for (int j = 0; j < 16; ++j) block[j] = abc[j];
    for (unsigned nonce = 0; nonce < tries && expected_nonce == 0xffffffffu; ++nonce) {
        block[15] = nonce;
        if (compress(block, k.data()).h[0] >> (32 - zeros) == 0) expected_nonce = nonce;
    }
    run.check_equal("search", best.to_host()[0], expected_nonce);
    return run.finish();
}
