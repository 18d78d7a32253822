// Calls whose target is known at run time only: tables of device functions, a pointer given by the host, virtual functions of objects
// built on the device, and lambdas passed to a function that is not inlined.
// Stresses: CALL by register, function descriptors and relocations, vtables in device memory, divergent targets within a warp.
#include <new>

#include "common/workload.hpp"

constexpr int kBlock = 128;

using Operation = unsigned (*)(unsigned, unsigned);

__device__ __noinline__ unsigned add(unsigned a, unsigned b) { return a + b; }
__device__ __noinline__ unsigned multiply(unsigned a, unsigned b) { return a * b; }
__device__ __noinline__ unsigned mix(unsigned a, unsigned b) { return a ^ (b << 5 | b >> 27); }
__device__ __noinline__ unsigned divide(unsigned a, unsigned b) { return a / (b | 1); }

__device__ const Operation operations[4] = {add, multiply, mix, divide};
__device__ Operation chosen = mix;

unsigned host_operation(unsigned which, unsigned a, unsigned b) {
    switch (which) {
    case 0: return a + b;
    case 1: return a * b;
    case 2: return a ^ (b << 5 | b >> 27);
    default: return a / (b | 1);
    }
}

__global__ void by_table(int n, const unsigned* a, const unsigned* b, unsigned* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    unsigned value = a[i];
    for (int step = 0; step < 4; ++step) value = operations[(b[i] >> 2 * step) % 4](value, b[i]);
    out[i] = value;
}

__global__ void by_argument(int n, Operation operation, const unsigned* a, const unsigned* b, unsigned* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) out[i] = operation(a[i], b[i]);
}

class Shape {
  public:
    __device__ virtual ~Shape() {}
    __device__ virtual float area() const = 0;
    __device__ virtual float scaled(float by) const { return area() * by * by; }
};
class Square : public Shape {
  public:
    __device__ explicit Square(float side) : side_(side) {}
    __device__ float area() const override { return side_ * side_; }

  private:
    float side_;
};
class Box : public Shape {
  public:
    __device__ Box(float width, float height) : width_(width), height_(height) {}
    __device__ float area() const override { return width_ * height_; }
    __device__ float scaled(float by) const override { return width_ * by * height_; }

  private:
    float width_, height_;
};
class Triangle final : public Box {
  public:
    __device__ Triangle(float base, float height) : Box(base, height) {}
    __device__ float area() const override { return 0.5f * Box::area(); }
};

union Storage {
    __device__ Storage() {}
    char square[sizeof(Square)], box[sizeof(Box)], triangle[sizeof(Triangle)];
    void* align;
};

// Objects are built by one kernel and used by another, as vtables demand: on the device both.
__global__ void build_shapes(int n, const unsigned* a, void* storage, Shape** shapes) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    void* place = static_cast<char*>(storage) + i * sizeof(Storage);
    const float x = a[i] % 16, y = a[i] / 16 % 16;
    switch (a[i] / 256 % 3) {
    case 0: shapes[i] = new (place) Square(x); break;
    case 1: shapes[i] = new (place) Box(x, y); break;
    default: shapes[i] = new (place) Triangle(x, y); break;
    }
}

__global__ void measure_shapes(int n, Shape* const* shapes, float2* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    // A neighbour's object: neighbouring lanes call different functions.
    const Shape* shape = shapes[n - 1 - i];
    out[i] = make_float2(shape->area(), shape->scaled(2.0f));
}

template <typename Function> __device__ __noinline__ int sum_over(int from, int to, Function function) {
    int sum = 0;
    for (int i = from; i < to; ++i) sum += function(i);
    return sum;
}

__global__ void lambdas(int n, int* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const int offset = i % 7;
    out[i] = sum_over(0, i % 10, [offset](int k) { return k * offset; }) - sum_over(0, offset, [](int k) { return k * k; });
}

int main(int argc, char** argv) {
    workload::Run run("function_pointers", argc, argv);
    const int n = run.pick(1'000, 10'000, 200'000, 1'000'000), grid = workload::ceil_div(n, kBlock);
    const auto a = run.random().bits_vector(n), b = run.random().bits_vector(n);
    workload::DeviceArray<unsigned> da(a), db(b), out(n);

    std::vector<unsigned> expected(a);
    for (int i = 0; i < n; ++i) {
        for (int step = 0; step < 4; ++step) expected[i] = host_operation((b[i] >> 2 * step) % 4, expected[i], b[i]);
    }
    run.launch("table", [&] { by_table<<<grid, kBlock>>>(n, da, db, out); });
    run.check_equal("table", out.to_host(), expected);

    Operation operation = nullptr;
    CUDA_CHECK(cudaMemcpyFromSymbol(&operation, chosen, sizeof(operation)));
    for (int i = 0; i < n; ++i) expected[i] = host_operation(2, a[i], b[i]);
    run.launch("argument", [&] { by_argument<<<grid, kBlock>>>(n, operation, da, db, out); });
    run.check_equal("argument", out.to_host(), expected);

    workload::DeviceArray<char> storage(n * sizeof(Storage));
    workload::DeviceArray<Shape*> shapes(n);
    workload::DeviceArray<float2> measures(n);
    run.launch("virtual", [&] {
        build_shapes<<<grid, kBlock>>>(n, da, storage.get(), shapes);
        measure_shapes<<<grid, kBlock>>>(n, shapes, measures);
    });
    std::vector<float2> expected_measures(n);
    for (int i = 0; i < n; ++i) {
        const unsigned code = a[n - 1 - i];
        const float x = code % 16, y = code / 16 % 16;
        const float areas[3] = {x * x, x * y, 0.5f * x * y}, scaled[3] = {4 * x * x, 2 * x * y, 2 * x * y};
        expected_measures[i] = make_float2(areas[code / 256 % 3], scaled[code / 256 % 3]);
    }
    run.check_equal("virtual", measures.to_host(), expected_measures);

    workload::DeviceArray<int> sums(n);
    std::vector<int> expected_sums(n, 0);
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k < i % 10; ++k) expected_sums[i] += k * (i % 7);
        for (int k = 0; k < i % 7; ++k) expected_sums[i] -= k * k;
    }
    run.launch("lambdas", [&] { lambdas<<<grid, kBlock>>>(n, sums); });
    run.check_equal("lambdas", sums.to_host(), expected_sums);
    return run.finish();
}
