// A program with a CUDA runtime of its own in it, as nvcc links by default: for the test of the redirection. Prints what its calls return.
#include <cstdio>

#ifdef DEVICE_CODE
// What nvcc puts beside device code.
__attribute__((section(".nvFatBinSegment"), used)) static const int segment[6] = {0x466243b1, 1};
#endif

extern "C" {

__attribute__((noinline)) int cudaGetDeviceCount(int* count) {
    *count = -7;
    return 100;
}
__attribute__((noinline, used)) static int cudaDriverGetVersion(int* version) {
    *version = -7;
    return 100;
}
// Not a function of the runtime: must stay as it is.
__attribute__((noinline)) int cudaHelperOfMyOwn(int x) { return x + 1; }

} // extern "C"

int main() {
    int count = 0, version = 0;
    const int first = cudaGetDeviceCount(&count), second = cudaDriverGetVersion(&version);
    std::printf("%d %d %d %d %d\n", first, count, second, version, cudaHelperOfMyOwn(41));
    return count == 1 ? 3 : 4;
}
