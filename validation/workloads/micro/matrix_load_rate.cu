// Loads of 8x8 matrices from shared memory (ldmatrix): one, two and four matrices, plain and transposed, rows side by side or in conflict.

#include "common/measure.hpp"

constexpr int kUnroll = 8, kBufferBytes = 32 << 10;

#define LOAD_1(text) asm volatile(text " {%0}, [%1];" : "=r"(r[0]) : "r"(address) : "memory")
#define LOAD_2(text) asm volatile(text " {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory")
#define LOAD_4(text)                                                                                                                       \
    asm volatile(text " {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory")

// name, matrices, instruction.
#define LOADS(F)                                                                                                                           \
    F(one, 1, "ldmatrix.sync.aligned.m8n8.x1.shared.b16")                                                                                  \
    F(two, 2, "ldmatrix.sync.aligned.m8n8.x2.shared.b16")                                                                                  \
    F(four, 4, "ldmatrix.sync.aligned.m8n8.x4.shared.b16")                                                                                 \
    F(one_transposed, 1, "ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16")                                                                 \
    F(four_transposed, 4, "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16")

// Lane l gives the address of row l: 16 bytes at l * pitch. Every step reads 16 bytes further on.
#define KERNEL(name, matrices, text)                                                                                                       \
    __global__ void name(int rounds, int pitch, const unsigned* in, unsigned* sums, long long* cycles) {                                   \
        extern __shared__ __align__(128) unsigned buffer[];                                                                                \
        for (int i = threadIdx.x; i < kBufferBytes / 4; i += blockDim.x) buffer[i] = in[i];                                                \
        __syncthreads();                                                                                                                   \
        const unsigned start_address = workload::shared_address(buffer) + threadIdx.x % 32 * pitch;                                        \
        unsigned r[4] = {}, sum = 0;                                                                                                       \
        const long long start = workload::read_clock();                                                                                    \
        _Pragma("unroll 1") for (int round = 0; round < rounds; ++round) {                                                                 \
            _Pragma("unroll") for (int k = 0; k < kUnroll; ++k) {                                                                          \
                const unsigned address = start_address + k * 16;                                                                           \
                LOAD_##matrices(text);                                                                                                     \
                sum += r[0] + r[1] * 3 + r[2] * 5 + r[3] * 7;                                                                              \
            }                                                                                                                              \
        }                                                                                                                                  \
        const long long stop = workload::read_clock();                                                                                     \
        sums[threadIdx.x] = sum;                                                                                                           \
        if (threadIdx.x % 32 == 0) cycles[threadIdx.x / 32] = stop - start;                                                                \
    }
LOADS(KERNEL)

// What lane `lane` gets of matrix m whose row r starts at byte r * pitch + offset: row lane/4, elements 2*(lane%4) and the next;
// transposed, column.
unsigned fragment(const std::vector<unsigned>& data, int matrix, int lane, int pitch, int offset, bool transposed) {
    const auto element = [&](int row, int column) {
        const int byte = (matrix * 8 + row) * pitch + offset + column * 2;
        return data[byte / 4] >> byte % 4 * 8 & 0xffff;
    };
    const int a = lane / 4, b = lane % 4 * 2;
    return transposed ? element(b, a) | element(b + 1, a) << 16 : element(a, b) | element(a, b + 1) << 16;
}

template <typename Kernel> void test(workload::Run& run, const char* name, Kernel kernel, int matrices, bool transposed, int rounds) {
    const auto data = run.random().bits_vector(kBufferBytes / 4);
    workload::DeviceArray<unsigned> in(data);
    for (const int block : {32, run.pick(64, 128, 512, 512)}) {
        for (const int pitch : {16, 32, 128, 144, 256}) {
            workload::DeviceArray<unsigned> sums(block);
            workload::DeviceArray<long long> cycles(block / 32);
            const std::string label =
                std::string(name) + ", rows " + std::to_string(pitch) + " bytes apart, " + std::to_string(block / 32) + " warps";
            run.launch(label.c_str(), [&] { kernel<<<1, block, kBufferBytes>>>(rounds, pitch, in, sums, cycles); });
            std::vector<unsigned> expected(block, 0);
            for (int t = 0; t < block; ++t) {
                for (int k = 0; k < kUnroll; ++k) {
                    for (int m = 0; m < matrices; ++m)
                        expected[t] += rounds * (2 * m + 1) * fragment(data, m, t % 32, pitch, k * 16, transposed);
                }
            }
            run.check_equal(label.c_str(), sums.to_host(), expected);
            workload::report(run, label.c_str(), cycles.to_host(), static_cast<double>(rounds) * kUnroll);
        }
    }
}

int main(int argc, char** argv) {
    workload::Run run("matrix_load_rate", argc, argv);
    const int rounds = run.pick(2, 16, 256, 1024);
#define TEST(name, matrices, text) test(run, #name, name, matrices, std::string(text).find("trans") != std::string::npos, rounds);
    LOADS(TEST)
    return run.finish();
}
