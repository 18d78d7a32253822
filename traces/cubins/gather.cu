// Each thread adds up `loads` words of a table of mask + 1 words, chosen by a hash: neighbouring threads share no sector.
extern "C" __global__ void __launch_bounds__(256) gather(const unsigned* table, unsigned* out, unsigned mask, int loads) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned sum = 0;
#pragma unroll 4
    for (int i = 0; i < loads; ++i) {
        unsigned at = thread * 2654435761u + i * 2246822519u;
        at ^= at >> 15;
        at *= 2246822519u;
        at ^= at >> 13;
        sum += table[at & mask];
    }
    out[thread] = sum;
}
