// `heddle sweep --slurm`: hands a sweep to tools/sweep/slurm, which submits it to a Slurm cluster.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heddle {

struct SlurmChoices {
    std::filesystem::path sweep, out; // the sweep file; the folder of the results, seen by all nodes
    std::string jobs;                 // runs side by side in a task; empty: one
    bool retry_failed = false, show = false, wait = false;
    std::vector<std::string> sbatch;  // options of sbatch
};

// Becomes tools/sweep/slurm, whose exit status is this program's. Errors: UserError if it or Python is not found.
[[noreturn]] void submit_to_slurm(const SlurmChoices& choices);

} // namespace heddle
