// European option prices by the Black-Scholes formula: float with fast intrinsics, float with the accurate library, double.
// Stresses: MUFU (EX2, LG2, SQRT, RCP), float and double logarithm, exponential, erfc and division sequences.
#include "common/workload.hpp"

constexpr int kBlock = 128;

template <typename T> struct Option { T spot, strike, years; };

// Call price with the rate and the volatility of all options; `Fast` uses approximate intrinsics (float only).
template <bool Fast, typename T> __device__ T call_price(Option<T> option, T rate, T volatility) {
    const auto cdf = [](T x) { return T(0.5) * erfc(-x * T(0.70710678118654752440)); };
    if constexpr (Fast) {
        const float root = __fsqrt_rn(option.years);
        const float d1 = __fdividef(__logf(__fdividef(option.spot, option.strike)) + (rate + 0.5f * volatility * volatility) * option.years,
                                    volatility * root);
        const float d2 = d1 - volatility * root;
        return option.spot * cdf(d1) - option.strike * __expf(-rate * option.years) * cdf(d2);
    } else {
        const T root = sqrt(option.years);
        const T d1 = (log(option.spot / option.strike) + (rate + T(0.5) * volatility * volatility) * option.years) / (volatility * root);
        const T d2 = d1 - volatility * root;
        return option.spot * cdf(d1) - option.strike * exp(-rate * option.years) * cdf(d2);
    }
}

template <bool Fast, typename T> __global__ void price(int n, const Option<T>* options, T rate, T volatility, T* prices) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) prices[i] = call_price<Fast>(options[i], rate, volatility);
}

template <bool Fast, typename T> void test(workload::Run& run, const char* label, int n, workload::Tolerance tolerance) {
    const T rate = T(0.02), volatility = T(0.3);
    std::vector<Option<T>> options(n);
    for (auto& option : options) {
        option.spot = run.random().uniform<T>(5, 30);
        option.strike = run.random().uniform<T>(1, 100);
        option.years = run.random().uniform<T>(T(0.25), 10);
    }
    std::vector<double> expected(n);
    for (int i = 0; i < n; ++i) {
        const double spot = options[i].spot, strike = options[i].strike, years = options[i].years, r = rate, v = volatility;
        const double d1 = (std::log(spot / strike) + (r + 0.5 * v * v) * years) / (v * std::sqrt(years)), d2 = d1 - v * std::sqrt(years);
        const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
        expected[i] = spot * cdf(d1) - strike * std::exp(-r * years) * cdf(d2);
    }
    workload::DeviceArray<Option<T>> doptions(options);
    workload::DeviceArray<T> prices(n);
    prices.fill_bytes(0xff);
    run.launch(label, [&] { price<Fast, T><<<workload::ceil_div(n, kBlock), kBlock>>>(n, doptions, rate, volatility, prices); });
    run.check_close(label, prices.to_host(), expected, tolerance);
}

int main(int argc, char** argv) {
    workload::Run run("black_scholes", argc, argv);
    const int n = run.pick(4'000, 40'000, 1'000'000, 4'000'000);
    test<true, float>(run, "float, fast", n, {2e-4, 0});
    test<false, float>(run, "float", n, {5e-5, 0});
    test<false, double>(run, "double", n, {1e-12, 0});
    return run.finish();
}
