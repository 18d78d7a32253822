// printf from kernels: every conversion, several arguments, strings, divergent callers. What reaches standard output is caught in a file
// and compared line by line, the order among threads left open.
// Stresses: vprintf system call, argument buffers in local memory, strings in constant and global memory.
#include <algorithm>

#include <unistd.h>

#include "common/workload.hpp"

__device__ const char* const names[3] = {"warp", "weft", "heddle"};

__global__ void speak(int scale) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    printf("thread %d of block (%u, %u) has %s\n", static_cast<int>(threadIdx.x), blockIdx.x, blockIdx.y, names[i % 3]);
    if (i % 4 == 1) {
        printf("%05d|%-6d|%+d|%x|%X|%#o|%c|%%\n", i * scale, i, -i, i * 255u, i * 4095u, i, 'a' + i % 26);
    } else if (i % 4 == 2) {
        printf("%f %.3f %e %g %8.2f\n", i * 0.5, i * 0.25f, i * 1e10, i * 1e-3, -i / 3.0);
    } else if (i % 4 == 3) {
        printf("%lld %llu %llx %ld\n", i * 10000000000ll, ~0ull - i, 0x123456789abcdefull + i, static_cast<long>(-i));
    }
    if (i == 0) printf("no arguments\n");
}

// What the same calls print on the host.
std::vector<std::string> expected_lines(int blocks, int threads, int scale) {
    const char* words[3] = {"warp", "weft", "heddle"};
    std::vector<std::string> lines{"no arguments"};
    char text[200];
    for (int i = 0; i < blocks * threads; ++i) {
        std::snprintf(text, sizeof text, "thread %d of block (%u, %u) has %s", i % threads, static_cast<unsigned>(i / threads), 0u,
                      words[i % 3]);
        lines.push_back(text);
        if (i % 4 == 1) {
            std::snprintf(text, sizeof text, "%05d|%-6d|%+d|%x|%X|%#o|%c|%%", i * scale, i, -i, i * 255u, i * 4095u,
                          static_cast<unsigned>(i), 'a' + i % 26);
        } else if (i % 4 == 2) {
            std::snprintf(text, sizeof text, "%f %.3f %e %g %8.2f", i * 0.5, static_cast<double>(i * 0.25f), i * 1e10, i * 1e-3, -i / 3.0);
        } else if (i % 4 == 3) {
            std::snprintf(text, sizeof text, "%lld %llu %llx %ld", i * 10000000000ll, ~0ull - i, 0x123456789abcdefull + i,
                          static_cast<long>(-i));
        }
        if (i % 4 != 0) lines.push_back(text);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

int main(int argc, char** argv) {
    workload::Run run("device_printf", argc, argv);
    const int blocks = run.pick(2, 4, 8, 16), threads = run.pick(40, 64, 128, 128), scale = 7;

    // Standard output goes to a file while the kernel runs.
    std::fflush(stdout);
    const int keep = dup(1);
    std::FILE* file = std::tmpfile();
    if (keep < 0 || file == nullptr || dup2(fileno(file), 1) < 0) workload::fail("cannot redirect standard output");
    speak<<<blocks, threads>>>(scale);
    const cudaError_t launched = cudaGetLastError(), finished = cudaDeviceSynchronize();
    std::fflush(stdout);
    dup2(keep, 1);
    close(keep);
    CUDA_CHECK(launched);
    CUDA_CHECK(finished);

    std::rewind(file);
    std::vector<std::string> lines;
    char text[300];
    while (std::fgets(text, sizeof text, file) != nullptr) {
        lines.emplace_back(text);
        if (lines.back().back() == '\n') lines.back().pop_back();
    }
    std::fclose(file);
    std::sort(lines.begin(), lines.end());
    const auto expected = expected_lines(blocks, threads, scale);
    run.check(lines.size() == expected.size(),
              std::to_string(lines.size()) + " lines were printed, not " + std::to_string(expected.size()));
    for (std::size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
        run.check(lines[i] == expected[i], "printed \"" + lines[i] + "\", not \"" + expected[i] + "\"");
    }
    return run.finish();
}
