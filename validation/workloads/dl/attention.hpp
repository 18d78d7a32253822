// Host reference of attention: softmax(scale * Q K^T, masked) V, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace dl {

// The attention output of one query over `visible` keys; key(j) and value(j) point to `width` floats each. Also gives the logarithm of the
// sum of exponentials.
template <typename Key, typename Value>
std::vector<double> attend(const float* query, int width, int visible, double scale, Key&& key, Value&& value,
                           double* log_sum_exp = nullptr) {
    std::vector<double> scores(visible), result(width, 0.0);
    double largest = -1e300, sum = 0;
    for (int j = 0; j < visible; ++j) {
        const float* k = key(j);
        double dot = 0;
        for (int i = 0; i < width; ++i) dot += static_cast<double>(query[i]) * k[i];
        scores[j] = dot * scale;
        largest = std::max(largest, scores[j]);
    }
    for (double& s : scores) sum += s = std::exp(s - largest);
    for (int j = 0; j < visible; ++j) {
        const float* v = value(j);
        for (int i = 0; i < width; ++i) result[i] += scores[j] / sum * v[i];
    }
    if (log_sum_exp) *log_sum_exp = largest + std::log(sum);
    return result;
}

} // namespace dl
