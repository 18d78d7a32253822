// Dumps what the interpolated functions of a GPU (MUFU, FP32) give, so that their tables can be found: for every argument of a function's
// basic range the distance of the result from the correctly rounded one, in units in the last place.
//
//   nvcc -std=c++17 -O2 -arch=sm_90 -o mufu validation/capture/mufu.cu && ./mufu OUT [STEP] && gzip OUT/*.bin
//
// OUT/name.bin holds one signed byte an argument (cut to -127 ... 127), in order of the argument; with STEP every STEPth argument. Printed
// is for each function how often each distance occurs.
//
//   name   arguments                                    bytes at step 1
//   rcp    1 ... 2, all floats                          2^23
//   rsq    1 ... 4, all floats                          2^24
//   sqrt   1 ... 4, all floats                          2^24
//   ex2    1 ... 2, all floats: every fraction of 23 bits  2^23
//   lg2    1 ... 2, all floats                          2^23
//   sin    turns t = x * 0.15915494 (cut, as sin.approx does it) of x = k * 2^-21, k below 2^23: 0 ... 4 radians
//   cos    the same
//   tanh   2^-12 ... 8, every 16th float                15 * 2^19
// Of arguments whose result is zero or no number the distance is that of the bits. The references are computed in double on the GPU; their
// errors matter where the exact result lies within 2^-28 of half way between two floats.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <cuda_runtime.h>

namespace {

enum Function { Rcp, Rsq, Sqrt, Ex2, Lg2, Sin, Cos, Tanh, kFunctions };
struct Range {
    const char* name;
    std::uint32_t first, step, count; // bits of the first float, between two, and how many; sin and cos: x = k * 2^-21
};
constexpr Range kRanges[kFunctions] = {{"rcp", 0x3f800000, 1, 1 << 23}, {"rsq", 0x3f800000, 1, 1 << 24},   {"sqrt", 0x3f800000, 1, 1 << 24},
                                       {"ex2", 0x3f800000, 1, 1 << 23}, {"lg2", 0x3f800000, 1, 1 << 23},   {"sin", 0, 1, 1 << 23},
                                       {"cos", 0, 1, 1 << 23},          {"tanh", 0x39800000, 16, 15 << 19}};

#define EVALUATE(function, instruction, wanted)                                                                                            \
    if (kFunction == function) {                                                                                                           \
        asm(instruction " %0, %1;" : "=f"(got) : "f"(x));                                                                                  \
        exact = wanted;                                                                                                                    \
    }

template <int kFunction> __global__ void measure(std::uint32_t first, std::uint32_t step, std::uint32_t count, signed char* out) {
    const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const bool turns = kFunction == Sin || kFunction == Cos;
    const float x = turns ? static_cast<float>(i * step) * 0x1p-21f : __uint_as_float(first + i * step);
    const double v = x;
    float got = 0;
    double exact = 0;
    EVALUATE(Rcp, "rcp.approx.ftz.f32", 1 / v)
    EVALUATE(Rsq, "rsqrt.approx.ftz.f32", 1 / sqrt(v))
    EVALUATE(Sqrt, "sqrt.approx.ftz.f32", sqrt(v))
    EVALUATE(Ex2, "ex2.approx.ftz.f32", exp2(v))
    EVALUATE(Lg2, "lg2.approx.ftz.f32", log2(v))
    EVALUATE(Tanh, "tanh.approx.f32", tanh(v))
    const float turn = __fmul_rz(x, 0.15915494f);
    EVALUATE(Sin, "sin.approx.ftz.f32", sinpi(2 * static_cast<double>(turn)))
    EVALUATE(Cos, "cos.approx.ftz.f32", cospi(2 * static_cast<double>(turn)))
    const int distance = __float_as_int(got) - __float_as_int(static_cast<float>(exact));
    out[i] = static_cast<signed char>(max(-127, min(127, distance)));
}

void check(cudaError_t error) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "mufu: %s\n", cudaGetErrorString(error));
    std::exit(1);
}

template <int kFunction> void dump(const std::string& folder, std::uint32_t every) {
    const Range& range = kRanges[kFunction];
    const std::uint32_t count = (range.count + every - 1) / every;
    signed char* device = nullptr;
    check(cudaMalloc(&device, count));
    measure<kFunction><<<(count + 255) / 256, 256>>>(range.first, range.step * every, count, device);
    std::vector<signed char> distances(count);
    check(cudaMemcpy(distances.data(), device, count, cudaMemcpyDeviceToHost));
    check(cudaFree(device));
    const std::string path = folder + "/" + range.name + ".bin";
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (!file || std::fwrite(distances.data(), 1, count, file) != count || std::fclose(file) != 0) {
        std::fprintf(stderr, "mufu: %s cannot be written\n", path.c_str());
        std::exit(1);
    }
    std::map<int, std::uint32_t> often;
    for (const signed char d : distances) ++often[d];
    std::printf("%s:", range.name);
    for (const auto& [distance, n] : often)
        if (n * 1000ull >= count || std::abs(distance) == 127) std::printf(" %+d %.2f%%", distance, 100.0 * n / count);
    std::printf("\n");
    if constexpr (kFunction + 1 < kFunctions) dump<kFunction + 1>(folder, every);
}

} // namespace

int main(int argc, char** argv) {
    const long every = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 1;
    if (argc < 2 || argc > 3 || every < 1 || every > 1 << 20) {
        std::fprintf(stderr, "usage: mufu OUT [STEP]\n");
        return 2;
    }
    dump<0>(argv[1], static_cast<std::uint32_t>(every));
    return 0;
}
