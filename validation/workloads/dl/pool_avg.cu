// Average pooling: 3 x 3 windows with stride 1 or 2 over NCHW (padding does not count), forward and backward, and global average pooling of
// fp16 NHWC to one value a channel, forward (shared-memory tree) and backward (broadcast). Stresses: division, gathers, column reductions
// in shared memory, half-precision conversion.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_fp16.h>

struct Pool {
    int planes, h, w, window, stride, pad;
    __host__ __device__ int p() const { return (h + 2 * pad - window) / stride + 1; }
    __host__ __device__ int q() const { return (w + 2 * pad - window) / stride + 1; }
    // How many elements of the image window (ip, iq) covers.
    __host__ __device__ int covered(int ip, int iq) const {
        const int h0 = ip * stride - pad, w0 = iq * stride - pad;
        const int rows = (h0 + window < h ? h0 + window : h) - (h0 > 0 ? h0 : 0),
                  columns = (w0 + window < w ? w0 + window : w) - (w0 > 0 ? w0 : 0);
        return rows * columns;
    }
};

__global__ void average_forward(Pool v, const float* __restrict__ x, float* __restrict__ y) {
    const int iq = blockIdx.x * blockDim.x + threadIdx.x, ip = blockIdx.y * blockDim.y + threadIdx.y, plane = blockIdx.z;
    const int p = v.p(), q = v.q();
    if (ip >= p || iq >= q) return;
    const float* image = x + static_cast<size_t>(plane) * v.h * v.w;
    float sum = 0;
    for (int ir = 0; ir < v.window; ++ir)
        for (int is = 0; is < v.window; ++is) {
            const int ih = ip * v.stride - v.pad + ir, iw = iq * v.stride - v.pad + is;
            if (ih >= 0 && ih < v.h && iw >= 0 && iw < v.w) sum += image[ih * v.w + iw];
        }
    y[(static_cast<size_t>(plane) * p + ip) * q + iq] = sum / static_cast<float>(v.covered(ip, iq));
}

__global__ void average_backward(Pool v, const float* __restrict__ dy, float* __restrict__ dx) {
    const int iw = blockIdx.x * blockDim.x + threadIdx.x, ih = blockIdx.y * blockDim.y + threadIdx.y, plane = blockIdx.z;
    const int p = v.p(), q = v.q();
    if (ih >= v.h || iw >= v.w) return;
    float sum = 0;
    for (int ir = 0; ir < v.window; ++ir)
        for (int is = 0; is < v.window; ++is) {
            const int up = ih + v.pad - ir, uq = iw + v.pad - is;
            if (up < 0 || uq < 0 || up % v.stride || uq % v.stride || up / v.stride >= p || uq / v.stride >= q) continue;
            const int ip = up / v.stride, iq = uq / v.stride;
            sum += __fdividef(dy[(static_cast<size_t>(plane) * p + ip) * q + iq], static_cast<float>(v.covered(ip, iq)));
        }
    dx[(static_cast<size_t>(plane) * v.h + ih) * v.w + iw] = sum;
}

// CTA (32 x 8 threads): 64 channels of one image, two a thread; the eight rows of threads share the pixels. Requires: channels divisible
// by 64.
__global__ void __launch_bounds__(256) global_forward(int pixels, int channels, const __half2* __restrict__ x, float2* __restrict__ y) {
    __shared__ float2 parts[8][32];
    const int tx = threadIdx.x, ty = threadIdx.y, pair = blockIdx.x * 32 + tx, image = blockIdx.y;
    float2 sum = make_float2(0, 0);
    for (int pixel = ty; pixel < pixels; pixel += 8) {
        const float2 value = __half22float2(x[(static_cast<size_t>(image) * pixels + pixel) * (channels / 2) + pair]);
        sum.x += value.x, sum.y += value.y;
    }
    parts[ty][tx] = sum;
    for (int half = 4; half > 0; half /= 2) {
        __syncthreads();
        if (ty < half) {
            sum.x += parts[ty + half][tx].x, sum.y += parts[ty + half][tx].y;
            parts[ty][tx] = sum;
        }
    }
    if (ty == 0) y[image * (channels / 2) + pair] = make_float2(sum.x / pixels, sum.y / pixels);
}
__global__ void global_backward(int count, int pixels, int channels, const float* __restrict__ dy, __half* __restrict__ dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    dx[i] = __float2half(dy[i / (pixels * channels) * channels + i % channels] / pixels);
}

int main(int argc, char** argv) {
    workload::Run run("pool_avg", argc, argv);
    for (const int stride : {1, 2}) {
        const int size = run.pick(13, 35, 56, 112);
        const Pool v{run.pick(4, 20, 1024, 2048), size, size + 4, 3, stride, 1};
        const int p = v.p(), q = v.q(), inputs = v.planes * v.h * v.w, outputs = v.planes * p * q;
        const auto x = run.random().uniform_vector<float>(inputs, -1, 1), dy = run.random().uniform_vector<float>(outputs, -1, 1);
        std::vector<double> y(outputs), dx(inputs);
        for (int o = 0; o < outputs; ++o) {
            const int iq = o % q, ip = o / q % p, plane = o / (q * p);
            for (int e = 0; e < 9; ++e) {
                const int ih = ip * stride - 1 + e / 3, iw = iq * stride - 1 + e % 3;
                if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
                const size_t i = (static_cast<size_t>(plane) * v.h + ih) * v.w + iw;
                y[o] += static_cast<double>(x[i]) / v.covered(ip, iq);
                dx[i] += static_cast<double>(dy[o]) / v.covered(ip, iq);
            }
        }
        workload::DeviceArray<float> x_d(x), y_d(outputs), dy_d(dy), dx_d(inputs);
        const std::string label = "stride " + std::to_string(stride);
        const dim3 block(32, 4);
        run.launch((label + " forward").c_str(),
                   [&] { average_forward<<<dim3(workload::ceil_div(q, 32), workload::ceil_div(p, 4), v.planes), block>>>(v, x_d, y_d); });
        run.check_close((label + " y").c_str(), y_d.to_host(), y, {1e-6, 1e-6});
        run.launch((label + " backward").c_str(), [&] {
            average_backward<<<dim3(workload::ceil_div(v.w, 32), workload::ceil_div(v.h, 4), v.planes), block>>>(v, dy_d, dx_d);
        });
        run.check_close((label + " dx").c_str(), dx_d.to_host(), dx, {1e-6, 1e-6});
    }

    const int images = run.pick(2, 4, 32, 128), channels = run.pick(64, 256, 1024, 2048), pixels = run.pick(25, 49, 196, 196);
    const auto x = run.random().integer_vector<__half>(static_cast<size_t>(images) * pixels * channels, -64, 64);
    const auto dy = run.random().uniform_vector<float>(static_cast<size_t>(images) * channels, -8, 8);
    std::vector<float> sums(dy.size()), y(dy.size());
    std::vector<__half> dx(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
        const size_t channel = i / (static_cast<size_t>(pixels) * channels) * channels + i % channels;
        sums[channel] += __half2float(x[i]);
        dx[i] = __float2half(dy[channel] / static_cast<float>(pixels));
    }
    for (size_t i = 0; i < y.size(); ++i) y[i] = sums[i] / static_cast<float>(pixels);
    workload::DeviceArray<__half> x_d(x), dx_d(x.size());
    workload::DeviceArray<float> y_d(y.size()), dy_d(dy);
    run.launch("global forward", [&] {
        global_forward<<<dim3(channels / 64, images), dim3(32, 8)>>>(pixels, channels, reinterpret_cast<const __half2*>(x_d.get()),
                                                                     reinterpret_cast<float2*>(y_d.get()));
    });
    run.check_close("global y", y_d.to_host(), y, {});
    const int count = static_cast<int>(x.size());
    run.launch("global backward", [&] { global_backward<<<workload::ceil_div(count, 256), 256>>>(count, pixels, channels, dy_d, dx_d); });
    run.check_close("global dx", dx_d.to_host(), dx, {});
    return run.finish();
}
