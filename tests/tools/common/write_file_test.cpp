#include "tools/common/write_file.hpp"

#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace heddle;
namespace fs = std::filesystem;

TEST_CASE("a file is replaced as a whole and nothing is left beside it") {
    const fs::path folder = fs::temp_directory_path() / ("heddle_write_file_" + std::to_string(getpid()));
    fs::create_directories(folder);
    write_file(folder / "run.json", "first, and longer");
    write_file(folder / "run.json", "second");
    std::ifstream in(folder / "run.json");
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "second");
    CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);

    // The name is taken by a folder: refused, and the temporary file is gone.
    fs::create_directory(folder / "taken");
    CHECK_THROWS_WITH(write_file(folder / "taken", "x"), Catch::Contains("cannot be written"));
    CHECK(std::distance(fs::directory_iterator(folder), {}) == 2);
    fs::remove_all(folder);
    CHECK_THROWS_AS(write_file(folder / "run.json", "x"), UserError);
}
