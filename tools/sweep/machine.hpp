// The configurations of a sweep: a base GPU read once, and settings on top of it.
#pragma once

#include "sim/base/error.hpp"
#include "sim/config/configuration.hpp"
#include "sim/gpu/gpu_config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sweep {

// Reads the GPU of that name or file into the struct. Errors: UserError.
using GpuReader = std::function<void(const std::string& gpu, GpuConfig& into)>;

struct Setting {
    std::string key, value; // as in --set key=value; key may be `sm_count`
    bool operator==(const Setting&) const = default;
};

// A whole number of SMs, no field of the configuration itself: `sms_per_gpc` follows from it.
inline constexpr std::string_view kSmCount = "sm_count";

class Machine {
  public:
    // Errors: UserError.
    Machine(const GpuReader& reader, std::string gpu);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    const std::string& gpu() const { return gpu_; }
    // The field of a key, nullptr if there is none. `sm_count` has one.
    const config::Field* field(std::string_view key) const;
    // Words for a hint about a key that is none.
    std::string suggest(std::string_view key) const;
    // The base again.
    void reset();
    // Applies settings to the values as they are. Errors: UserError, all findings.
    void apply(const std::vector<Setting>& settings);
    // The same for settings that more will be added to: what does not fit together yet is not judged.
    void apply_for_now(const std::vector<Setting>& settings);
    // The present value as a number in base units (bytes, Hz, cycles, ...); nothing if it is none.
    std::optional<double> number(std::string_view key) const;
    // The present value as people write it, "50 MiB".
    std::string text(std::string_view key) const;
    // Hash of the whole configuration as it is.
    std::string hash() const;
    // How often its governor is likely to simulate a workload until the clock has settled.
    double simulations() const;
    // As words for `heddle run`: path=value, without sm_count.
    std::vector<std::string> overrides(const std::vector<Setting>& settings) const;

  private:
    std::string spread(std::uint64_t sms) const; // "[16, 16, 18]"
    std::string gpu_;
    GpuConfig base_, config_;
    config::Section section_, sm_count_;
    std::uint64_t sm_count_value_ = 0; // behind the description of sm_count; never read
};

} // namespace heddle::sweep
