// Quantities of a run.json by name.
#pragma once

#include "tools/validation/expression.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::validation {

struct SimulatedKernel {
    std::string name; // as in run.json: the symbol
    std::vector<std::uint64_t> grid, block;
};

// A run.json, read. Names: `k1.cycles`, `k2.dram.read_bytes`, `k1.counters.gpu.sm.ctas` are of the first, second ... kernel
// simulated; `total.time_ns` is of the run.
class RunValues {
  public:
    // Errors: UserError (unreadable, no JSON, not a run record of the timing model).
    static RunValues read(const std::filesystem::path& file);

    std::optional<double> find(std::string_view name) const;
    // As find(), with names that begin at one kernel: `cycles`. Counted from 0.
    std::optional<double> find_of_kernel(std::size_t kernel, std::string_view name) const;
    const std::vector<SimulatedKernel>& kernels() const { return kernels_; }
    // What the run says was not modelled, one line each.
    const std::vector<std::string>& unmodelled() const { return unmodelled_; }
    const std::string& gpu() const { return gpu_; }
    const std::string& run_hash() const { return run_hash_; }
    const std::string& config_hash() const { return config_hash_; }
    double cpu_seconds() const { return cpu_seconds_; }

  private:
    struct Tree; // the JSON, kept out of this header
    std::shared_ptr<const Tree> tree_;
    std::vector<SimulatedKernel> kernels_;
    std::vector<std::string> unmodelled_;
    std::string gpu_, run_hash_, config_hash_;
    double cpu_seconds_ = 0;
};

} // namespace heddle::validation
