// The driver API: PTX loaded and linked at run time, variables, launches. Prints PASS or the line that failed.
#include <cstdio>
#include <cuda.h>
#include <vector>

#define CHECK(call)                                                                                                                        \
    if (const CUresult code_ = (call); code_ != CUDA_SUCCESS) {                                                                            \
        const char* text = "?";                                                                                                            \
        cuGetErrorString(code_, &text);                                                                                                    \
        std::printf("FAIL line %d: %s\n", __LINE__, text);                                                                                 \
        return 1;                                                                                                                          \
    }

// y[i] += a * x[i] + k; ++count
static const char kCode[] = R"(
.version 7.8
.target sm_80
.address_size 64
.visible .const .f32 k;
.visible .global .u32 count;
.visible .entry axpy(.param .f32 a, .param .u64 x, .param .u64 y, .param .u32 n) {
    .reg .pred %p; .reg .f32 %f<6>; .reg .b32 %r<8>; .reg .b64 %d<8>;
    ld.param.f32 %f1, [a]; ld.param.u64 %d1, [x]; ld.param.u64 %d2, [y]; ld.param.u32 %r1, [n];
    mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
    mad.lo.s32 %r5, %r2, %r3, %r4;
    setp.ge.u32 %p, %r5, %r1;
    @%p ret;
    cvta.to.global.u64 %d3, %d1; cvta.to.global.u64 %d4, %d2;
    mul.wide.u32 %d5, %r5, 4; add.u64 %d3, %d3, %d5; add.u64 %d4, %d4, %d5;
    ld.global.f32 %f2, [%d3]; ld.global.f32 %f3, [%d4]; ld.const.f32 %f4, [k];
    fma.rn.f32 %f5, %f1, %f2, %f3; add.f32 %f5, %f5, %f4;
    st.global.f32 [%d4], %f5;
    mov.u64 %d6, count; atom.global.add.u32 %r6, [%d6], 1;
    ret;
}
)";

static int run(CUmodule module) {
    constexpr int kCount = 1000;
    CUfunction function;
    CUdeviceptr constant, counter, x, y;
    std::size_t bytes = 0;
    CHECK(cuModuleGetFunction(&function, module, "axpy"));
    CHECK(cuModuleGetGlobal(&constant, &bytes, module, "k"));
    CHECK(cuModuleGetGlobal(&counter, &bytes, module, "count"));
    const float hundred = 100;
    CHECK(cuMemcpyHtoD(constant, &hundred, sizeof hundred));
    CHECK(cuMemAlloc(&x, 4 * kCount));
    CHECK(cuMemAlloc(&y, 4 * kCount));
    CHECK(cuMemsetD32(x, 0x40000000, kCount)); // 2.0
    CHECK(cuMemsetD32(y, 0x40400000, kCount)); // 3.0
    float a = 5;
    int n = kCount, count = 0;
    void* arguments[] = {&a, &x, &y, &n};
    CHECK(cuLaunchKernel(function, 8, 1, 1, 128, 1, 1, 0, nullptr, arguments, nullptr));
    CHECK(cuCtxSynchronize());
    std::vector<float> result(kCount);
    CHECK(cuMemcpyDtoH(result.data(), y, 4 * kCount));
    CHECK(cuMemcpyDtoH(&count, counter, sizeof count));
    for (const float value : result)
        if (value != 113) {
            std::printf("FAIL: %g\n", value);
            return 1;
        }
    CHECK(cuMemFree(x));
    CHECK(cuMemFree(y));
    if (count != kCount) std::printf("FAIL: %d\n", count);
    return count != kCount;
}

int main() {
    CUdevice device;
    CUcontext context;
    CUmodule module, linked;
    CUlinkState link;
    void* image = nullptr;
    std::size_t bytes = 0;
    CHECK(cuInit(0));
    CHECK(cuDeviceGet(&device, 0));
    CHECK(cuDevicePrimaryCtxRetain(&context, device));
    CHECK(cuCtxSetCurrent(context));
    CHECK(cuModuleLoadData(&module, kCode));
    if (run(module) != 0) return 1;
    CHECK(cuLinkCreate(0, nullptr, nullptr, &link));
    CHECK(cuLinkAddData(link, CU_JIT_INPUT_PTX, const_cast<char*>(kCode), sizeof kCode, "axpy", 0, nullptr, nullptr));
    CHECK(cuLinkComplete(link, &image, &bytes));
    CHECK(cuModuleLoadData(&linked, image));
    CHECK(cuLinkDestroy(link));
    if (run(linked) != 0) return 1;
    CHECK(cuModuleUnload(module));
    std::printf("PASS\n");
    return 0;
}
