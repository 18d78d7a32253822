// Max pooling of NCHW images, 3 x 3 with stride 2 and 2 x 2 with stride 2: forward stores the index of the maximum (the first one in row
// order among equals), backward either scatters with atomics or gathers over the windows that hold an element; both must agree. Stresses:
// FMNMX and index selection, predication, RED.ADD.F32 with conflicts, integer division.
#include "common/workload.hpp"

struct Pool {
    int planes, h, w, window, stride, pad;
    __host__ __device__ int p() const { return (h + 2 * pad - window) / stride + 1; }
    __host__ __device__ int q() const { return (w + 2 * pad - window) / stride + 1; }
};

__host__ __device__ inline bool better(float a, float b) { return a > b; }

template <int kWindow> __global__ void max_forward(Pool v, const float* __restrict__ x, float* __restrict__ y, int* __restrict__ where) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, p = v.p(), q = v.q();
    if (i >= v.planes * p * q) return;
    const int iq = i % q, ip = i / q % p, plane = i / (q * p);
    const float* image = x + static_cast<size_t>(plane) * v.h * v.w;
    float best = -3.402823466e38f;
    int place = -1;
#pragma unroll
    for (int e = 0; e < kWindow * kWindow; ++e) {
        const int ih = ip * v.stride - v.pad + e / kWindow, iw = iq * v.stride - v.pad + e % kWindow;
        if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
        const float value = image[ih * v.w + iw];
        if (better(value, best)) best = value, place = ih * v.w + iw;
    }
    y[i] = best;
    where[i] = place;
}

__global__ void max_backward_scatter(Pool v, const float* __restrict__ dy, const int* __restrict__ where, float* dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, count = v.p() * v.q();
    if (i >= v.planes * count) return;
    atomicAdd(dx + static_cast<size_t>(i / count) * v.h * v.w + where[i], dy[i]);
}

__global__ void max_backward_gather(Pool v, const float* __restrict__ dy, const int* __restrict__ where, float* __restrict__ dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, p = v.p(), q = v.q();
    if (i >= v.planes * v.h * v.w) return;
    const int place = i % (v.h * v.w), ih = place / v.w, iw = place % v.w, plane = i / (v.h * v.w);
    // Windows ip with ip * stride - pad <= ih < ip * stride - pad + window.
    const int first_p = max(0, (ih + v.pad - v.window + v.stride) / v.stride), last_p = min(p - 1, (ih + v.pad) / v.stride);
    const int first_q = max(0, (iw + v.pad - v.window + v.stride) / v.stride), last_q = min(q - 1, (iw + v.pad) / v.stride);
    float sum = 0;
    for (int ip = first_p; ip <= last_p; ++ip)
        for (int iq = first_q; iq <= last_q; ++iq) {
            const size_t o = (static_cast<size_t>(plane) * p + ip) * q + iq;
            if (where[o] == place) sum += dy[o];
        }
    dx[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("pool_max", argc, argv);
    for (const int window : {3, 2}) {
        const int size = run.pick(15, 40, 112, 112);
        const Pool v{run.pick(6, 24, 512, 2048), size, size + 3, window, 2, window == 3 ? 1 : 0};
        const int inputs = v.planes * v.h * v.w, outputs = v.planes * v.p() * v.q();
        // Few distinct values, so that equal maxima occur; gradients are whole numbers, so that sums are exact.
        const auto x = run.random().integer_vector<float>(inputs, -20, 20), dy = run.random().integer_vector<float>(outputs, -8, 8);
        std::vector<float> y(outputs), dx(inputs, 0.0f);
        std::vector<int> where(outputs);
        for (int o = 0; o < outputs; ++o) {
            const int iq = o % v.q(), ip = o / v.q() % v.p(), plane = o / (v.q() * v.p());
            float best = -1e30f;
            for (int ir = 0; ir < window; ++ir)
                for (int is = 0; is < window; ++is) {
                    const int ih = ip * v.stride - v.pad + ir, iw = iq * v.stride - v.pad + is;
                    if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
                    const float value = x[(static_cast<size_t>(plane) * v.h + ih) * v.w + iw];
                    if (value > best) best = value, where[o] = ih * v.w + iw;
                }
            y[o] = best;
            dx[static_cast<size_t>(plane) * v.h * v.w + where[o]] += dy[o];
        }

        workload::DeviceArray<float> x_d(x), y_d(outputs), dy_d(dy), dx_d(inputs);
        workload::DeviceArray<int> where_d(outputs);
        const std::string label = window == 3 ? "3x3 " : "2x2 ";
        run.launch((label + "forward").c_str(), [&] {
            if (window == 3) max_forward<3><<<workload::ceil_div(outputs, 256), 256>>>(v, x_d, y_d, where_d);
            else max_forward<2><<<workload::ceil_div(outputs, 256), 256>>>(v, x_d, y_d, where_d);
        });
        run.check_equal((label + "y").c_str(), y_d.to_host(), y);
        run.check_equal((label + "where").c_str(), where_d.to_host(), where);
        run.launch((label + "backward scatter").c_str(), [&] {
            dx_d.fill_bytes(0);
            max_backward_scatter<<<workload::ceil_div(outputs, 256), 256>>>(v, dy_d, where_d, dx_d);
        });
        run.check_close((label + "scattered dx").c_str(), dx_d.to_host(), dx, {});
        run.launch((label + "backward gather").c_str(),
                   [&] { max_backward_gather<<<workload::ceil_div(inputs, 256), 256>>>(v, dy_d, where_d, dx_d); });
        run.check_close((label + "gathered dx").c_str(), dx_d.to_host(), dx, {});
    }
    return run.finish();
}
