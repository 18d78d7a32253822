// OUT/plan.json as the collector reads it: what the sweep asks for, each run with the key its result is stored under.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::sweep {

struct PlannedAxis {
    std::string name, label, unit;
    bool number = false;       // else text
    std::string key;           // configuration key or keys
    nlohmann::json base_value; // number, text or null
};

struct PlannedRun {
    std::int64_t run = 0; // from 1
    std::string key;      // 32 hexadecimal digits
    std::string workload;
    std::int64_t seed = 0;
    std::int64_t point = 0; // the same number: the same configuration
    bool is_base = false;
    std::vector<nlohmann::json> axes; // in the order of PlanFile::axes; null where the plan gives none
};

struct PlanFile {
    std::string name, description, sweep_file, base_gpu, heddle_version;
    nlohmann::ordered_json objectives;
    std::vector<PlannedAxis> axes;
    std::vector<PlannedRun> runs; // in the order of their number
};

// Reads OUT/plan.json. Errors: UserError (no such file, not JSON, a member missing or of another type, a format of a later
// Heddle, two runs of one number, an axis whose name is a column of the results already).
PlanFile read_plan(const std::filesystem::path& out_folder);

// Folder of a run's result, relative to OUT: store/ab/<key>.
std::filesystem::path store_folder(const std::string& key);

} // namespace heddle::sweep
