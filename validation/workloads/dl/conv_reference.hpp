// Shapes, layouts and host references of the convolution workloads. Cross-correlation as in every deep-learning library, no dilation.
#pragma once

#include "dl/reference.hpp"

namespace dl {

struct ConvShape {
    int n, c, h, w;     // input: images, channels, height, width
    int k, r, s;        // filters: number, height, width
    int stride, pad;    // the same in both directions
    bool channels_last; // NHWC and KRSC, else NCHW and KCRS

    __host__ __device__ int p() const { return (h + 2 * pad - r) / stride + 1; } // output height
    __host__ __device__ int q() const { return (w + 2 * pad - s) / stride + 1; } // output width
    std::size_t input_count() const { return static_cast<std::size_t>(n) * c * h * w; }
    std::size_t filter_count() const { return static_cast<std::size_t>(k) * c * r * s; }
    std::size_t output_count() const { return static_cast<std::size_t>(n) * k * p() * q(); }

    __host__ __device__ std::size_t input(int in, int ic, int ih, int iw) const { return at(in, ic, ih, iw, c, h, w); }
    __host__ __device__ std::size_t filter(int ik, int ic, int ir, int is) const { return at(ik, ic, ir, is, c, r, s); }
    __host__ __device__ std::size_t output(int in, int ik, int ip, int iq) const { return at(in, ik, ip, iq, k, p(), q()); }

  private:
    __host__ __device__ std::size_t at(int outer, int channel, int row, int column, int channels, int rows, int columns) const {
        return channels_last ? ((static_cast<std::size_t>(outer) * rows + row) * columns + column) * channels + channel
                             : ((static_cast<std::size_t>(outer) * channels + channel) * rows + row) * columns + column;
    }
};

// One output pixel, one input gradient, one filter gradient, summed in double.
inline double conv_forward_at(const ConvShape& v, const std::vector<float>& x, const std::vector<float>& f, int in, int ik, int ip,
                              int iq) {
    double sum = 0;
    for (int ic = 0; ic < v.c; ++ic)
        for (int ir = 0; ir < v.r; ++ir)
            for (int is = 0; is < v.s; ++is) {
                const int ih = ip * v.stride - v.pad + ir, iw = iq * v.stride - v.pad + is;
                if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
                sum += static_cast<double>(x[v.input(in, ic, ih, iw)]) * f[v.filter(ik, ic, ir, is)];
            }
    return sum;
}
inline double conv_dgrad_at(const ConvShape& v, const std::vector<float>& dy, const std::vector<float>& f, int in, int ic, int ih, int iw) {
    double sum = 0;
    for (int ir = 0; ir < v.r; ++ir)
        for (int is = 0; is < v.s; ++is) {
            const int up = ih + v.pad - ir, uq = iw + v.pad - is;
            if (up < 0 || uq < 0 || up % v.stride || uq % v.stride || up / v.stride >= v.p() || uq / v.stride >= v.q()) continue;
            for (int ik = 0; ik < v.k; ++ik)
                sum += static_cast<double>(dy[v.output(in, ik, up / v.stride, uq / v.stride)]) * f[v.filter(ik, ic, ir, is)];
        }
    return sum;
}
inline double conv_wgrad_at(const ConvShape& v, const std::vector<float>& x, const std::vector<float>& dy, int ik, int ic, int ir, int is) {
    double sum = 0;
    for (int in = 0; in < v.n; ++in)
        for (int ip = 0; ip < v.p(); ++ip)
            for (int iq = 0; iq < v.q(); ++iq) {
                const int ih = ip * v.stride - v.pad + ir, iw = iq * v.stride - v.pad + is;
                if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
                sum += static_cast<double>(x[v.input(in, ic, ih, iw)]) * dy[v.output(in, ik, ip, iq)];
            }
    return sum;
}

// Compares a device result with `at(index)` at every place, or at `samples` random ones at the larger sizes.
template <typename T, typename At>
void check_places(workload::Run& run, const char* what, const std::vector<T>& actual, int samples, workload::Tolerance tolerance, At&& at) {
    std::vector<double> found, expected;
    const std::size_t count = run.full_check() ? actual.size() : static_cast<std::size_t>(samples);
    for (std::size_t s = 0; s < count; ++s) {
        const std::size_t i = run.full_check() ? s : run.random().below(static_cast<std::uint32_t>(actual.size()));
        found.push_back(workload::to_double(actual[i]));
        expected.push_back(at(i));
    }
    run.check_close(what, found, expected, tolerance);
}

// The four indices of element i of a tensor of the given extents, outermost first, in NCHW or NHWC order: always (outer, channel, row,
// column).
struct Index4 {
    int outer, channel, row, column;
    Index4(std::size_t i, int channels, int rows, int columns, bool channels_last) {
        const auto take = [&i](int extent) {
            const int digit = static_cast<int>(i % extent);
            i /= extent;
            return digit;
        };
        if (channels_last) channel = take(channels), column = take(columns), row = take(rows);
        else column = take(columns), row = take(rows), channel = take(channels);
        outer = static_cast<int>(i);
    }
};

template <typename T>
void check_forward(workload::Run& run, const char* what, const ConvShape& v, const std::vector<T>& y, const std::vector<float>& x,
                   const std::vector<float>& f) {
    check_places(run, what, y, 2000, {}, [&](std::size_t i) {
        const Index4 o(i, v.k, v.p(), v.q(), v.channels_last);
        return conv_forward_at(v, x, f, o.outer, o.channel, o.row, o.column);
    });
}
template <typename T>
void check_dgrad(workload::Run& run, const char* what, const ConvShape& v, const std::vector<T>& dx, const std::vector<float>& dy,
                 const std::vector<float>& f) {
    check_places(run, what, dx, 2000, {}, [&](std::size_t i) {
        const Index4 o(i, v.c, v.h, v.w, v.channels_last);
        return conv_dgrad_at(v, dy, f, o.outer, o.channel, o.row, o.column);
    });
}
template <typename T>
void check_wgrad(workload::Run& run, const char* what, const ConvShape& v, const std::vector<T>& df, const std::vector<float>& x,
                 const std::vector<float>& dy) {
    check_places(run, what, df, 50, {}, [&](std::size_t i) {
        const Index4 o(i, v.c, v.r, v.s, v.channels_last);
        return conv_wgrad_at(v, x, dy, o.outer, o.channel, o.row, o.column);
    });
}

} // namespace dl
