#include "sim/config/spelling.hpp"

#include <catch2/catch.hpp>

using namespace heddle::config;

TEST_CASE("the edit distance counts single edits") {
    CHECK(edit_distance("latency", "latency", 3) == 0);
    CHECK(edit_distance("latncy", "latency", 3) == 1);
    CHECK(edit_distance("latenccy", "latency", 3) == 1);
    CHECK(edit_distance("letency", "latency", 3) == 1);
    CHECK(edit_distance("altency", "latency", 3) == 1); // neighbours swapped
    CHECK(edit_distance("hit-latency", "hit_latency", 3) == 0);
    CHECK(edit_distance("Size", "size", 3) == 0);
    CHECK(edit_distance("", "abc", 3) == 3);
    CHECK(edit_distance("", "abcd", 3) == 4);
    CHECK(edit_distance("abcdef", "uvwxyz", 3) == 4); // above the limit
}

TEST_CASE("the closest word is within a third of the length") {
    CHECK(closest("latncy", {"size", "latency"}) == "latency");
    CHECK(closest("wats", {"ways", "wait"}) == "ways");
    CHECK(closest("KB", {"B", "KiB"}) == "KiB"); // the same first letter
    CHECK(closest("xy", {"ab"}).empty());
    CHECK(closest("bandwidth", {"latency", "size"}).empty());
    CHECK(closest("abcxyz", {"abcdef"}).empty()); // three edits of six letters
    CHECK(closest("abcdxy", {"abcdef"}) == "abcdef");
    CHECK(closest(std::string(100000, 'a'), {"ways"}).empty());
}
