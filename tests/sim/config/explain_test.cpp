#include "sim/config/explain.hpp"

#include "sample_config.hpp"
#include "sim/config/reference.hpp"

using namespace heddle;
using namespace heddle::config;

TEST_CASE("explain tells everything about a value") {
    SampleConfig config;
    const Configuration loaded = load_text(config, kFullText, "gpu.yaml", {"l2.ways=2"});
    const Section root = describe(config);
    CHECK(explain(root, loaded, "l1.hit_latency") == "l1.hit_latency = 31 cycles\n"
                                                     "  Tag lookup to data of a hit.\n"
                                                     "  type    integer, cycles\n"
                                                     "  range   1 cycle to 1000 cycles\n"
                                                     "  source  measured\n"
                                                     "  origin  gpu.yaml:13:16\n"
                                                     "  note    pointer chase\n");
    CHECK(explain(root, loaded, "clock").find("  origin  gpu.yaml:2:8, written '1.98 GHz'\n") != std::string::npos);
    CHECK(explain(root, loaded, "l1.policy").find("  type    one of lru, random, pseudo-tree\n  source  assumed\n") != std::string::npos);
    CHECK(explain(root, loaded, "l2.ways").find("  source  assumed\n  origin  --set l2.ways=2\n") != std::string::npos);
    CHECK(explain(root, loaded, "l2.policy").find("  source  default\n  origin  code default\n") != std::string::npos);
    CHECK(explain(root, loaded, "l1.carveouts").find("  range   each 0 B to 256 KiB\n") != std::string::npos);
    CHECK(explain(root, loaded, "name").find("name = \"Test GPU\"\n") == 0);
    CHECK(explain(root, loaded, "name").find("  source  not stated\n") != std::string::npos);
}

TEST_CASE("explain lists a section") {
    SampleConfig config;
    const Configuration loaded = load_text(config, kFullText, "gpu.yaml");
    const std::string text = explain(describe(config), loaded, "l1");
    CHECK(text.find("l1 (section)\n  First level.\n  hit_latency    31 cycles  (measured): Tag lookup to data of a hit.\n") == 0);
    CHECK(explain(describe(config), loaded, "").find("  l2.policy         lru  (default): Which line is replaced.\n") != std::string::npos);
}

TEST_CASE("explain of an unknown key suggests one") {
    SampleConfig config;
    try {
        explain(describe(config), {}, "l1.hit_latncy");
        FAIL("accepted");
    } catch (const UserError& error) {
        CHECK(std::string{error.what()} == "no configuration key 'l1.hit_latncy' - did you mean 'l1.hit_latency'?");
    }
}

TEST_CASE("the reference has a heading per section and a row per field") {
    SampleConfig config;
    const std::string text = write_reference(describe(config), "Configuration reference");
    CHECK(text.find("# Configuration reference\n\n| path | type | accepted | default | meaning |\n|---|---|---|---|---|\n"
                    "| `name` | text | any | `\"sample\"` | Name in reports. |\n"
                    "| `clock` | integer, Hz | 1 MHz to 10 GHz | `1755 MHz` | Core clock. |\n"
                    "| `enabled` | boolean | `true`, `false` | `true` | Whether it takes part. |\n") == 0);
    CHECK(text.find("\n## `l1`\n\nFirst level.\n\n| path |") != std::string::npos);
    CHECK(text.find("| `l1.policy` | choice | `lru`, `random`, `pseudo-tree` | `lru` | Which line is replaced. |\n") != std::string::npos);
    CHECK(text.find("| `l1.carveouts` | list of integers, bytes | each 0 B to 256 KiB | `[0 B, 8 KiB]` |") != std::string::npos);
    CHECK(text.find("| `l1.ways` | integer | at least 1 | `4` |") != std::string::npos);
    CHECK(text.find("Energy of an access \\| read or write.") != std::string::npos);
    CHECK(text.ends_with("|\n"));
    CHECK_FALSE(text.ends_with("\n\n"));
}
