// Holds a user's own kernels, measured by Nsight Compute, against their simulation, counter by counter.
#pragma once

#include "tools/validation/comparison.hpp"
#include "tools/validation/ncu_csv.hpp"
#include "tools/validation/run_values.hpp"
#include "tools/validation/suite_run.hpp"

namespace heddle::validation {

// `input` is a run.json (or a folder with one), or what `heddle run` takes: a trace, a recipe, or, with `program`, a CUDA program and its
// arguments, which is simulated first. Errors: UserError.
Comparison compare_with_ncu(const std::filesystem::path& ncu, const std::vector<std::string>& input, bool program, const SuiteOptions& options);

// The comparison itself. The n-th measured kernel of a name is held against the n-th simulated one of that name; kernels without a partner, or with
// another grid, are excluded cases. `sms` of the GPU, for counters that are averages over SMs.
Comparison compare_kernels(const std::vector<NcuKernel>& measured, const RunValues& simulated, double sms);

} // namespace heddle::validation
