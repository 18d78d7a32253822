#include "tools/report/run_file.hpp"

#include "sim/base/error.hpp"

#include <fstream>
#include <sstream>

namespace heddle::report {

nlohmann::json read_run(const std::filesystem::path& file) {
    const std::filesystem::path path = std::filesystem::is_directory(file) ? file / "run.json" : file;
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    if (in) text << in.rdbuf();
    if (!in) fail_at(path.string(), 0, 0, "cannot be read", "heddle run --out DIR writes DIR/run.json");
    nlohmann::json record = nlohmann::json::parse(text.str(), nullptr, false);
    if (record.is_discarded()) fail_at(path.string(), 0, 0, "is not JSON", "heddle run --out DIR writes DIR/run.json");
    const auto holds = [&](const char* key, bool (nlohmann::json::*is)() const noexcept) {
        return record.is_object() && record.contains(key) && (record[key].*is)();
    };
    if (!holds("run_hash", &nlohmann::json::is_string) || !holds("total", &nlohmann::json::is_object) ||
        !holds("kernels", &nlohmann::json::is_array))
        fail_at(path.string(), 0, 0, "is not a run record", "want the run.json that heddle run --out DIR writes");
    for (const nlohmann::json& kernel : record["kernels"])
        if (!kernel.is_object()) fail_at(path.string(), 0, 0, "is not a run record: a kernel of it is no object");
    return record;
}

} // namespace heddle::report
