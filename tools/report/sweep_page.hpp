// The data of a page about a sweep.
#pragma once

#include "tools/report/results.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace heddle::report {

// What the page's script reads (tools/report/web/src/sweep_page.js):
//   kind "sweep"; title; meta {name, description, base_gpu, heddle_version, sweep_file}
//   objectives [{metric, goal: "min" | "max"}]; the first is what the page opens with
//   axes [{name, label, unit, kind, key, base, values}]: the values that occur, in order
//   metrics [{name, unit, definition, better: "lower" | "higher" | ""}]: those that at least one run has
//   runs {run, workload, seed, point, is_base, status, error, record, link, bound, verdict, <axes by name>, <metrics by name>}: columns
// `link` is the page of a run if it is there, else its run.json, else null; as seen from `page_folder`, where the page will lie.
// `folder` is the sweep's.
nlohmann::json sweep_page(const Results& results, const std::filesystem::path& folder, const std::filesystem::path& page_folder);

// The page of a run whose record is `record` (relative to the sweep's folder), relative to the same folder.
std::filesystem::path page_of_run(const std::string& record);

} // namespace heddle::report
