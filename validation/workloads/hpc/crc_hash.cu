// Checksums and hashes of many short messages: CRC-32 bit by bit, by a table in constant memory, by a table in shared memory four bytes
// at a time; Adler-32, FNV-1a (64 bits) and MurmurHash3 finalisation.
// Stresses: indexed constant loads with divergence (LDC), shared-memory look-ups, byte extraction, 64-bit multiplies, rotates, modulo.
#include <array>

#include "common/workload.hpp"

constexpr int kBlock = 128, kLength = 64;
constexpr std::uint32_t kPolynomial = 0xEDB88320u;
__constant__ std::uint32_t crc_table[256];

struct Digest {
    std::uint32_t crc, adler;
    std::uint64_t fnv;
};

__host__ __device__ inline std::uint32_t crc_step(std::uint32_t crc, std::uint32_t byte) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ kPolynomial : crc >> 1;
    return crc;
}

__host__ __device__ inline std::uint32_t rotate_left(std::uint32_t x, int by) { return x << by | x >> (32 - by); }

__host__ __device__ inline std::uint32_t murmur(const std::uint32_t* words, int count, std::uint32_t seed) {
    std::uint32_t h = seed;
    for (int i = 0; i < count; ++i) {
        h ^= rotate_left(words[i] * 0xcc9e2d51u, 15) * 0x1b873593u;
        h = rotate_left(h, 13) * 5 + 0xe6546b64u;
    }
    h ^= count * 4;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

__global__ void digest_bytes(int n, const unsigned char* messages, Digest* digests) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const unsigned char* message = messages + i * kLength;
    std::uint32_t crc = ~0u, a = 1, b = 0;
    std::uint64_t fnv = 0xcbf29ce484222325ull;
    for (int k = 0; k < kLength; ++k) {
        const std::uint32_t byte = message[k];
        crc = crc_step(crc, byte);
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
        fnv = (fnv ^ byte) * 0x100000001b3ull;
    }
    digests[i] = {~crc, b << 16 | a, fnv};
}

__global__ void crc_by_constant_table(int n, const unsigned char* messages, std::uint32_t* crcs) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    std::uint32_t crc = ~0u;
    for (int k = 0; k < kLength; ++k) crc = crc >> 8 ^ crc_table[(crc ^ messages[i * kLength + k]) & 255];
    crcs[i] = ~crc;
}

// Slicing by four; the tables are made by each CTA itself.
__global__ void crc_by_shared_tables(int n, const std::uint32_t* messages, std::uint32_t* crcs) {
    __shared__ std::uint32_t table[4][256];
    for (int byte = threadIdx.x; byte < 256; byte += kBlock) {
        std::uint32_t crc = crc_step(0, byte);
        table[0][byte] = crc;
        for (int slice = 1; slice < 4; ++slice) table[slice][byte] = crc = crc_step(crc, 0);
    }
    __syncthreads();
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    std::uint32_t crc = ~0u;
    for (int k = 0; k < kLength / 4; ++k) {
        crc ^= messages[i * (kLength / 4) + k];
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^ table[0][crc >> 24];
    }
    crcs[i] = ~crc;
}

__global__ void murmur_kernel(int n, const std::uint32_t* messages, std::uint32_t* hashes) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) hashes[i] = murmur(messages + i * (kLength / 4), kLength / 4, i);
}

int main(int argc, char** argv) {
    workload::Run run("crc_hash", argc, argv);
    const int n = run.pick(512, 4'096, 100'000, 500'000), words = kLength / 4;
    const auto messages = run.random().bits_vector(n * words);
    const auto* bytes = reinterpret_cast<const unsigned char*>(messages.data());
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) table[byte] = crc_step(0, byte);

    // References: the CRC through the table, which a known answer pins; Adler with the modulo at the end.
    const auto crc_of = [&](const unsigned char* data, int length) {
        std::uint32_t crc = ~0u;
        for (int k = 0; k < length; ++k) crc = crc >> 8 ^ table[(crc ^ data[k]) & 255];
        return ~crc;
    };
    run.check(crc_of(reinterpret_cast<const unsigned char*>("123456789"), 9) == 0xCBF43926u, "the host's CRC-32 is not CRC-32");
    std::vector<std::uint32_t> crcs(n), hashes(n);
    std::vector<Digest> digests(n);
    for (int i = 0; i < n; ++i) {
        const unsigned char* message = bytes + i * kLength;
        std::uint64_t a = 1, b = 0, fnv = 0xcbf29ce484222325ull;
        for (int k = 0; k < kLength; ++k) {
            b += a += message[k];
            fnv = (fnv ^ message[k]) * 0x100000001b3ull;
        }
        crcs[i] = crc_of(message, kLength);
        hashes[i] = murmur(&messages[i * words], words, i);
        digests[i] = {crcs[i], static_cast<std::uint32_t>(b % 65521 << 16 | a % 65521), fnv};
    }

    workload::DeviceArray<std::uint32_t> input(messages), output(n);
    workload::DeviceArray<Digest> doutput(n);
    const auto* dbytes = reinterpret_cast<const unsigned char*>(input.get());
    CUDA_CHECK(cudaMemcpyToSymbol(crc_table, table.data(), sizeof(crc_table)));
    const int grid = workload::ceil_div(n, kBlock);
    const auto test = [&](const char* label, const std::vector<std::uint32_t>& expected, auto&& kernel) {
        output.fill_bytes(0);
        run.launch(label, kernel);
        run.check_equal(label, output.to_host(), expected);
    };
    run.launch("digests", [&] { digest_bytes<<<grid, kBlock>>>(n, dbytes, doutput); });
    run.check_equal("digests", doutput.to_host(), digests);
    test("constant table", crcs, [&] { crc_by_constant_table<<<grid, kBlock>>>(n, dbytes, output); });
    test("shared tables", crcs, [&] { crc_by_shared_tables<<<grid, kBlock>>>(n, input, output); });
    test("murmur", hashes, [&] { murmur_kernel<<<grid, kBlock>>>(n, input, output); });
    return run.finish();
}
