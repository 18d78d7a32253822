// Complex Fourier transforms of 1024 points, many at a time: radix 2 (Stockham) in shared memory, and radix 4 in registers with
// exchanges through shared memory.
// Stresses: shared memory with power-of-two strides, twiddles by sincospif, barriers, FFMA and FADD in pairs.
#include "common/workload.hpp"

constexpr int kPoints = 1024;

__device__ float2 add(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__device__ float2 subtract(float2 a, float2 b) { return make_float2(a.x - b.x, a.y - b.y); }
__device__ float2 multiply(float2 a, float2 b) { return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
__device__ float2 times_minus_i(float2 a) { return make_float2(a.y, -a.x); }

// exp(-2*pi*i * part)
__device__ float2 twiddle(float part) {
    float2 w;
    sincospif(-2.0f * part, &w.y, &w.x);
    return w;
}

// One CTA a transform, a butterfly a thread in each of ten passes; self-sorting, so the output is in natural order.
__global__ __launch_bounds__(kPoints / 2) void fft_radix_2(const float2* in, float2* out) {
    __shared__ float2 buffer[2][kPoints];
    const int t = threadIdx.x;
    const float2* from_global = in + blockIdx.x * kPoints;
    buffer[0][t] = from_global[t];
    buffer[0][t + kPoints / 2] = from_global[t + kPoints / 2];
    int from = 0;
    for (int span = 1; span < kPoints; span *= 2) {
        __syncthreads();
        const int k = t % span;
        const float2 a = buffer[from][t],
                     b = multiply(buffer[from][t + kPoints / 2], twiddle(static_cast<float>(k) / static_cast<float>(2 * span)));
        const int to = (t - k) * 2 + k;
        from ^= 1;
        buffer[from][to] = add(a, b);
        buffer[from][to + span] = subtract(a, b);
    }
    __syncthreads();
    float2* to_global = out + blockIdx.x * kPoints;
    to_global[t] = buffer[from][t];
    to_global[t + kPoints / 2] = buffer[from][t + kPoints / 2];
}

// The same in five passes of radix 4: 256 threads, four points a thread held in registers between exchanges.
__global__ __launch_bounds__(kPoints / 4) void fft_radix_4(const float2* in, float2* out) {
    constexpr int kThreads = kPoints / 4;
    __shared__ float re[kPoints], im[kPoints];
    const int t = threadIdx.x;
    float2 v[4];
    for (int j = 0; j < 4; ++j) v[j] = in[blockIdx.x * kPoints + t + j * kThreads];
    for (int span = 1;; span *= 4) {
        const int k = t % span;
        for (int j = 1; j < 4; ++j) v[j] = multiply(v[j], twiddle(static_cast<float>(j * k) / static_cast<float>(4 * span)));
        const float2 a = add(v[0], v[2]), b = subtract(v[0], v[2]), c = add(v[1], v[3]), d = times_minus_i(subtract(v[1], v[3]));
        v[0] = add(a, c);
        v[1] = add(b, d);
        v[2] = subtract(a, c);
        v[3] = subtract(b, d);
        const int to = (t - k) * 4 + k;
        if (span == kPoints / 4) {
            for (int j = 0; j < 4; ++j) out[blockIdx.x * kPoints + to + j * span] = v[j];
            return;
        }
        for (int j = 0; j < 4; ++j) {
            re[to + j * span] = v[j].x;
            im[to + j * span] = v[j].y;
        }
        __syncthreads();
        for (int j = 0; j < 4; ++j) v[j] = make_float2(re[t + j * kThreads], im[t + j * kThreads]);
        __syncthreads();
    }
}

// Discrete Fourier transform in double by the definition, with a table of the roots of unity.
std::vector<float2> reference(const float2* in) {
    std::vector<double> cosine(kPoints), sine(kPoints);
    for (int k = 0; k < kPoints; ++k) {
        cosine[k] = std::cos(2 * 3.14159265358979323846 * k / kPoints);
        sine[k] = std::sin(2 * 3.14159265358979323846 * k / kPoints);
    }
    std::vector<float2> out(kPoints);
    for (int f = 0; f < kPoints; ++f) {
        double re = 0, im = 0;
        for (int i = 0; i < kPoints; ++i) {
            const int k = f * i % kPoints;
            re += in[i].x * cosine[k] + in[i].y * sine[k];
            im += in[i].y * cosine[k] - in[i].x * sine[k];
        }
        out[f] = make_float2(static_cast<float>(re), static_cast<float>(im));
    }
    return out;
}

int main(int argc, char** argv) {
    workload::Run run("fft", argc, argv);
    const int batch = run.pick(4, 40, 1024, 8192);
    std::vector<float2> in(batch * kPoints);
    for (auto& value : in) {
        value.x = run.random().uniform(-1.0f, 1.0f);
        value.y = run.random().uniform(-1.0f, 1.0f);
    }
    // The host checks at most 40 of the transforms.
    const int stride = workload::ceil_div(batch, 40);
    std::vector<float> expected;
    const auto append = [](std::vector<float>& list, const float2* values) {
        for (int i = 0; i < kPoints; ++i) list.insert(list.end(), {values[i].x, values[i].y});
    };
    for (int b = 0; b < batch; b += stride) append(expected, reference(&in[b * kPoints]).data());

    workload::DeviceArray<float2> din(in), dout(in.size());
    const auto test = [&](const char* label, auto&& kernel) {
        dout.fill_bytes(0xff);
        run.launch(label, kernel);
        const auto all = dout.to_host();
        std::vector<float> actual;
        for (int b = 0; b < batch; b += stride) append(actual, &all[b * kPoints]);
        // Results are about 30 in size; ten passes of float rounding.
        run.check_close(label, actual, expected, {1e-4, 0});
    };
    test("radix 2", [&] { fft_radix_2<<<batch, kPoints / 2>>>(din, dout); });
    test("radix 4", [&] { fft_radix_4<<<batch, kPoints / 4>>>(din, dout); });
    return run.finish();
}
