// c = a + b for element types of 1 to 16 bytes, with a ragged end.
// Stresses: loads and stores of every width (8, 16, 32, 64, 128 bits), integer and floating-point adds, bounds predicates.
#include "common/workload.hpp"

template <typename T> __global__ void vector_add(int n, const T* a, const T* b, T* c) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) c[i] = static_cast<T>(a[i] + b[i]);
}

__device__ __host__ inline int4 operator+(int4 a, int4 b) { return make_int4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
__device__ __host__ inline uchar4 operator+(uchar4 a, uchar4 b) {
    return make_uchar4(static_cast<unsigned char>(a.x + b.x), static_cast<unsigned char>(a.y + b.y), static_cast<unsigned char>(a.z + b.z),
                       static_cast<unsigned char>(a.w + b.w));
}

template <typename T> void test(workload::Run& run, const char* label, int n) {
    const auto make = [&] {
        std::vector<T> values(n);
        auto* bytes = reinterpret_cast<unsigned char*>(values.data());
        if constexpr (std::is_floating_point_v<T>) {
            for (T& value : values) value = run.random().uniform<T>(-100, 100);
        } else {
            // 7-bit bytes: no sum overflows a signed element's top byte.
            for (std::size_t i = 0; i < n * sizeof(T); ++i)
                bytes[i] = static_cast<unsigned char>(run.random().below(i % sizeof(T) == sizeof(T) - 1 ? 64 : 128));
        }
        return values;
    };
    const std::vector<T> a = make(), b = make();
    std::vector<T> expected(n);
    for (int i = 0; i < n; ++i) expected[i] = static_cast<T>(a[i] + b[i]);
    workload::DeviceArray<T> da(a), db(b), dc(n);
    dc.fill_bytes(0xff);
    run.launch(label, [&] { vector_add<T><<<workload::ceil_div(n, 128), 128>>>(n, da, db, dc); });
    run.check_equal(label, dc.to_host(), expected);
}

int main(int argc, char** argv) {
    workload::Run run("vector_add", argc, argv);
    const int n = run.pick(10'003, 100'003, 2'000'003, 16'000'003);
    test<signed char>(run, "int8", n);
    test<unsigned short>(run, "uint16", n);
    test<int>(run, "int32", n);
    test<long long>(run, "int64", n);
    test<float>(run, "float", n);
    test<double>(run, "double", n);
    test<uchar4>(run, "uchar4", n);
    test<int4>(run, "int4", n);
    return run.finish();
}
