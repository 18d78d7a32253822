// Carries a suite out on one GPU: plans its simulations, runs those that are not in the store, and compares.
#pragma once

#include "tools/validation/comparison.hpp"
#include "tools/validation/suite.hpp"

#include <functional>

namespace heddle::validation {

struct SuiteOptions {
    std::string gpu;                     // name or file, as given to `heddle run`
    std::string gpu_name;                // the stem: the folder of validation/reference
    std::vector<std::string> overrides;  // --set of the user, after those of the suite
    std::filesystem::path heddle;        // the program that simulates
    std::filesystem::path work;          // the store
    std::filesystem::path reference;     // the folder validation/reference
    std::string version;                 // of Heddle
    std::vector<std::string> only;       // cases whose name holds one of these; empty: all
    std::size_t jobs = 1;
    double timeout_seconds = 600;        // a simulation
    // What a simulation starts from, given --set's: hash and variables (sms, max_shared). Throws UserError.
    struct Configured {
        std::string hash;
        Variables variables;
    };
    std::function<Configured(const std::vector<std::string>& overrides)> configure;
    std::function<void(std::size_t done, std::size_t all, const std::string& name)> progress;
};

// Errors: UserError (a suite or reference that does not fit, a recipe with a fault). A simulation that fails is no error but an
// excluded case, with what it said.
Comparison run_suite(const Suite& suite, const SuiteOptions& options);

// Writes the recipe of each case to `folder` as CASE.yaml, with or without a measured number, for `heddle play` and profilers;
// those whose kernels start with cold caches to folder/cold. How many.
std::size_t write_suite_recipes(const Suite& suite, const SuiteOptions& options, const std::filesystem::path& folder);

} // namespace heddle::validation
