// A validation suite: which workloads run on a GPU, and which simulated quantity is held against which measured number.
//
//   description: latency and rate of everything a microbenchmark can isolate
//   reference: microbenchmarks                   # validation/reference/<gpu>/microbenchmarks.csv
//   gpus:
//     v100_sxm2: {set: [compute_capability=8.0], note: "sm_80 code stands in for sm_70", variables: {spoiler: 40000}}
//   fitted:                                      # the split, written down before fitting
//     - {gpu: a100_sxm_80gb, case: chase_1MiB, parameter: l2.hit_latency}
//   excluded:
//     - {gpu: h200_sxm, case: stream_read, reason: the measured card was an early one}
//   groups:
//     - name: pointer chase
//       recipe: chase.yaml                       # a launch recipe with ${...}, in the folder `recipes` beside the suites
//       kernels: "2:"                            # --kernels of `heddle run`; kernels are k1, k2, ... of what is simulated
//       cache: carry
//       metric: latency
//       unit: cycles
//       value: (k3.cycles - k2.cycles) / 1024    # of run.json: k1.cycles, k1.dram.read_bytes, total.time_ns, and the variables
//       cases:
//         - {id: chase_16KiB, kib: 16}
//
// In a recipe `${name}` is a variable as text and `${kib * 1024}` a whole number. Variables: those of the case, of the group
// (`variables`), of the GPU, and sms, max_shared (bytes a CTA), recipes (the folder of code).
#pragma once

#include "tools/validation/reference.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace heddle::validation {

using Variables = std::map<std::string, std::string>;

struct SuiteCase {
    std::string id;
    Variables variables; // of the group and of the case
    std::size_t group = 0;
    std::uint64_t line = 0;
};

struct SuiteGroup {
    std::string name, recipe, kernels, cache = "carry", metric, unit, value, note;
    std::vector<std::string> overrides; // --set
    bool reference_clock = true;        // run at the SM clock of the measurement
};

struct SuiteGpu {
    std::vector<std::string> overrides;
    Variables variables;
    std::string note;
};

struct Mark { // a line of `fitted` or `excluded`
    std::string gpu, name, text; // text: the parameter, or the reason
    std::uint64_t line = 0;
};

struct Suite {
    std::filesystem::path path;
    std::string name; // the file's name without ".yaml"
    std::string description, reference;
    std::map<std::string, SuiteGpu> gpus;
    std::vector<Mark> fitted, excluded;
    std::vector<SuiteGroup> groups;
    std::vector<SuiteCase> cases;
};

// Errors: UserError with every finding at its place.
Suite read_suite(const std::filesystem::path& path);

// The text of a recipe with every `${...}` replaced. Errors: UserError naming `file` and the line.
std::string instantiate(const std::string& text, const std::string& file, const Variables& variables);

// A value of `variables` as a number, nothing if it is none.
std::optional<double> number_of(const Variables& variables, std::string_view name);

// The suite and the numbers must agree on the split: every row with use `fitted` has a line in `fitted` of the suite, and the other way
// round, for `gpu`. Errors: UserError.
void require_same_split(const Suite& suite, const std::string& gpu, const std::vector<ReferenceRow>& rows);

} // namespace heddle::validation
