#include "sim/config/hash.hpp"

#include "sample_config.hpp"
#include "sim/config/diff.hpp"

#include <set>

using namespace heddle;
using namespace heddle::config;

namespace {

std::string hash_of(const std::string& text) {
    SampleConfig config;
    return load_text(config, text, "gpu.yaml").hash();
}

} // namespace

TEST_CASE("FNV-1a gives the published values") {
    CHECK(fnv1a("") == 0xcbf29ce484222325ULL);
    CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cULL);
    CHECK(fnv1a("foobar") == 0x85944171f73967e8ULL);
}

TEST_CASE("the hash depends on values only") {
    const std::string base = hash_of("clock: !vendor 1.5 GHz\nl1: {ways: !paper 3}\n");
    CHECK(base.size() == 16);
    CHECK(base == hash_of("l1:\n  ways: !measured 3\nclock: {value: 1500 MHz, source: assumed, note: other}\n"));
    CHECK(base != hash_of("clock: !vendor 1.5 GHz\nl2: {ways: !paper 3}\n"));
    CHECK(hash_of("name: x\n") == hash_of("name: x\nl1: {hit_latency: !vendor 33 cycles}\n")); // the default, stated
}

TEST_CASE("every single value changes the hash") {
    std::set<std::string> hashes{hash_of("name: sample\n")};
    const std::vector<std::string> changes{"name: other",
                                           "clock: !vendor 1 GHz",
                                           "enabled: !vendor false",
                                           "retry_delay: !vendor 12.500000000000002 ns",
                                           "seed: !vendor 2",
                                           "l1: {policy: !vendor random}",
                                           "l1: {carveouts: !vendor [0 B]}",
                                           "l1: {carveouts: !vendor [8 KiB, 0 B]}",
                                           "l2: {carveouts: !vendor [0 B]}"};
    for (const std::string& change : changes) hashes.insert(hash_of(change));
    CHECK(hashes.size() == changes.size() + 1);
}

TEST_CASE("the hash does not depend on the order of description") {
    struct Forward {
        bool a = true, b = false;
        void describe(Section& s) {
            s.field("a", a, "A.");
            s.field("b", b, "B.");
        }
    } forward;
    struct Backward {
        bool a = true, b = false;
        void describe(Section& s) {
            s.field("b", b, "B.");
            s.field("a", a, "A.");
        }
    } backward;
    CHECK(hash(describe(forward)) == hash(describe(backward)));
    CHECK(hash(describe(forward)) == fmt::format("{:016x}", fnv1a("a=true\nb=false\n")));
}

TEST_CASE("a difference shows path and both values") {
    SampleConfig left, right;
    CHECK(diff(describe(left), describe(right)).empty());
    right.clock = 1'980'000'000;
    right.l1.carveouts = {0};
    right.l2.policy = Policy::Random;
    const auto differences = diff(describe(left), describe(right));
    REQUIRE(differences.size() == 3);
    CHECK(differences[0].path == "clock");
    CHECK(differences[0].left == "1755 MHz");
    CHECK(differences[0].right == "1980 MHz");
    CHECK(differences[1].right == "[0 B]");
    CHECK(differences[2].path == "l2.policy");
    const auto shapes = diff(describe(left), describe(left.l1));
    CHECK(shapes.front().right == "(none)");
    CHECK(shapes.back().path == "access_energy");
    CHECK(shapes.back().left == "(none)");
}
