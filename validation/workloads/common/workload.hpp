// The frame of every workload: command line, device arrays, deterministic input data, comparison with a host reference,
// and the one line of result.
//
//   int main(int argc, char** argv) {
//       workload::Run run("saxpy", argc, argv);
//       const int n = run.pick(1 << 10, 1 << 14, 1 << 20, 1 << 24);            // tiny, small, medium, large
//       auto x = run.random().uniform_vector<float>(n, -1, 1);
//       workload::DeviceArray<float> dx(x), dy(n);
//       run.launch("saxpy", [&] { saxpy<<<workload::ceil_div(n, 256), 256>>>(n, 2.0f, dx, dy); });
//       run.check_equal("y", dy.to_host(), expected);
//       return run.finish();
//   }
//
// Options: --size tiny|small|medium|large (default small), --seed N, --repeat N (each launch body runs N times, so a body
// must give the same result when run again, or have a `prepare` step beside it), --time (print the time of every launch body, taken with
// CUDA events). Output: `PASS name size`, `FAIL name size: reason` or `SKIP name: reason`; exit status 0, 1, 0. A wrong command line exits
// with 2. Nothing but the CUDA runtime is needed.
#pragma once

#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#include "common/random.hpp"

// Ends the program with a FAIL line if a CUDA runtime call does not return cudaSuccess.
#define CUDA_CHECK(call) ::workload::check_cuda((call), #call, __FILE__, __LINE__)

// Where a program around this one repeats each launch body for as long as it measures (validation/capture/runner.cpp): asked before each run of
// the body, the first one included; false ends it. Null elsewhere.
extern "C" __attribute__((weak)) bool workload_again(const char* label, bool has_prepare);

namespace workload {

enum class Size { Tiny, Small, Medium, Large };

inline const char* to_string(Size size) {
    constexpr const char* names[] = {"tiny", "small", "medium", "large"};
    return names[static_cast<int>(size)];
}

// True if the device code of this translation unit was built for sm_90 or later. Programs that need wgmma, TMA, clusters or
// distributed shared memory ask this (see Run::needs_sm90a) and guard their kernels with __CUDA_ARCH_FEAT_SM90_ALL.
// The host pass cannot tell sm_90 from sm_90a: build such programs for sm_90a.
constexpr bool built_for_sm90() {
#ifdef __CUDA_ARCH_LIST__
    constexpr int architectures[] = {__CUDA_ARCH_LIST__};
    return architectures[0] >= 900;
#else
    return false;
#endif
}

template <typename A, typename B> constexpr auto ceil_div(A a, B b) { return (a + b - 1) / b; }

// The identity of the running program, for the result line of errors found deep inside.
struct Identity {
    std::string name = "workload";
    Size size = Size::Small;
};
inline Identity& identity() {
    static Identity the_identity;
    return the_identity;
}

// Prints `FAIL name size: reason` and ends the program with exit status 1.
[[noreturn]] inline void fail(const std::string& reason) {
    std::printf("FAIL %s %s: %s\n", identity().name.c_str(), to_string(identity().size), reason.c_str());
    std::fflush(stdout);
    std::exit(1);
}

inline void check_cuda(cudaError_t error, const char* call, const char* file, int line) {
    if (error == cudaSuccess) return;
    const char* slash = std::strrchr(file, '/');
    fail(std::string(cudaGetErrorName(error)) + " (" + cudaGetErrorString(error) + ") from " + call + " at " + (slash ? slash + 1 : file) +
         ":" + std::to_string(line));
}

// An array in device memory, freed at the end of its scope. Converts to a device pointer in a kernel's arguments.
template <typename T> class DeviceArray {
  public:
    explicit DeviceArray(std::size_t count) : count_(count) { CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&data_), bytes())); }
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { upload(values); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { cudaFree(data_); }

    T* get() const { return data_; }
    operator T*() const { return data_; }
    std::size_t size() const { return count_; }
    std::size_t bytes() const { return count_ * sizeof(T); }

    // Requires: values.size() <= size().
    void upload(const std::vector<T>& values) {
        CUDA_CHECK(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    }
    void fill_bytes(int byte) { CUDA_CHECK(cudaMemset(data_, byte, bytes())); }
    std::vector<T> to_host() const {
        std::vector<T> values(count_);
        CUDA_CHECK(cudaMemcpy(values.data(), data_, bytes(), cudaMemcpyDeviceToHost));
        return values;
    }

  private:
    T* data_ = nullptr;
    std::size_t count_;
};

// The value as double; any type that converts to float (half, bfloat16, fp8) will do.
template <typename T> double to_double(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
        return static_cast<double>(value);
    } else {
        return static_cast<double>(static_cast<float>(value));
    }
}

// Largest accepted distance from the expected value e: absolute + relative * |e|.
struct Tolerance {
    double absolute = 0;
    double relative = 0;
};

class Run {
  public:
    Run(const char* name, int argc, char** argv) : random_(1) {
        identity().name = name;
        std::uint64_t seed = 1;
        for (int i = 1; i < argc; ++i) {
            const std::string option = argv[i];
            if (option == "--time") {
                time_ = true;
            } else if (i + 1 == argc) {
                usage(option);
            } else if (option == "--size") {
                size_ = parse_size(argv[++i]);
            } else if (option == "--seed") {
                seed = parse_number(argv[++i]);
            } else if (option == "--repeat") {
                repeat_ = static_cast<int>(parse_number(argv[++i]));
            } else {
                usage(option);
            }
        }
        if (repeat_ < 1) usage("--repeat");
        identity().size = size_;
        random_ = Random(seed);
    }

    Size size() const { return size_; }
    int repeat() const { return repeat_; }
    bool timing() const { return time_; }
    Random& random() { return random_; }

    template <typename T> T pick(T tiny, T small, T medium, T large) const {
        const T values[] = {tiny, small, medium, large};
        return values[static_cast<int>(size_)];
    }

    // True at sizes where the host reference must cover every element; at the others it may sample.
    bool full_check() const { return size_ <= Size::Small; }

    // Prints `SKIP name: reason` and ends the program with exit status 0.
    [[noreturn]] void skip(const char* reason) const {
        std::printf("SKIP %s: %s\n", identity().name.c_str(), reason);
        std::fflush(stdout);
        std::exit(0);
    }

    // Skips the program unless it was built for sm_90a and the device has that architecture.
    void needs_sm90a() const {
        int major = 0;
        if (built_for_sm90()) CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
        if (major != 9) skip("needs sm_90a");
    }

    // Runs `body`, which launches device work on the default stream, --repeat times, and waits for the end of it. With
    // `prepare`, that runs before each repetition and is not timed: it restores what the body changes in place.
    template <typename Prepare, typename Body> void launch(const char* label, Prepare&& prepare, Body&& body, bool has_prepare = true) {
        cudaEvent_t start{}, stop{};
        if (time_) {
            CUDA_CHECK(cudaEventCreate(&start));
            CUDA_CHECK(cudaEventCreate(&stop));
        }
        if (workload_again) workload_again(label, has_prepare);
        for (int i = 0; i < repeat_; ++i) {
            prepare();
            if (time_) CUDA_CHECK(cudaEventRecord(start));
            body();
            CUDA_CHECK(cudaGetLastError());
            if (time_) CUDA_CHECK(cudaEventRecord(stop));
            CUDA_CHECK(cudaDeviceSynchronize());
            if (time_) {
                float milliseconds = 0;
                CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start, stop));
                std::printf("time %s %.3f us\n", label, static_cast<double>(milliseconds) * 1e3);
            }
        }
        if (workload_again) {
            while (workload_again(label, has_prepare)) {
                prepare();
                body();
            }
            CUDA_CHECK(cudaDeviceSynchronize());
        }
        if (time_) {
            CUDA_CHECK(cudaEventDestroy(start));
            CUDA_CHECK(cudaEventDestroy(stop));
        }
    }
    template <typename Body> void launch(const char* label, Body&& body) {
        launch(
            label, [] {}, std::forward<Body>(body), false);
    }

    // printf that speaks only under --time: for measured cycles and rates, which differ from run to run.
    void note(const char* format, ...) const __attribute__((format(printf, 2, 3))) {
        if (!time_) return;
        va_list arguments;
        va_start(arguments, format);
        std::vprintf(format, arguments);
        va_end(arguments);
    }

    // Records a failure unless `holds`; the first one is reported by finish().
    void check(bool holds, const std::string& reason) {
        if (!holds && failure_.empty()) failure_ = reason;
    }

    // Every element equal to the expected one, bit for bit.
    template <typename T> void check_equal(const char* what, const std::vector<T>& actual, const std::vector<T>& expected) {
        compare(what, actual, expected, [](const T& a, const T& e) { return std::memcmp(&a, &e, sizeof(T)) == 0; });
    }
    template <typename T> void check_equal(const char* what, const T& actual, const T& expected) {
        check_equal(what, std::vector<T>{actual}, std::vector<T>{expected});
    }

    // Every element within the tolerance of the expected one. Infinities and NaN must match in kind.
    template <typename T, typename E>
    void check_close(const char* what, const std::vector<T>& actual, const std::vector<E>& expected, Tolerance tolerance) {
        compare(what, actual, expected, [tolerance](const T& a, const E& e) {
            const double x = to_double(a), y = to_double(e);
            if (std::isnan(y)) return std::isnan(x);
            if (std::isinf(y)) return x == y;
            return std::fabs(x - y) <= tolerance.absolute + tolerance.relative * std::fabs(y);
        });
    }
    template <typename T, typename E> void check_close(const char* what, const T& actual, const E& expected, Tolerance tolerance) {
        check_close(what, std::vector<T>{actual}, std::vector<E>{expected}, tolerance);
    }

    // Prints the result line and gives the exit status.
    int finish() const {
        if (!failure_.empty()) fail(failure_);
        std::printf("PASS %s %s\n", identity().name.c_str(), to_string(size_));
        return 0;
    }

  private:
    [[noreturn]] static void usage(const std::string& option) {
        std::fprintf(stderr, "%s: bad option or value: %s\nusage: %s [--size tiny|small|medium|large] [--seed N] [--repeat N] [--time]\n",
                     identity().name.c_str(), option.c_str(), identity().name.c_str());
        std::exit(2);
    }
    static Size parse_size(const std::string& text) {
        for (const Size size : {Size::Tiny, Size::Small, Size::Medium, Size::Large}) {
            if (text == to_string(size)) return size;
        }
        usage("--size " + text);
    }
    static std::uint64_t parse_number(const char* text) {
        char* end = nullptr;
        const std::uint64_t value = std::strtoull(text, &end, 10);
        if (end == text || *end != '\0') usage(text);
        return value;
    }

    template <typename T, typename E, typename Same>
    void compare(const char* what, const std::vector<T>& actual, const std::vector<E>& expected, Same same) {
        if (actual.size() != expected.size()) {
            check(false, std::string(what) + " has " + std::to_string(actual.size()) + " elements, not " + std::to_string(expected.size()));
            return;
        }
        std::size_t wrong = 0, first = 0;
        for (std::size_t i = 0; i < actual.size(); ++i) {
            if (same(actual[i], expected[i])) continue;
            if (wrong++ == 0) first = i;
        }
        if (wrong == 0) return;
        check(false, std::string(what) + "[" + std::to_string(first) + "] is " + describe(actual[first]) + ", not " +
                         describe(expected[first]) + " (" + std::to_string(wrong) + " of " + std::to_string(actual.size()) + " wrong)");
    }
    template <typename T> static std::string describe(const T& value) {
        if constexpr (std::is_integral_v<T>) {
            return std::to_string(value);
        } else if constexpr (std::is_arithmetic_v<T> || std::is_constructible_v<float, T>) {
            char text[40];
            std::snprintf(text, sizeof text, "%.9g", to_double(value));
            return text;
        } else {
            // Anything else as hexadecimal bytes in the order of memory, words of four apart.
            std::string text = "0x";
            const auto* bytes = reinterpret_cast<const unsigned char*>(&value);
            for (std::size_t i = 0; i < sizeof(T) && i < 64; ++i) {
                constexpr char kDigits[] = "0123456789abcdef";
                if (i > 0 && i % 4 == 0) text += '_';
                text += kDigits[bytes[i] >> 4];
                text += kDigits[bytes[i] & 15];
            }
            return text;
        }
    }

    Size size_ = Size::Small;
    int repeat_ = 1;
    bool time_ = false;
    Random random_;
    std::string failure_;
};

} // namespace workload
