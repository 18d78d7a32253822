// Prefix sums: Hillis-Steele and Blelloch within a block, three launches with shuffles, and one pass with decoupled look-back.
// Stresses: shared memory with padding, barriers in loops, SHFL.UP, spinning on 64-bit status words between CTAs, atomics as tickets.
// Source of the look-back: D. Merrill and M. Garland, "Single-pass Parallel Prefix Scan with Decoupled Look-back", 2016.
#include "common/workload.hpp"

using workload::ceil_div;
constexpr int kBlock = 256;

// Inclusive scan of each segment of kBlock elements, double-buffered.
__global__ void scan_hillis_steele(int n, const int* in, int* out) {
    __shared__ int buffer[2][kBlock];
    const int t = threadIdx.x, i = blockIdx.x * kBlock + t;
    int from = 0;
    buffer[0][t] = i < n ? in[i] : 0;
    __syncthreads();
    for (int offset = 1; offset < kBlock; offset *= 2) {
        buffer[1 - from][t] = t >= offset ? buffer[from][t] + buffer[from][t - offset] : buffer[from][t];
        from = 1 - from;
        __syncthreads();
    }
    if (i < n) out[i] = buffer[from][t];
}

__device__ constexpr int padded(int index) { return index + index / 32; }

// Exclusive scan of each segment of 2*kBlock elements, up-sweep and down-sweep with padding against bank conflicts.
__global__ void scan_blelloch(int n, const int* in, int* out) {
    constexpr int kSegment = 2 * kBlock;
    __shared__ int tree[kSegment + kSegment / 32];
    const int t = threadIdx.x, base = blockIdx.x * kSegment;
    for (int k = t; k < kSegment; k += kBlock) tree[padded(k)] = base + k < n ? in[base + k] : 0;
    int offset = 1;
    for (int width = kSegment / 2; width > 0; width /= 2, offset *= 2) {
        __syncthreads();
        if (t < width) tree[padded(offset * (2 * t + 2) - 1)] += tree[padded(offset * (2 * t + 1) - 1)];
    }
    if (t == 0) tree[padded(kSegment - 1)] = 0;
    for (int width = 1; width < kSegment; width *= 2) {
        offset /= 2;
        __syncthreads();
        if (t < width) {
            const int left = padded(offset * (2 * t + 1) - 1), right = padded(offset * (2 * t + 2) - 1);
            const int moved = tree[left];
            tree[left] = tree[right];
            tree[right] += moved;
        }
    }
    __syncthreads();
    for (int k = t; k < kSegment; k += kBlock) {
        if (base + k < n) out[base + k] = tree[padded(k)];
    }
}

__device__ int warp_inclusive_scan(int value) {
    const int lane = threadIdx.x % 32;
    for (int offset = 1; offset < 32; offset *= 2) {
        const int left = __shfl_up_sync(0xffffffffu, value, offset);
        if (lane >= offset) value += left;
    }
    return value;
}

// Inclusive scan over the block; `total` gets the block's sum. Requires: blockDim.x = kBlock.
__device__ int block_inclusive_scan(int value, int& total) {
    __shared__ int warp_sums[kBlock / 32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    value = warp_inclusive_scan(value);
    if (lane == 31) warp_sums[warp] = value;
    __syncthreads();
    if (warp == 0) {
        const int scanned = warp_inclusive_scan(lane < kBlock / 32 ? warp_sums[lane] : 0);
        if (lane < kBlock / 32) warp_sums[lane] = scanned;
    }
    __syncthreads();
    if (warp > 0) value += warp_sums[warp - 1];
    total = warp_sums[kBlock / 32 - 1];
    return value;
}

__global__ void scan_blocks(int n, const int* in, int* out, int* sums) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    int total;
    const int scanned = block_inclusive_scan(i < n ? in[i] : 0, total);
    if (i < n) out[i] = scanned;
    if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

// One block turns the block sums into exclusive offsets, chunk after chunk.
__global__ void scan_sums(int n, int* sums) {
    int carry = 0;
    for (int base = 0; base < n; base += kBlock) {
        const int i = base + threadIdx.x;
        const int value = i < n ? sums[i] : 0;
        int total;
        const int scanned = block_inclusive_scan(value, total);
        if (i < n) sums[i] = carry + scanned - value;
        carry += total;
        __syncthreads();
    }
}

__global__ void add_offsets(int n, const int* offsets, int* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) out[i] += offsets[blockIdx.x];
}

// Single pass. Word of a block: state in the upper half (0 nothing, 1 own sum, 2 inclusive prefix), value in the lower half.
__global__ void scan_look_back(int n, const int* in, int* out, unsigned* ticket, unsigned long long* words) {
    __shared__ int block, prefix;
    if (threadIdx.x == 0) block = static_cast<int>(atomicAdd(ticket, 1u));
    __syncthreads();
    const int i = block * kBlock + threadIdx.x;
    int total;
    const int scanned = block_inclusive_scan(i < n ? in[i] : 0, total);
    if (threadIdx.x == 0) {
        const auto publish = [&](unsigned long long state, int value) {
            atomicExch(words + block, state << 32 | static_cast<unsigned>(value));
        };
        int sum = 0;
        if (block > 0) {
            publish(1, total);
            for (int other = block - 1;; --other) {
                unsigned long long word;
                do word = *reinterpret_cast<volatile unsigned long long*>(words + other);
                while (word >> 32 == 0);
                sum += static_cast<int>(static_cast<unsigned>(word));
                if (word >> 32 == 2) break;
            }
        }
        publish(2, sum + total);
        prefix = sum;
    }
    __syncthreads();
    if (i < n) out[i] = prefix + scanned;
}

int main(int argc, char** argv) {
    workload::Run run("scan", argc, argv);
    const int n = run.pick(10'001, 120'003, 2'000'003, 16'000'003);
    const auto in = run.random().integer_vector<int>(n, -50, 50);
    // The prefix sums within segments of `segment` elements; exclusive ones leave the own element out.
    const auto reference = [&](int segment, bool exclusive) {
        std::vector<int> out(n);
        for (int i = 0, sum = 0; i < n; ++i) {
            if (i % segment == 0) sum = 0;
            out[i] = exclusive ? sum : sum + in[i];
            sum += in[i];
        }
        return out;
    };

    const int blocks = ceil_div(n, kBlock);
    workload::DeviceArray<int> din(in), dout(n), sums(blocks);
    workload::DeviceArray<unsigned> ticket(1);
    workload::DeviceArray<unsigned long long> words(blocks);
    const auto test = [&](const char* label, const std::vector<int>& expected, auto&& kernels) {
        run.launch(
            label,
            [&] {
                dout.fill_bytes(0xff);
                ticket.fill_bytes(0);
                words.fill_bytes(0);
            },
            kernels);
        run.check_equal(label, dout.to_host(), expected);
    };
    test("Hillis-Steele", reference(kBlock, false), [&] { scan_hillis_steele<<<blocks, kBlock>>>(n, din, dout); });
    test("Blelloch", reference(2 * kBlock, true), [&] { scan_blelloch<<<ceil_div(n, 2 * kBlock), kBlock>>>(n, din, dout); });
    test("three launches", reference(n, false), [&] {
        scan_blocks<<<blocks, kBlock>>>(n, din, dout, sums);
        scan_sums<<<1, kBlock>>>(blocks, sums);
        add_offsets<<<blocks, kBlock>>>(n, sums, dout);
    });
    test("look-back", reference(n, false), [&] { scan_look_back<<<blocks, kBlock>>>(n, din, dout, ticket, words); });
    return run.finish();
}
