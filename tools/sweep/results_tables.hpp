// The tables of a sweep's results: their columns, and a run as their rows.
#pragma once

#include "tools/sweep/plan_file.hpp"
#include "tools/sweep/results_writer.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::sweep {

std::vector<Column> runs_columns(const std::vector<PlannedAxis>& axes);
std::vector<Column> kernels_columns();
std::vector<Column> areas_columns();
// The statement that makes the view of runs joined with their kernels.
std::string results_view(const std::vector<PlannedAxis>& axes);

// How a run ended, and what it left.
struct RunEnd {
    std::string status = "missing"; // ok, failed, missing
    std::string error;              // of a failed run: one line
    nlohmann::json record;          // of a finished run: its run.json
};

// What the store holds of a run. Never throws for what is in the files.
RunEnd read_run(const std::filesystem::path& out_folder, const std::string& key);

// The row of `runs` and the rows of `kernels` and `areas`. A record that is none of the timing model makes `end` failed.
struct RunRows {
    std::vector<Cell> run;
    std::vector<std::vector<Cell>> kernels, areas;
};
RunRows rows_of(const PlannedRun& run, RunEnd& end);

// A value of the plan as a cell: whole numbers as such.
Cell cell_of(const nlohmann::json& value);

} // namespace heddle::sweep
