#include "sim/config/section_walk.hpp"

#include "sample_config.hpp"

using namespace heddle;
using namespace heddle::config;

TEST_CASE("a dotted path finds fields and sections, and nothing else") {
    SampleConfig config;
    const Section root = describe(config);
    REQUIRE(find(root, "l1.size").field != nullptr);
    CHECK(find(root, "l1.size").doc == "Capacity.");
    CHECK(find(root, "l2").section != nullptr);
    CHECK(find(root, "").section == &root);
    for (const char* bad : {".", "l1.", ".l1", "l1..size", "l1.size.x", "size", "l1.sizes", "l3"}) {
        CAPTURE(bad);
        CHECK_FALSE(find(root, bad));
    }
}

TEST_CASE("the walk visits every field in the order described") {
    SampleConfig config;
    std::vector<std::string> paths;
    for_each_field(describe(config), [&](const std::string& path, const Field&) { paths.push_back(path); });
    REQUIRE(paths.size() == 23);
    CHECK(paths[0] == "name");
    CHECK(paths[11] == "l1.hit_latency");
    CHECK(paths[22] == "l2.access_energy");
    std::vector<std::string> sections;
    for_each_section(describe(config), [&](const std::string& path, const Section::Child&) { sections.push_back(path); });
    CHECK(sections == std::vector<std::string>{"l1", "l2"});
}

TEST_CASE("suggestions name a sibling, or the same name elsewhere") {
    SampleConfig config;
    const Section root = describe(config);
    CHECK(suggest(root, "l1", "hit_latncy") == "did you mean 'hit_latency'?");
    CHECK(suggest(root, "", "hit_latency") == "there is 'l1.hit_latency' (and 1 more of that name)");
    CHECK(suggest(root, "l1", "voltage") == "there is 'voltage'");
    CHECK(suggest(root, "", "l1.size") == "write 'l1.size' as nested sections");
    CHECK(suggest(root, "l1", "colour").empty());
    CHECK(suggest_path(root, "l1.hit_latncy") == "did you mean 'l1.hit_latency'?");
    CHECK(suggest_path(root, "ll2.size") == "did you mean 'l2.size'?");
    CHECK(suggest_path(root, "l1.size.extra") == "did you mean 'l1.size'?");
    CHECK(suggest_path(root, "sm.clock") == "did you mean 'clock'?");
    CHECK(suggest_path(root, "no.such.thing").empty());
}

TEST_CASE("faults of a description are found") {
    SampleConfig good;
    CHECK(description_faults(describe(good)).empty());
    struct Bad {
        Cycles a = 5;
        std::vector<std::uint8_t> list{1, 9};
        Policy policy = Policy::Random;
        void describe(Section& s) {
            s.field("a", a, Unit::Cycles, {10, 20}, "Too small.");
            s.field("a", a, Unit::Cycles, {0, 20}, "Twice.");
            s.field("b.c", a, Unit::Cycles, {0, 20}, "");
            s.list("list", list, Unit::Count, {0, 8}, "Too large.");
            s.choice("policy", policy, {{"lru", Policy::Lru}}, "Not among them.");
            s.check("z", [] { return std::string{}; });
        }
    } bad;
    CHECK(description_faults(describe(bad)) ==
          std::vector<std::string>{"a: the default 5 cycles is outside its range, 10 cycles to 20 cycles", "a: described twice",
                                   "b.c: has no documentation", "b.c: not a usable name",
                                   "list: the default [1, 9] is outside its range, 0 to 8", "policy: the default is none of the choices",
                                   "z: a check names it, but it is not described"});
}
