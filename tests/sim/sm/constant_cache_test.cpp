#include "sim/sm/constant_cache.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace heddle;
using Level = ConstantCache::Level;

namespace {

struct Bench {
    explicit Bench(unsigned entries = 64, ConstantCacheConfig c = {})
        : config(c), queue(entries, 6, map, 0, 0, 0, Tx<MemoryRequest>(link)), cache(config, queue) {}
    LineAccess line(Address address, unsigned sectors) { return {address, static_cast<std::uint8_t>(sectors), 0, 1}; }
    std::vector<unsigned> fill(unsigned entry, unsigned sectors) {
        std::vector<unsigned> served;
        cache.fill(static_cast<std::uint16_t>(entry), static_cast<std::uint8_t>(sectors), [&](std::uint16_t i) { served.push_back(i); });
        return served;
    }
    MemoryRequest next_request() {
        for (;; ++cycle) {
            const Now now{cycle, clock.time_of(cycle)};
            queue.send(now);
            if (const MemoryRequest* request = link.peek(now)) {
                const MemoryRequest copy = *request;
                link.pop(now);
                return copy;
            }
            REQUIRE(cycle < 100000);
        }
    }
    ConstantCacheConfig config;
    ClockDomain clock{"sm", 1'000'000'000};
    AddressMap map{AddressMapConfig{}};
    Link<MemoryRequest> link{"requests", kNanosecond, kNanosecond, 64};
    RequestQueue queue;
    ConstantCache cache;
    Cycle cycle = 0;
};

} // namespace

TEST_CASE("constants come from L2, then L1.5, then the first level", "[constant_cache]") {
    Bench b;
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x1), 5) == Level::Memory);
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x4), 6) == Level::Memory); // merged
    REQUIRE(b.queue.size() == 1);
    const MemoryRequest request = b.next_request();
    REQUIRE(request.source == 1);
    REQUIRE(request.sector_mask == 0xf);
    REQUIRE(reply_to(request.transaction) == ReplyTo::ConstantFill);
    const unsigned entry = transaction_number(request.transaction);
    REQUIRE(b.fill(entry, 0x3).empty()); // in parts: served when complete
    REQUIRE(b.fill(entry, 0xc) == std::vector<unsigned>{5, 6});
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x3), 7) == Level::First);
    REQUIRE(b.cache.load(0, b.line(0x1000, 0xc), 7) == Level::First);
    // 2 KiB in 8 sets of 4 ways: four more lines of its set push the half-line out to L1.5.
    for (unsigned i = 1; i <= 4; ++i) {
        REQUIRE(b.cache.load(0, b.line(0x1000 + i * 512, 0x1), 8) == Level::Memory);
        b.fill(transaction_number(b.next_request().transaction), 0xf);
    }
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x1), 7) == Level::Mid);
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x1), 7) == Level::First);
    REQUIRE(b.cache.stats().mid_hits.value() == 1);
    REQUIRE(b.cache.stats().misses.value() == 6);
    REQUIRE(b.cache.stats().hits.value() == 3);
    b.cache.invalidate();
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x1), 7) == Level::Memory);
}

TEST_CASE("a full request queue stalls a constant miss and leaves no trace", "[constant_cache]") {
    Bench b(1);
    REQUIRE(b.cache.load(0, b.line(0x1000, 0x1), 1) == Level::Memory);
    REQUIRE(b.cache.load(0, b.line(0x2000, 0x1), 2) == Level::Stalled);
    REQUIRE(b.cache.stats().lookups.value() == 1);
    b.next_request();
    REQUIRE(b.cache.load(0, b.line(0x2000, 0x1), 2) == Level::Memory);
}
