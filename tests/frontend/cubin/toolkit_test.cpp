// Calls of ptxas and nvlink: with scripts in their place, and with the real ones where there are any.
#include "frontend/cubin/toolkit.hpp"
#include "tests/frontend/cubin/cubin_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// A folder of tools; PATH and TMPDIR lead to it, CUDA_HOME nowhere, until the object is gone.
class Tools {
  public:
    Tools() {
        std::string name = (fs::temp_directory_path() / "heddle-tools-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()));
        folder_ = name;
        fs::create_directory(folder_ + "/tmp");
        for (const char* variable : {"PATH", "CUDA_HOME", "CUDA_PATH", "TMPDIR"}) {
            const char* value = std::getenv(variable);
            saved_.emplace_back(variable, value ? std::optional<std::string>(value) : std::nullopt);
        }
        setenv("PATH", (folder_ + ":/usr/bin:/bin").c_str(), 1);
        setenv("TMPDIR", (folder_ + "/tmp").c_str(), 1);
        unsetenv("CUDA_HOME");
        unsetenv("CUDA_PATH");
    }
    ~Tools() {
        for (const auto& [variable, value] : saved_) value ? setenv(variable.c_str(), value->c_str(), 1) : unsetenv(variable.c_str());
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    void script(const std::string& name, const std::string& body) const {
        std::ofstream(folder_ + "/" + name) << "#!/bin/sh\n" << body;
        fs::permissions(folder_ + "/" + name, fs::perms::owner_all);
    }
    const std::string& folder() const { return folder_; }
    bool left_nothing() const { return fs::is_empty(folder_ + "/tmp"); }

  private:
    std::string folder_;
    std::vector<std::pair<std::string, std::optional<std::string>>> saved_;
};

std::string text_of(const Blob& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

const char* const kPtx = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u32 n) { ret; }\n";

} // namespace

TEST_CASE("ptxas is called with the target and the PTX") {
    const Tools tools;
    // Writes its arguments, then its input, into the output file.
    tools.script("ptxas", "for f; do last=$f; done\n{ echo \"$1 $2 $4\"; cat \"$last\"; } > \"$3\"\n");
    CHECK(find_tool("ptxas") == tools.folder() + "/ptxas");
    const std::vector<std::string> options{"-O1"};
    CHECK(text_of(compile_ptx(kPtx, 90, "app", options)) == std::string("-arch=sm_90 -o -O1\n") + kPtx);
    const std::string accelerated = "// .target sm_80\n.version 8.0\n.target sm_90a, texmode_independent\n";
    CHECK_THAT(text_of(compile_ptx(accelerated, 90, "app", options)), Catch::StartsWith("-arch=sm_90a "));
    CHECK_THAT(text_of(compile_ptx("// .target sm_90a\n.target sm_90\n", 90, "app", options)), Catch::StartsWith("-arch=sm_90 "));
    CHECK_THAT(text_of(compile_ptx(".target sm_90a", 100, "app", options)), Catch::StartsWith("-arch=sm_100 "));
    CHECK(tools.left_nothing());
}

TEST_CASE("what ptxas says is in the error") {
    const Tools tools;
    tools.script("ptxas", "for f; do last=$f; done\necho \"$last, line 3; error : Unexpected token\" >&2\necho fatal\nexit 255\n");
    CHECK(error_of([] { compile_ptx(kPtx, 90, "app"); }) == "app: ptxas refused the PTX: input, line 3; error : Unexpected token; fatal");
    tools.script("ptxas", "kill -9 $$\n");
    CHECK_THAT(error_of([] { compile_ptx(kPtx, 90, "app"); }), Contains("it printed nothing"));
    tools.script("ptxas", "exit 0\n"); // succeeds, but makes nothing
    CHECK_THAT(error_of([] { compile_ptx(kPtx, 90, "app"); }), Contains("ptxas refused"));
    CHECK(tools.left_nothing());
}

TEST_CASE("a library that was preloaded into the caller is not preloaded into the tool") {
    const Tools tools;
    tools.script("ptxas", "echo \"<$LD_PRELOAD>\" > \"$3\"\n");
    setenv("LD_PRELOAD", "libnone.so", 1);
    const Blob output = compile_ptx(kPtx, 90, "app");
    unsetenv("LD_PRELOAD");
    CHECK(text_of(output) == "<>\n");
}

TEST_CASE("tools are found by PATH, then CUDA_HOME") {
    const Tools tools;
    fs::create_directories(tools.folder() + "/cuda/bin");
    tools.script("cuda/bin/heddle-test-tool", "");
    CHECK(find_tool("heddle-test-tool").empty());
    setenv("CUDA_HOME", (tools.folder() + "/cuda").c_str(), 1);
    CHECK(find_tool("heddle-test-tool") == tools.folder() + "/cuda/bin/heddle-test-tool");
    tools.script("heddle-test-tool", "");
    CHECK(find_tool("heddle-test-tool") == tools.folder() + "/heddle-test-tool");
    fs::permissions(tools.folder() + "/heddle-test-tool", fs::perms::owner_read);
    fs::create_directory(tools.folder() + "/heddle-folder");
    CHECK(find_tool("heddle-folder").empty());
    unsetenv("PATH");
    CHECK(find_tool("heddle-test-tool") == tools.folder() + "/cuda/bin/heddle-test-tool");
}

TEST_CASE("without ptxas the error says how to get it") {
    const Tools tools;
    if (!find_tool("ptxas").empty()) return; // installed in its usual place, which is always looked at
    CHECK_THAT(error_of([] { compile_ptx(kPtx, 90, "app"); }),
               Contains("app: only PTX fits sm_90") && Contains("install the CUDA Toolkit"));
}

TEST_CASE("the real ptxas and nvlink, where they are installed") {
    if (find_tool("ptxas").empty() || find_tool("nvlink").empty()) {
        WARN("no CUDA Toolkit: not tested");
        return;
    }
    const Cubin cubin = Cubin::parse(compile_ptx(kPtx, 90, "app"), "app");
    CHECK(cubin.architecture() == 90);
    REQUIRE(cubin.find_kernel("k"));
    CHECK(cubin.find_kernel("k")->parameter_bytes == 4);
    CHECK_THAT(error_of([] { compile_ptx(".version 8.0\n.target sm_80\nnonsense", 90, "app"); }),
               Contains("ptxas refused the PTX: ptxas input, line 3"));

    const std::vector<Blob> relocatable{cubin_bytes("features_sm90_relocatable.cubin")};
    const Cubin linked = Cubin::parse(link_cubins(relocatable, 90, false, "app"), "app");
    CHECK_FALSE(linked.relocatable());
    CHECK(linked.find_kernel("everything"));
    CHECK_THAT(error_of([] { link_cubins(std::vector<Blob>{blob("nonsense")}, 90, false, "app"); }), Contains("nvlink refused the images"));
}
