// Host reference, in double, of the small network that cnn_train.cu trains: conv 3x3 + ReLU + 2x2 max pooling, twice, then a linear layer
// with ReLU and one to the classes, softmax and cross-entropy, plain gradient descent.
#pragma once

#include <cmath>
#include <vector>

namespace dl {

// Sizes of the network. Images are `size` x `size` with one channel.
struct CnnShape {
    int batch, size, c1, c2, hidden, classes;

    __host__ __device__ int half() const { return size / 2; }
    __host__ __device__ int quarter() const { return size / 4; }
    __host__ __device__ int features() const { return c2 * quarter() * quarter(); }
};

// All weights in one array; these are the places of the tensors: filters are KCRS, linear weights [out][in].
struct CnnWeights {
    int conv1, bias1, conv2, bias2, linear1, bias3, linear2, bias4, count;

    explicit CnnWeights(const CnnShape& v) {
        int at = 0;
        const auto take = [&at](int n) {
            const int place = at;
            at += n;
            return place;
        };
        conv1 = take(v.c1 * 9), bias1 = take(v.c1);
        conv2 = take(v.c2 * v.c1 * 9), bias2 = take(v.c2);
        linear1 = take(v.hidden * v.features()), bias3 = take(v.hidden);
        linear2 = take(v.classes * v.hidden), bias4 = take(v.classes);
        count = at;
    }
};

class CnnReference {
  public:
    CnnReference(const CnnShape& shape, const std::vector<float>& weights) : v_(shape), place_(shape), w_(weights.begin(), weights.end()) {}

    const std::vector<double>& weights() const { return w_; }

    // One step of training on the whole batch; gives the mean loss before the step.
    double step(const std::vector<float>& images, const std::vector<int>& labels, double rate) {
        const std::vector<double> x(images.begin(), images.end());
        const int s = v_.size, h = v_.half(), f = v_.features();
        const auto y1 = conv(x, 1, v_.c1, s, place_.conv1, place_.bias1);
        std::vector<int> where1, where2;
        const auto p1 = pool(y1, v_.c1, s, where1);
        const auto y2 = conv(p1, v_.c1, v_.c2, h, place_.conv2, place_.bias2);
        const auto p2 = pool(y2, v_.c2, h, where2);
        auto hidden = linear(p2, f, v_.hidden, place_.linear1, place_.bias3);
        for (double& t : hidden) t = t > 0 ? t : 0;
        auto scores = linear(hidden, v_.hidden, v_.classes, place_.linear2, place_.bias4);

        double loss = 0;
        for (int n = 0; n < v_.batch; ++n) { // scores become their own gradient
            double* row = scores.data() + static_cast<std::size_t>(n) * v_.classes;
            double sum = 0;
            for (int c = 0; c < v_.classes; ++c) sum += std::exp(row[c]);
            loss -= (row[labels[n]] - std::log(sum)) / v_.batch;
            for (int c = 0; c < v_.classes; ++c) row[c] = (std::exp(row[c]) / sum - (c == labels[n])) / v_.batch;
        }
        std::vector<double> g(w_.size(), 0.0);
        auto d_hidden = linear_backward(scores, hidden, v_.hidden, v_.classes, place_.linear2, place_.bias4, g);
        for (std::size_t i = 0; i < hidden.size(); ++i)
            if (hidden[i] <= 0) d_hidden[i] = 0;
        const auto d_p2 = linear_backward(d_hidden, p2, f, v_.hidden, place_.linear1, place_.bias3, g);
        const auto d_y2 = pool_relu_backward(d_p2, y2, where2);
        const auto d_p1 = conv_backward(d_y2, p1, v_.c1, v_.c2, h, place_.conv2, place_.bias2, g);
        const auto d_y1 = pool_relu_backward(d_p1, y1, where1);
        conv_backward(d_y1, x, 1, v_.c1, s, place_.conv1, place_.bias1, g);
        for (std::size_t i = 0; i < w_.size(); ++i) w_[i] -= rate * g[i];
        return loss;
    }

  private:
    using Tensor = std::vector<double>;

    Tensor conv(const Tensor& x, int channels, int filters, int size, int weight, int bias) const {
        Tensor y(static_cast<std::size_t>(v_.batch) * filters * size * size);
        for (int n = 0; n < v_.batch; ++n)
            for (int k = 0; k < filters; ++k)
                for (int p = 0; p < size; ++p)
                    for (int q = 0; q < size; ++q) {
                        double sum = w_[bias + k];
                        for_window(p, q, size, [&](int e, int h, int w) {
                            for (int c = 0; c < channels; ++c)
                                sum += x[((static_cast<std::size_t>(n) * channels + c) * size + h) * size + w] *
                                       w_[weight + (k * channels + c) * 9 + e];
                        });
                        y[((static_cast<std::size_t>(n) * filters + k) * size + p) * size + q] = sum > 0 ? sum : 0;
                    }
        return y;
    }
    Tensor conv_backward(const Tensor& dy, const Tensor& x, int channels, int filters, int size, int weight, int bias, Tensor& g) const {
        Tensor dx(x.size(), 0.0);
        for (int n = 0; n < v_.batch; ++n)
            for (int k = 0; k < filters; ++k)
                for (int p = 0; p < size; ++p)
                    for (int q = 0; q < size; ++q) {
                        const double d = dy[((static_cast<std::size_t>(n) * filters + k) * size + p) * size + q];
                        if (d == 0) continue;
                        g[bias + k] += d;
                        for_window(p, q, size, [&](int e, int h, int w) {
                            for (int c = 0; c < channels; ++c) {
                                const std::size_t i = ((static_cast<std::size_t>(n) * channels + c) * size + h) * size + w;
                                g[weight + (k * channels + c) * 9 + e] += d * x[i];
                                dx[i] += d * w_[weight + (k * channels + c) * 9 + e];
                            }
                        });
                    }
        return dx;
    }
    // Calls visit(filter place, row, column) for the part of the 3 x 3 window round (p, q) inside the image.
    template <typename Visit> static void for_window(int p, int q, int size, Visit&& visit) {
        for (int e = 0; e < 9; ++e) {
            const int h = p + e / 3 - 1, w = q + e % 3 - 1;
            if (h >= 0 && h < size && w >= 0 && w < size) visit(e, h, w);
        }
    }
    Tensor pool(const Tensor& y, int channels, int size, std::vector<int>& where) const {
        const int half = size / 2;
        Tensor p(static_cast<std::size_t>(v_.batch) * channels * half * half);
        where.resize(p.size());
        for (std::size_t o = 0; o < p.size(); ++o) {
            const std::size_t plane = o / (half * half);
            const int row = static_cast<int>(o / half % half) * 2, column = static_cast<int>(o % half) * 2;
            std::size_t best = (plane * size + row) * size + column;
            for (const int e : {1, size, size + 1})
                if (y[(plane * size + row) * size + column + e] > y[best]) best = (plane * size + row) * size + column + e;
            p[o] = y[best];
            where[o] = static_cast<int>(best);
        }
        return p;
    }
    static Tensor pool_relu_backward(const Tensor& dp, const Tensor& y, const std::vector<int>& where) {
        Tensor dy(y.size(), 0.0);
        for (std::size_t o = 0; o < dp.size(); ++o)
            if (y[where[o]] > 0) dy[where[o]] = dp[o];
        return dy;
    }
    Tensor linear(const Tensor& x, int in, int out, int weight, int bias) const {
        Tensor y(static_cast<std::size_t>(v_.batch) * out);
        for (int n = 0; n < v_.batch; ++n)
            for (int o = 0; o < out; ++o) {
                double sum = w_[bias + o];
                for (int i = 0; i < in; ++i)
                    sum += x[static_cast<std::size_t>(n) * in + i] * w_[weight + static_cast<std::size_t>(o) * in + i];
                y[static_cast<std::size_t>(n) * out + o] = sum;
            }
        return y;
    }
    Tensor linear_backward(const Tensor& dy, const Tensor& x, int in, int out, int weight, int bias, Tensor& g) const {
        Tensor dx(x.size(), 0.0);
        for (int n = 0; n < v_.batch; ++n)
            for (int o = 0; o < out; ++o) {
                const double d = dy[static_cast<std::size_t>(n) * out + o];
                g[bias + o] += d;
                for (int i = 0; i < in; ++i) {
                    g[weight + static_cast<std::size_t>(o) * in + i] += d * x[static_cast<std::size_t>(n) * in + i];
                    dx[static_cast<std::size_t>(n) * in + i] += d * w_[weight + static_cast<std::size_t>(o) * in + i];
                }
            }
        return dx;
    }

    CnnShape v_;
    CnnWeights place_;
    Tensor w_;
};

} // namespace dl
