// Tables in constant memory, read uniformly, by lane (divergent), as structures and as two-dimensional arrays; kernel parameters of
// a large structure with dynamic index; constants set from host and from device memory.
// Stresses: constant-bank operands, LDC with register index, the parameter bank, cudaMemcpyToSymbol in parts.
#include "common/workload.hpp"

constexpr int kBlock = 128;

struct Entry {
    float weight;
    int shift;
    double bias;
};
__constant__ Entry entries[64];
__constant__ unsigned char letters[256];
__constant__ short grid_table[16][33];
__constant__ int first_values[4] = {3, 1, 4, 15};

struct Parameters {
    int values[100];
    float4 vectors[10];
    unsigned char flags[37];
};

__global__ void uniform(int n, const int* in, double* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    double sum = 0;
    for (int k = 0; k < 64; ++k) sum += (in[i] >> entries[k].shift) * entries[k].bias + entries[k].weight;
    out[i] = sum;
}

__global__ void by_lane(int n, const unsigned* in, int* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const unsigned x = in[i];
    out[i] =
        letters[x & 255] + grid_table[x >> 8 & 15][x >> 16 & 31] * first_values[x >> 30] + static_cast<int>(entries[x >> 24 & 63].weight);
}

__global__ void by_parameters(int n, const Parameters parameters, const unsigned* in, float* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const float4 v = parameters.vectors[in[i] % 10];
    out[i] = parameters.values[in[i] % 100] + v.x * 2 + v.w + parameters.flags[in[i] % 37];
}

int main(int argc, char** argv) {
    workload::Run run("constant_tables", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000), grid = workload::ceil_div(n, kBlock);
    auto& random = run.random();
    // Multiples of 1/4 of modest size: every sum below is exact.
    std::vector<Entry> table(64);
    for (auto& entry : table) entry = {static_cast<float>(random.below(64)), static_cast<int>(random.below(20)), 0.25 * random.below(32)};
    std::vector<unsigned char> bytes(256);
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random.below(256));
    std::vector<short> shorts(16 * 33);
    for (auto& value : shorts) value = static_cast<short>(static_cast<int>(random.below(2000)) - 1000);
    Parameters parameters{};
    for (int& value : parameters.values) value = static_cast<int>(random.below(1000));
    for (float4& v : parameters.vectors) v = make_float4(random.below(50), 0, 0, random.below(50));
    for (unsigned char& flag : parameters.flags) flag = static_cast<unsigned char>(random.below(200));

    CUDA_CHECK(cudaMemcpyToSymbol(entries, table.data(), 32 * sizeof(Entry)));
    workload::DeviceArray<Entry> upper(std::vector<Entry>(table.begin() + 32, table.end()));
    CUDA_CHECK(cudaMemcpyToSymbol(entries, upper.get(), 32 * sizeof(Entry), 32 * sizeof(Entry), cudaMemcpyDeviceToDevice));
    CUDA_CHECK(cudaMemcpyToSymbol(letters, bytes.data(), 256));
    void* address = nullptr;
    CUDA_CHECK(cudaGetSymbolAddress(&address, grid_table));
    CUDA_CHECK(cudaMemcpy(address, shorts.data(), shorts.size() * sizeof(short), cudaMemcpyHostToDevice));
    int first[4] = {};
    CUDA_CHECK(cudaMemcpyFromSymbol(first, first_values, sizeof(first)));
    run.check(first[0] == 3 && first[1] == 1 && first[2] == 4 && first[3] == 15, "the initial values of a constant array are wrong");

    const auto in = random.bits_vector(n);
    const auto positive = random.integer_vector<int>(n, 0, 1 << 20);
    std::vector<double> expected_sums(n, 0);
    std::vector<int> expected(n);
    std::vector<float> expected_reals(n);
    for (int i = 0; i < n; ++i) {
        for (const Entry& entry : table) expected_sums[i] += (positive[i] >> entry.shift) * entry.bias + entry.weight;
        const unsigned x = in[i];
        expected[i] =
            bytes[x & 255] + shorts[(x >> 8 & 15) * 33 + (x >> 16 & 31)] * first[x >> 30] + static_cast<int>(table[x >> 24 & 63].weight);
        const float4 v = parameters.vectors[x % 10];
        expected_reals[i] = parameters.values[x % 100] + v.x * 2 + v.w + parameters.flags[x % 37];
    }
    workload::DeviceArray<unsigned> din(in);
    workload::DeviceArray<int> dpositive(positive), dout(n);
    workload::DeviceArray<double> sums(n);
    workload::DeviceArray<float> reals(n);
    run.launch("uniform", [&] { uniform<<<grid, kBlock>>>(n, dpositive, sums); });
    run.check_equal("uniform", sums.to_host(), expected_sums);
    run.launch("by lane", [&] { by_lane<<<grid, kBlock>>>(n, din, dout); });
    run.check_equal("by lane", dout.to_host(), expected);
    run.launch("parameters", [&] { by_parameters<<<grid, kBlock>>>(n, parameters, din, reals); });
    run.check_equal("parameters", reals.to_host(), expected_reals);
    return run.finish();
}
