#include "tools/report/run_file.hpp"

#include "sim/base/error.hpp"
#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace heddle;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("heddle_run_file_" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    fs::path with(const std::string& text) const {
        std::ofstream(path / "run.json") << text;
        return path / "run.json";
    }
};

std::string refusal(const fs::path& file) {
    try {
        report::read_run(file);
    } catch (const UserError& error) {
        return error.findings().front().text();
    }
    return "none";
}

} // namespace

TEST_CASE("a run is read from its file or its folder") {
    const Folder folder;
    folder.with(to_json(test::sample_record()));
    CHECK(report::read_run(folder.path)["kernels"].size() == test::sample_record().kernels.size());
    CHECK(report::read_run(folder.path / "run.json")["gpu"] == "Test GPU");
}

TEST_CASE("what is no run record is refused by name") {
    const Folder folder;
    CHECK(refusal(folder.path / "nothing.json").find("cannot be read") != std::string::npos);
    CHECK(refusal(folder.with("{\"run_hash\": ")).find("is not JSON") != std::string::npos);
    for (const char* text : {"[]", "3", "{}", R"({"run_hash": "1", "total": {}})", R"({"run_hash": "1", "total": [], "kernels": []})",
                             R"({"run_hash": "1", "total": {}, "kernels": [3]})"})
        CHECK(refusal(folder.with(text)).find("is not a run record") != std::string::npos);
}
