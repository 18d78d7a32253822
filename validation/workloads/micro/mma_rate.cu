// Latency and throughput of the warp's tensor-core instructions (mma.sync) by shape and type, dense and 2:4 sparse: one accumulator in a
// chain, and four accumulators in each of several warps. All elements of A are equal, and so are those of B: every element of D then counts
// K products, whatever the layout of the fragments. A takes turns between two values, so that the narrow formats stay exact.
#include <cuda_fp16.h>

#include "common/measure.hpp"

constexpr int kUnroll = 8;

// Operands: D first, then four registers of A, four of B and the metadata of sparsity, of which an instruction takes what it needs.
#define OPERANDS_2_1_1 "{%0, %1}, {%2}, {%6}, {%0, %1};"
#define OPERANDS_2_2_1 "{%0, %1}, {%2, %3}, {%6}, {%0, %1};"
#define OPERANDS_2_4_2 "{%0, %1}, {%2, %3, %4, %5}, {%6, %7}, {%0, %1};"
#define OPERANDS_4_2_1 "{%0, %1, %2, %3}, {%4, %5}, {%8}, {%0, %1, %2, %3};"
#define OPERANDS_4_4_2 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
// Sparse: A holds half of the elements, the metadata (0 and 1 of every four) says which.
#define OPERANDS_SPARSE_2 "{%0, %1, %2, %3}, {%4, %5}, {%8, %9}, {%0, %1, %2, %3}, %12, 0x0;"
#define OPERANDS_SPARSE_4 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9, %10, %11}, {%0, %1, %2, %3}, %12, 0x0;"

#define INPUTS(a, b) "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(b[2]), "r"(b[3]), "r"(0x44444444u)
#define STEP_2(letter, d, text, a, b) asm volatile(text : "+" letter(d[0]), "+" letter(d[1]) : INPUTS(a, b))
#define STEP_4(letter, d, text, a, b)                                                                                                      \
    asm volatile(text : "+" letter(d[0]), "+" letter(d[1]), "+" letter(d[2]), "+" letter(d[3]) : INPUTS(a, b))

// name, what an accumulator register holds, its type and number, constraint, instruction and operands, words of A (two kinds) and B, gains.
#define SHAPES(F)                                                                                                                          \
    F(f16_k8_into_f16, Half2, unsigned, 2, "r", "mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 " OPERANDS_2_2_1, 0x3c003c00,            \
      0xbc00bc00, 0x3c003c00, 8, -8)                                                                                                       \
    F(f16_k16_into_f16, Half2, unsigned, 2, "r", "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 " OPERANDS_2_4_2, 0x3c003c00,          \
      0xbc00bc00, 0x3c003c00, 16, -16)                                                                                                     \
    F(f16_k8, Float, float, 4, "f", "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 " OPERANDS_4_2_1, 0x3c003c00, 0xbc00bc00,            \
      0x3c003c00, 8, -8)                                                                                                                   \
    F(f16_k16, Float, float, 4, "f", "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " OPERANDS_4_4_2, 0x3c003c00, 0xbc00bc00,          \
      0x3c003c00, 16, -16)                                                                                                                 \
    F(bf16_k8, Float, float, 4, "f", "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 " OPERANDS_4_2_1, 0x3f803f80, 0xbf80bf80,         \
      0x3f803f80, 8, -8)                                                                                                                   \
    F(bf16_k16, Float, float, 4, "f", "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 " OPERANDS_4_4_2, 0x3f803f80, 0xbf80bf80,       \
      0x3f803f80, 16, -16)                                                                                                                 \
    F(tf32_k4, Float, float, 4, "f", "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 " OPERANDS_4_2_1, 0x3f800000, 0xbf800000,         \
      0x3f800000, 4, -4)                                                                                                                   \
    F(tf32_k8, Float, float, 4, "f", "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 " OPERANDS_4_4_2, 0x3f800000, 0xbf800000,         \
      0x3f800000, 8, -8)                                                                                                                   \
    F(s8_m8_k16, Int, int, 2, "r", "mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 " OPERANDS_2_1_1, 0x01010101, 0xffffffff, 0x01010101,   \
      16, -16)                                                                                                                             \
    F(s8_k16, Int, int, 4, "r", "mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 " OPERANDS_4_2_1, 0x01010101, 0xffffffff, 0x01010101, 16, \
      -16)                                                                                                                                 \
    F(s8_k32, Int, int, 4, "r", "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 " OPERANDS_4_4_2, 0x01010101, 0xffffffff, 0x01010101, 32, \
      -32)                                                                                                                                 \
    F(u8_k32, Int, int, 4, "r", "mma.sync.aligned.m16n8k32.row.col.s32.u8.u8.s32 " OPERANDS_4_4_2, 0x01010101, 0x02020202, 0x01010101, 32, \
      64)                                                                                                                                  \
    F(s4_k64, Int, int, 4, "r", "mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32 " OPERANDS_4_4_2, 0x11111111, 0xffffffff, 0x11111111, 64, \
      -64)                                                                                                                                 \
    F(b1_k256, Int, int, 4, "r", "mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc " OPERANDS_4_4_2, 0xffffffff, 0x0f0f0f0f,      \
      0xffffffff, 256, 128)                                                                                                                \
    F(f16_sparse_k16, Float, float, 4, "f", "mma.sp::ordered_metadata.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " OPERANDS_SPARSE_2,   \
      0x3c003c00, 0xbc00bc00, 0x3c003c00, 8, -8)                                                                                           \
    F(f16_sparse_k32, Float, float, 4, "f", "mma.sp::ordered_metadata.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32 " OPERANDS_SPARSE_4,   \
      0x3c003c00, 0xbc00bc00, 0x3c003c00, 16, -16)                                                                                         \
    F(s8_sparse_k64, Int, int, 4, "r", "mma.sp::ordered_metadata.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32 " OPERANDS_SPARSE_4,          \
      0x01010101, 0xffffffff, 0x01010101, 32, -32)

// Value three in the accumulator's format.
template <typename T> __device__ T three() {
    if constexpr (std::is_same_v<T, unsigned>) {
        return 0x42004200u;
    } else {
        return T(3);
    }
}
template <typename T> __device__ float as_float(T value) {
    if constexpr (std::is_same_v<T, unsigned>) {
        const float low = __half2float(__ushort_as_half(static_cast<unsigned short>(value)));
        const float high = __half2float(__ushort_as_half(static_cast<unsigned short>(value >> 16)));
        return low == high ? low : -1e30f;
    } else {
        return static_cast<float>(value);
    }
}

// The fragments of a lane: A with 1 in all elements, A with the other value, B with 1.
struct Fragments {
    unsigned one[4], other[4], b[4];
};

// Runs `rounds` * kUnroll steps on each of Chains accumulators, and one more, so that an odd number is done. Every element of D goes to
// `out`.
#define KERNEL(name, kind, type, registers, letter, text, one_word, other_word, b_word, gain, other_gain)                                  \
    template <int Chains> __global__ void name(int rounds, const Fragments* fragments, float* out, long long* cycles) {                    \
        const Fragments mine = fragments[threadIdx.x % 32];                                                                                \
        type d[Chains][registers];                                                                                                         \
        for (int c = 0; c < Chains; ++c) {                                                                                                 \
            for (int r = 0; r < registers; ++r) d[c][r] = three<type>();                                                                   \
        }                                                                                                                                  \
        __syncthreads();                                                                                                                   \
        const long long start = workload::read_clock();                                                                                    \
        _Pragma("unroll 1") for (int round = 0; round < rounds; ++round) {                                                                 \
            _Pragma("unroll") for (int k = 0; k < kUnroll; ++k) {                                                                          \
                _Pragma("unroll") for (int c = 0; c < Chains; ++c)                                                                         \
                    STEP_##registers(letter, d[c], text, (k % 2 ? mine.other : mine.one), mine.b);                                         \
            }                                                                                                                              \
        }                                                                                                                                  \
        _Pragma("unroll") for (int c = 0; c < Chains; ++c) STEP_##registers(letter, d[c], text, mine.one, mine.b);                         \
        const int thread = blockIdx.x * blockDim.x + threadIdx.x, threads = gridDim.x * blockDim.x;                                        \
        for (int c = 0; c < Chains; ++c) {                                                                                                 \
            for (int r = 0; r < registers; ++r) out[(c * registers + r) * threads + thread] = as_float(d[c][r]);                           \
        }                                                                                                                                  \
        if (threadIdx.x % 32 == 0) cycles[thread / 32] = workload::read_clock() - start;                                                   \
    }
SHAPES(KERNEL)

struct Words {
    unsigned one, other, b;
};

template <typename Kernel>
void test(workload::Run& run, const std::string& label, Kernel kernel, int rounds, int block, int chains, int registers, Words words,
          int gain, int other_gain) {
    const int grid = run.pick(1, 1, 132, 132), threads = grid * block;
    workload::DeviceArray<float> out(threads * chains * registers);
    workload::DeviceArray<long long> cycles(threads / 32);
    Fragments lane;
    std::fill(lane.one, lane.one + 4, words.one);
    std::fill(lane.other, lane.other + 4, words.other);
    std::fill(lane.b, lane.b + 4, words.b);
    workload::DeviceArray<Fragments> fragments(std::vector<Fragments>(32, lane));
    run.launch(label.c_str(), [&] { kernel<<<grid, block>>>(rounds, fragments, out, cycles); });
    const float expected = static_cast<float>(3 + gain + rounds * kUnroll / 2 * (gain + other_gain));
    run.check_equal(label.c_str(), out.to_host(), std::vector<float>(out.size(), expected));
    workload::report(run, label.c_str(), cycles.to_host(), static_cast<double>(rounds) * kUnroll * chains);
}

int main(int argc, char** argv) {
    workload::Run run("mma_rate", argc, argv);
    const int rounds = run.pick(4, 32, 512, 2048);
#define TEST(name, kind, type, registers, letter, text, one, other, b, gain, other_gain)                                                   \
    test(run, #name ", one chain", name<1>, rounds, 32, 1, registers, {one, other, b}, gain, other_gain);                                  \
    for (const int block : run.pick(std::vector<int>{128}, {128, 256}, {32, 128, 256, 512}, {32, 128, 256, 512})) {                        \
        test(run, #name ", " + std::to_string(block / 32) + " warps of 4 chains", name<4>, rounds, block, 4, registers, {one, other, b},   \
             gain, other_gain);                                                                                                            \
    }
    SHAPES(TEST)
    return run.finish();
}
