// The results of a sweep as the collector leaves them: OUT/results.sqlite.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::report {

struct Results {
    using Row = std::map<std::string, nlohmann::json>; // column -> number, text or null
    std::map<std::string, std::string> meta;
    std::vector<Row> axes;    // in the order of their position
    std::vector<Row> columns; // what each column of the other tables means
    std::vector<Row> runs;    // in the order of their number
    std::vector<Row> areas;   // what tells each run's die from its anchor; empty if the sweep has none
};

// True if the folder holds the results of a sweep.
bool holds_results(const std::filesystem::path& folder);

// Errors: UserError if the database cannot be read or lacks a table or column of the contract (tools/sweep).
Results read_results(const std::filesystem::path& folder);

} // namespace heddle::report
