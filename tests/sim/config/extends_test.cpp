#include "sim/config/loader.hpp"

#include "sample_config.hpp"

#include <sys/stat.h>

using namespace heddle;
using namespace heddle::config;

namespace {

std::string failure_of(const std::filesystem::path& file, const SearchFolders& search = {}) {
    SampleConfig config;
    try {
        load(config, file, {}, search);
    } catch (const UserError& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("what is extended is read first; sections merge, lists are replaced") {
    const TemporaryFolder folder("extends");
    folder.write("base/old.yaml",
                 "name: old\nl1:\n  ways: !vendor 2\n  size: !vendor 32 KiB\n  carveouts: !vendor [1 KiB, 2 KiB, 3 KiB]\n");
    folder.write("base/mid.yaml", "extends: old.yaml\nname: mid\nl1:\n  ways: !paper 3\n  carveouts: !vendor [5 KiB]\n");
    const auto file = folder.write("gpu.yaml", "l1:\n  hit_latency: !measured 30 cycles\nextends: base/mid.yaml\nname: new\n");
    SampleConfig config;
    const Configuration loaded = load(config, file, {"l1.ways=7"});
    CHECK(config.name == "new");
    CHECK(config.l1.ways == 7);
    CHECK(config.l1.size == 32 * kKiB);
    CHECK(config.l1.hit_latency == 30);
    CHECK(config.l1.carveouts == std::vector<std::uint32_t>{5120});
    const std::string base = (folder.path() / "base").string();
    CHECK(loaded.files() == std::vector<std::string>{base + "/old.yaml", base + "/mid.yaml", file.string()});
    CHECK(loaded.origin("l1.size").place() == base + "/old.yaml:4");
    CHECK(loaded.origin("l1.carveouts").place() == base + "/mid.yaml:5");
    CHECK(loaded.origin("l1.ways").place() == "--set l1.ways=7");
}

TEST_CASE("a section can extend a file of its own") {
    const TemporaryFolder folder("section");
    folder.write("cache.yaml", "size: !vendor 64 KiB\nways: !vendor 2\n");
    const auto file = folder.write("gpu.yaml", "l1:\n  extends: cache.yaml\n  ways: !vendor 4\nl2:\n  extends: cache.yaml\n");
    SampleConfig config;
    const Configuration loaded = load(config, file);
    CHECK(config.l1.size == 64 * kKiB);
    CHECK(config.l1.ways == 4);
    CHECK(config.l2.ways == 2);
    CHECK(loaded.origin("l2.ways").place() == (folder.path() / "cache.yaml").string() + ":2");
    CHECK(loaded.files().size() == 2);
}

TEST_CASE("extends looks beside the file first, then in the search folders") {
    const TemporaryFolder folder("search");
    folder.write("lib/base.yaml", "name: from_lib\n");
    const auto file = folder.write("gpu.yaml", "extends: base.yaml\n");
    SampleConfig config;
    load(config, file, {}, {folder.path() / "nowhere", folder.path() / "lib"});
    CHECK(config.name == "from_lib");
    folder.write("base.yaml", "name: beside\n");
    load(config, file, {}, {folder.path() / "lib"});
    CHECK(config.name == "beside");
}

TEST_CASE("a wrong extends is reported where it stands") {
    const TemporaryFolder folder("wrong");
    const std::string at = folder.path().string();
    folder.write("h100_sxm.yaml", "name: base\n");
    CHECK(failure_of(folder.write("a.yaml", "extends: h100_sxn.yaml\n")) ==
          at + "/a.yaml:1:10: cannot extend '" + at + "/h100_sxn.yaml': there is no such file - did you mean '" + at + "/h100_sxm.yaml'?");
    CHECK(failure_of(folder.write("b.yaml", "name: x\nextends: [h100_sxm.yaml]\n")) ==
          at + "/b.yaml:2:10: 'extends' must be the name of a file - write `extends: base.yaml`");
    CHECK(failure_of(folder.write("c.yaml", "extends: d.yaml\n")).find("there is no such file") != std::string::npos);
    folder.write("d.yaml", "extends: e.yaml\n");
    folder.write("e.yaml", "extends: c.yaml\n");
    CHECK(failure_of(folder.path() / "c.yaml") ==
          at + "/e.yaml:1:10: the files extend one another in a circle: c.yaml -> d.yaml -> e.yaml -> c.yaml - remove one 'extends'");
    CHECK(failure_of(folder.write("self.yaml", "extends: ./self.yaml\n")).find("in a circle: self.yaml -> self.yaml") != std::string::npos);
    CHECK(failure_of(folder.write("f.yaml", "extends: .\n")).find("it is not a file") != std::string::npos);
    REQUIRE(::mkfifo((at + "/pipe").c_str(), 0600) == 0);
    CHECK(failure_of(folder.write("g.yaml", "extends: pipe\n")).find("it is not a file") != std::string::npos);
}

TEST_CASE("errors of an extended file name that file, and both files are reported") {
    const TemporaryFolder folder("both");
    const std::string at = folder.path().string();
    folder.write("base.yaml", "clock: !vendor 1 ns\n");
    CHECK(failure_of(folder.write("gpu.yaml", "extends: base.yaml\nclok: !vendor 1 GHz\n")) ==
          at + "/base.yaml:1:8: clock: '1 ns' is a time, but a frequency is wanted - use one of Hz, kHz, MHz, GHz\n" + at +
              "/gpu.yaml:2:1: unknown key 'clok' - did you mean 'clock'?");
}

TEST_CASE("a chain of sixteen files is read, one of seventeen is not") {
    const TemporaryFolder folder("chain");
    for (int i = 1; i < 17; ++i) folder.write(std::to_string(i) + ".yaml", "extends: " + std::to_string(i - 1) + ".yaml\n");
    folder.write("0.yaml", "name: root\n");
    CHECK(failure_of(folder.path() / "15.yaml") == "accepted");
    CHECK(failure_of(folder.path() / "16.yaml").find("1.yaml:1:10: more than 16 files extend one another") != std::string::npos);
}

TEST_CASE("a configuration file that cannot be read") {
    const TemporaryFolder folder("missing");
    const std::string at = folder.path().string();
    folder.write("h200_sxm.yaml", "name: x\n");
    CHECK(failure_of(folder.path() / "rtx.yaml") == at + "/rtx.yaml: there is no such file");
    CHECK(failure_of(folder.path() / "h200_sxn.yaml") ==
          at + "/h200_sxn.yaml: there is no such file - did you mean '" + at + "/h200_sxm.yaml'?");
    CHECK(failure_of(folder.path()) == at + ": is a folder, not a file");
    const std::string comment(kMaxYamlBytes - 8, '#');
    CHECK(failure_of(folder.write("limit.yaml", "name: x\n" + comment)) == "accepted");
    CHECK(failure_of(folder.write("large.yaml", "name: x\n" + comment + "#")) ==
          at + "/large.yaml: the file is larger than 1 MiB - is this a configuration?");
}
