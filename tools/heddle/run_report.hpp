// What `heddle run` does around a simulation, whoever simulates: the host's cost, the configuration in the record, what
// --strict refuses, and how results leave.
#pragma once

#include "sim/gpu/run_record.hpp"
#include "tools/heddle/gpu_files.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace heddle {

// What the host has spent since construction.
class HostMeter {
  public:
    HostMeter();
    HostRecord read() const;

  private:
    std::chrono::steady_clock::time_point start_;
    double cpu_start_;
};

// Files, overrides, sources and effective values of the configuration.
void add_configuration(RunRecord& record, const LoadedGpu& gpu, const std::vector<std::string>& overrides);

// --strict: whatever was not modelled, or replayed although odd, is a UserError.
void require_modelled(const RunRecord& record);

// Makes the folder. Errors: UserError.
void prepare_out(const std::string& out);

struct OutputStyle {
    std::string out; // folder for run.json and kernels.csv, or empty
    bool quiet = false, csv = false, json = false;
};
void report(const RunRecord& record, const OutputStyle& style);

} // namespace heddle
