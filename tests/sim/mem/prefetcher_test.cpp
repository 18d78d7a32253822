#include "sim/mem/prefetcher.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace heddle;

namespace {

PrefetcherConfig policy_of(PrefetchPolicy policy, unsigned degree = 1, unsigned distance = 1) {
    PrefetcherConfig c;
    c.policy = policy;
    c.degree = degree;
    c.distance = distance;
    return c;
}

struct Guess {
    std::uint64_t line;
    unsigned sectors;
    friend bool operator==(const Guess&, const Guess&) = default;
};
using Guesses = std::vector<Guess>;

// What the prefetcher guesses after this access.
Guesses after(Prefetcher& p, std::uint64_t line, std::uint8_t sectors = 15, bool sought = true, std::uint32_t pc = 0, std::uint32_t warp = 0,
              bool first = true) {
    p.observe({.line = line, .page = line / 16384, .sectors = sectors, .sought = sought, .first = first, .pc = pc, .warp = warp});
    Guesses guesses;
    for (; !p.empty(); p.pop()) guesses.push_back({p.front().line, p.front().sectors});
    return guesses;
}

} // namespace

TEST_CASE("next_line asks for the lines after one that was sought, with its sectors") {
    Prefetcher p(policy_of(PrefetchPolicy::NextLine, 2, 3));
    CHECK(after(p, 100, 0b0110) == Guesses{{103, 0b0110}, {104, 0b0110}});
    CHECK(after(p, 100, 15, false).empty());
}

TEST_CASE("a full queue drops guesses and says how many") {
    PrefetcherConfig c = policy_of(PrefetchPolicy::NextLine, 5);
    c.queue_entries = 3;
    Prefetcher p(c);
    CHECK(p.observe({.line = 10, .sectors = 15, .sought = true}) == 2);
    CHECK(p.size() == 3);
    CHECK(p.observe({.line = 20, .sectors = 15, .sought = true}) == 5);
    CHECK(p.front().line == 11);
}

TEST_CASE("a stream asks from its third access on, for each line once, in both directions") {
    Prefetcher p(policy_of(PrefetchPolicy::Stream, 2));
    CHECK(after(p, 100).empty());
    CHECK(after(p, 101).empty());
    CHECK(after(p, 102) == Guesses{{103, 15}, {104, 15}});
    CHECK(after(p, 103) == Guesses{{105, 15}});
    CHECK(after(p, 103).empty());
    CHECK(after(p, 102).empty()); // another warp lags behind
    CHECK(after(p, 104) == Guesses{{106, 15}});
    CHECK(after(p, 5000).empty()); // another stream
    CHECK(after(p, 4999).empty());
    CHECK(after(p, 4998) == Guesses{{4997, 15}, {4996, 15}});
    CHECK(after(p, 105) == Guesses{{107, 15}});
}

TEST_CASE("a stride is trained by two equal ones of one warp, and by three warps for all") {
    Prefetcher p(policy_of(PrefetchPolicy::Stride));
    for (std::uint32_t warp = 0; warp < 3; ++warp) {
        CHECK(after(p, 1000 * warp, 15, false, 64, warp).empty());
        CHECK(after(p, 1000 * warp + 7, 15, false, 64, warp).empty());
        CHECK(after(p, 1000 * warp + 14, 15, false, 64, warp) == Guesses{{1000 * warp + 21, 15}});
    }
    CHECK(after(p, 9000, 15, false, 64, 9) == Guesses{{9007, 15}}); // at once
    CHECK(after(p, 9000, 15, false, 80, 9).empty());                // another load
    CHECK(after(p, 9001, 15, false, 80, 9, false).empty());         // and its second line
}

TEST_CASE("a stride shorter than a line moves the sectors, and may reach into the next line") {
    Prefetcher p(policy_of(PrefetchPolicy::Stride));
    CHECK(after(p, 10, 0b0001, false, 64).empty());
    CHECK(after(p, 10, 0b0010, false, 64).empty());
    CHECK(after(p, 10, 0b0100, false, 64) == Guesses{{10, 0b1000}});
    CHECK(after(p, 10, 0b1000, false, 64) == Guesses{{11, 0b0001}});
}

TEST_CASE("warp_stride extrapolates to the warps further on") {
    Prefetcher p(policy_of(PrefetchPolicy::WarpStride, 1, 4));
    CHECK(after(p, 100, 15, false, 64, 0).empty());
    CHECK(after(p, 102, 15, false, 64, 1).empty());
    CHECK(after(p, 106, 15, false, 64, 3) == Guesses{{114, 15}});
    CHECK(after(p, 90, 15, false, 64, 4).empty());
}

TEST_CASE("prefetches never may be in all places") {
    PrefetcherConfig c;
    CHECK(c.places(1) == 0);
    CHECK(c.places(3) == 1);
    CHECK(c.places(384) == 192);
    c.reserve_percent = 1;
    CHECK(c.places(64) == 63);
    c.reserve_percent = 100;
    CHECK(c.places(64) == 0);
}
