#include "tools/heddle/gpu_files.hpp"

#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace heddle;
namespace fs = std::filesystem;

namespace {

// A folder of descriptions of its own, preferred over all others while it lives.
class Folder {
  public:
    explicit Folder(const std::vector<std::string>& names)
        : path_(fs::temp_directory_path() / ("heddle_gpu_files_" + std::to_string(getpid()))) {
        fs::create_directories(path_ / "gpu");
        for (const std::string& name : names) std::ofstream(path_ / "gpu" / (name + ".yaml")) << "name: \"" << name << "\"\n";
        setenv("HEDDLE_CONFIGS", path_.c_str(), 1);
    }
    ~Folder() {
        unsetenv("HEDDLE_CONFIGS");
        fs::remove_all(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path file(const std::string& name) const { return fs::canonical(path_) / "gpu" / (name + ".yaml"); }

  private:
    fs::path path_;
};

} // namespace

TEST_CASE("a GPU is found by name, by an unambiguous beginning, or as a file") {
    const Folder folder({"zz9_alpha", "zz9_beta", "zz9"});
    CHECK(find_gpu("zz9_alpha") == folder.file("zz9_alpha"));
    CHECK(find_gpu("zz9_b") == folder.file("zz9_beta"));
    CHECK(find_gpu("zz9") == folder.file("zz9")); // the whole name of one, though others begin with it
    CHECK(find_gpu("some/where.yaml") == "some/where.yaml");
    CHECK(find_gpu("here.yaml") == "here.yaml");
}

TEST_CASE("an unknown GPU is answered with the known ones") {
    const Folder folder({"zz9_alpha", "zz9_beta"});
    CHECK_THROWS_WITH(find_gpu("zz9_alhpa"),
                      Catch::Contains("no GPU is called \"zz9_alhpa\" - did you mean zz9_alpha?") && Catch::Contains("zz9_beta"));
    CHECK_THROWS_WITH(find_gpu("zz9_"), Catch::Contains("more than one GPU") && Catch::Contains("zz9_alpha or zz9_beta"));
    CHECK_THROWS_AS(find_gpu(""), UserError);
}

TEST_CASE("HEDDLE_CONFIGS must name a folder of descriptions") {
    setenv("HEDDLE_CONFIGS", "/nonexistent/heddle", 1);
    CHECK_THROWS_WITH(config_folders(), Catch::Contains("HEDDLE_CONFIGS"));
    unsetenv("HEDDLE_CONFIGS");
}

TEST_CASE("a description is read with overrides, and without a name the defaults are") {
    const Folder folder({"zz9_alpha"});
    LoadedGpu gpu;
    load_gpu(gpu, "zz9_alpha", {"clocks.sm=1234 MHz"});
    CHECK(gpu.config.name == "zz9_alpha");
    CHECK(gpu.config.clocks.sm == 1'234'000'000);
    LoadedGpu defaults;
    load_gpu(defaults, "");
    CHECK(defaults.config.clocks.sm == GpuConfig{}.clocks.sm);
    CHECK(defaults.loaded.hash() != gpu.loaded.hash());
    LoadedGpu wrong;
    CHECK_THROWS_AS(load_gpu(wrong, "zz9_alpha", {"clocks.sn=1 MHz"}), UserError);
}
