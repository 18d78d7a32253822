// Launches that no GPU can make. Prints the runtime's errors.
#include <cstdio>

__global__ void empty() {}

int main() {
    empty<<<1, 32, 1000000>>>();
    const cudaError_t shared = cudaGetLastError();
    empty<<<2, 2048>>>();
    const cudaError_t threads = cudaGetLastError();
    empty<<<0, 32>>>();
    const cudaError_t blocks = cudaGetLastError();
    std::printf("%s, %s, %s\n", cudaGetErrorString(shared), cudaGetErrorString(threads), cudaGetErrorString(blocks));
}
