// A run.json as read from disk, checked to be one.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace heddle::report {

// Reads FILE, or FILE/run.json of a folder. Errors: UserError if it cannot be read, is no JSON, or is not a run record (no
// "run_hash", "total" or "kernels" of the right kind).
nlohmann::json read_run(const std::filesystem::path& file);

} // namespace heddle::report
