// The collector of a sweep: OUT/plan.json and the results in OUT/store become one database and tables.
//
// Reads plan.json and, of each run, store/<2 hex>/<key>/run.json (finished) or failed.json {"status", "timed_out", "log"}.
// Writes results.sqlite, runs.csv, kernels.csv and columns.csv, each as a whole or not at all. The same plan and the same
// results give the same bytes, in whatever order, on however many machines and after however many interruptions the runs
// were made. Host time and memory go to host.csv alone, which therefore differs between two executions.
//
// results.sqlite:
//   meta(key, value)   format, name, description, base_gpu, heddle_version, objectives (JSON), sweep_file (its text)
//   axes(position, name, label, unit, kind, key, base_value)
//   columns(table_name, name, unit, kind, better, description)   what each column of `runs` and `kernels` means
//   runs(run, key, workload, seed, point, is_base, status, error, record, <axes>, <metrics of the run>)
//   kernels(run, kernel, name, grid, block, <metrics of the kernel>)
//   results            a view: one row per run and kernel, with the axes of the run and the metrics of the kernel
// A status is ok, failed or missing. A metric is NULL where the run lacks an input of its formula (tools/metrics).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace heddle::sweep {

struct Collected {
    std::size_t ok = 0, failed = 0, missing = 0;
    bool unchanged = false; // nothing had happened since the last collection, and nothing was written
};

// Collects. `out_folder` is OUT. Errors: UserError (plan.json is not there or not right, a file cannot be written). A run.json
// that cannot be read makes its run failed, with the reason as its error.
// Requires: no other collector works on the folder (the sweep's lock sees to it).
Collected collect(const std::filesystem::path& out_folder);

// True for a name that a column of the results has already, whatever its case, so that no axis may be called so.
bool is_results_column(std::string_view name);

// ASCII letters in lower case: SQL does not tell the case of names.
std::string lower_case(std::string_view name);

} // namespace heddle::sweep
