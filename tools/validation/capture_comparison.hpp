// Holds the simulation of every workload that a capture (validation/capture) measured against its counters.
#pragma once

#include "tools/validation/comparison.hpp"
#include "tools/validation/ncu_csv.hpp"
#include "tools/validation/suite_run.hpp"

namespace heddle::validation {

// A program of a capture at one size, its kernels with the median of each counter over the repetitions.
struct CapturedProgram {
    std::string program, size; // "hpc/saxpy", "small"
    std::vector<NcuKernel> kernels;
};

// Of the text of a capture's counters.csv, what was measured with caches `cache` ("none" or "all"). Errors: UserError with file and line.
std::vector<CapturedProgram> read_captured(const std::string& text, const std::string& name, const std::string& cache);

// `capture` is the folder of a capture; `programs` holds `area/name`, built for the GPU (validation/workloads/build), or a recipe `area/name.yaml`. Programs that are
// missing or fail are excluded cases. All cases are held out: no parameter is fitted to a workload. With caches flushed (`all`) the simulation starts each kernel cold.
Comparison compare_with_capture(const std::filesystem::path& capture, const std::filesystem::path& programs, const std::string& cache, const SuiteOptions& options);

} // namespace heddle::validation
