// Reads an NVIDIA GPU's power beside running kernels, with NVML, every ten milliseconds in a thread of its own.
//
// The sensor that is read is that of the moment (field 186, POWER_INSTANT), where the driver has it; the usual reading is a mean over
// about a second, so that a loop of a second never shows its own power. The board's energy counter is read too: it gives the mean between
// the first and the last change of the counter within the window. Power is that of the module: GPU, memory and voltage regulators.
// Without NVML or a GPU, as in a simulator, nothing is read and `is_there` is false.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include <dlfcn.h>

class PowerMeter {
  public:
    using Clock = std::chrono::steady_clock;
    struct Window { // what was seen between two moments
        int samples = 0;
        double mean = 0, least = 0, most = 0;             // W, sensor of the moment
        double counter = 0;                               // W, from the energy counter; 0 if it changed less than twice
        double usual = 0;                                 // W, the usual reading at the end
        double clock = 0, memory_clock = 0, temperature = 0; // MHz, MHz, degrees Celsius; means
        unsigned long long reasons = 0;                   // why clocks were held back, bits of NVML, any time in the window
    };

    PowerMeter() {
        void* const library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
        if (!library) return;
        const auto find = [&](auto& function, const char* name) { function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name)); };
        int (*init)() = nullptr;
        int (*handle)(unsigned, void**) = nullptr;
        find(init, "nvmlInit_v2");
        find(handle, "nvmlDeviceGetHandleByIndex_v2");
        find(energy_, "nvmlDeviceGetTotalEnergyConsumption");
        find(fields_, "nvmlDeviceGetFieldValues");
        find(usage_, "nvmlDeviceGetPowerUsage");
        find(clock_, "nvmlDeviceGetClockInfo");
        find(temperature_, "nvmlDeviceGetTemperature");
        find(reasons_, "nvmlDeviceGetCurrentClocksThrottleReasons");
        if (!init || !handle || !usage_ || init() != 0 || handle(0, &device_) != 0) return;
        there_ = true;
        thread_ = std::thread([this] { watch(); });
    }
    ~PowerMeter() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    PowerMeter(const PowerMeter&) = delete;
    PowerMeter& operator=(const PowerMeter&) = delete;

    bool is_there() const { return there_; }

    Window window(Clock::time_point from, Clock::time_point to) {
        const std::lock_guard lock(mutex_);
        Window w;
        const Sample *first = nullptr, *last = nullptr, *before = nullptr;
        for (const Sample& s : samples_) {
            if (s.at < from || s.at > to) continue;
            if (w.samples++ == 0) w.least = w.most = s.power;
            w.mean += s.power;
            if (s.power < w.least) w.least = s.power;
            if (s.power > w.most) w.most = s.power;
            w.clock += s.clock;
            w.memory_clock += s.memory_clock;
            w.temperature += s.temperature;
            w.reasons |= s.reasons;
            w.usual = s.usual;
            if (before && s.energy != before->energy) {
                if (!first) first = &s;
                last = &s;
            }
            before = &s;
        }
        if (w.samples > 0) {
            for (double* sum : {&w.mean, &w.clock, &w.memory_clock, &w.temperature}) *sum /= w.samples;
        }
        if (first && last != first) w.counter = (last->energy - first->energy) / std::chrono::duration<double>(last->at - first->at).count();
        return w;
    }

    // Each reading: `name,seconds since from,W,MHz,reasons`.
    void print_series(std::FILE* file, const char* name, Clock::time_point from, Clock::time_point to) {
        const std::lock_guard lock(mutex_);
        for (const Sample& s : samples_)
            if (s.at >= from && s.at <= to) std::fprintf(file, "%s,%.4f,%.2f,%u,0x%llx\n", name, std::chrono::duration<double>(s.at - from).count(), s.power, s.clock, s.reasons);
    }

  private:
    struct Sample {
        Clock::time_point at;
        double power, usual, energy; // W, W, J
        unsigned clock, memory_clock, temperature;
        unsigned long long reasons;
    };
    struct FieldValue { // nvmlFieldValue_t
        unsigned field, scope;
        long long timestamp, latency;
        int type, error;
        union {
            double real;
            unsigned word;
            unsigned long long wide;
        } value;
    };
    static constexpr unsigned kPowerInstant = 186;

    void watch() {
        while (!stop_) {
            Sample s{};
            unsigned milliwatts = 0;
            unsigned long long millijoules = 0;
            if (usage_(device_, &milliwatts) == 0) s.usual = s.power = milliwatts * 1e-3;
            FieldValue field{};
            field.field = kPowerInstant;
            if (fields_ && fields_(device_, 1, &field) == 0 && field.error == 0 && field.value.word != 0) s.power = field.value.word * 1e-3;
            if (energy_ && energy_(device_, &millijoules) == 0) s.energy = static_cast<double>(millijoules) * 1e-3;
            if (clock_) clock_(device_, 1, &s.clock), clock_(device_, 2, &s.memory_clock);
            if (temperature_) temperature_(device_, 0, &s.temperature);
            if (reasons_) reasons_(device_, &s.reasons);
            s.at = Clock::now();
            {
                const std::lock_guard lock(mutex_);
                samples_.push_back(s);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    bool there_ = false;
    void* device_ = nullptr;
    int (*energy_)(void*, unsigned long long*) = nullptr;
    int (*fields_)(void*, int, FieldValue*) = nullptr;
    int (*usage_)(void*, unsigned*) = nullptr;
    int (*clock_)(void*, int, unsigned*) = nullptr;
    int (*temperature_)(void*, int, unsigned*) = nullptr;
    int (*reasons_)(void*, unsigned long long*) = nullptr;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::vector<Sample> samples_;
    std::thread thread_;
};

// One line of a finished window: `POWER launches seconds mean least most counter usual clock memory-clock temperature reasons samples name`;
// launches and seconds are those of the whole time in which the work ran, one number of launches a second.
inline void print_power(const char* name, unsigned long launches, double seconds, const PowerMeter::Window& w) {
    std::printf("POWER %lu %.6f %.2f %.2f %.2f %.2f %.2f %.0f %.0f %.1f 0x%llx %d %s\n", launches, seconds, w.mean, w.least, w.most, w.counter, w.usual, w.clock,
                w.memory_clock, w.temperature, w.reasons, w.samples, name);
    std::fflush(stdout);
}
