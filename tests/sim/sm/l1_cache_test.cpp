#include "sim/sm/l1_cache.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace heddle;

namespace {

LineAccess line(Address address, unsigned sectors, unsigned full = 0) {
    return {address, static_cast<std::uint8_t>(sectors), static_cast<std::uint8_t>(full), 1};
}

struct Bench {
    explicit Bench(L1CacheConfig c = {})
        : config(c), queue(c.request_queue_entries, c.miss_latency, map, 3, 1, 0, Tx<MemoryRequest>(link)), l1(config, queue, 148) {}

    // Sends what is queued and returns the oldest request sent.
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
    // Returns the instructions that got sectors.
    std::vector<std::pair<unsigned, unsigned>> fill(const MemoryRequest& request, unsigned sectors) {
        std::vector<std::pair<unsigned, unsigned>> got;
        l1.fill(static_cast<std::uint16_t>(transaction_number(request.transaction)), static_cast<std::uint8_t>(sectors),
                [&](std::uint16_t instruction, unsigned count) { got.emplace_back(instruction, count); });
        return got;
    }
    void bring(Address address) {
        REQUIRE(l1.load(cycle, line(address, 0xf), 0, false).missing == 0xf);
        fill(next_request(), 0xf);
    }

    L1CacheConfig config;
    ClockDomain clock{"sm", 1'000'000'000};
    AddressMap map{AddressMapConfig{}};
    Link<MemoryRequest> link{"requests", kNanosecond, kNanosecond, 16};
    RequestQueue queue;
    L1Cache l1;
    Cycle cycle = 0;
};

using Pairs = std::vector<std::pair<unsigned, unsigned>>;

} // namespace

TEST_CASE("L1 fetches missing sectors only and hits after the fill", "[l1_cache]") {
    Bench b;
    REQUIRE(b.l1.load(0, line(0x1000, 0x3), 7, false).missing == 0x3);
    const MemoryRequest first = b.next_request();
    REQUIRE(first.line == 0x1000);
    REQUIRE(first.sector_mask == 0x3);
    REQUIRE(first.op == MemoryOp::Read);
    REQUIRE(first.sm == 3);
    REQUIRE(first.cluster == 1);
    REQUIRE(first.slice == b.map.slice_for(0x1000, 0));
    REQUIRE(b.cycle == b.config.miss_latency + 1); // and the link's cycle
    REQUIRE(b.l1.present(0x1000) == 0);
    REQUIRE(b.fill(first, 0x3) == Pairs{{7, 2}});
    REQUIRE(b.l1.present(0x1000) == 0x3);
    REQUIRE(b.l1.load(b.cycle, line(0x1000, 0x3), 8, false).missing == 0);
    REQUIRE(b.l1.load(b.cycle, line(0x1000, 0xf), 9, false).missing == 0xc); // sector miss
    REQUIRE(b.next_request().sector_mask == 0xc);
    REQUIRE(b.l1.stats().l1tex_t_sectors_ld_global.value() == 8);
    REQUIRE(b.l1.stats().l1tex_t_sectors_ld_global_lookup_hit.value() == 4);
}

TEST_CASE("L1 merges misses on a line in flight", "[l1_cache]") {
    Bench b;
    REQUIRE(b.l1.load(0, line(0x1000, 0x1), 1, false).missing == 0x1);
    REQUIRE(b.l1.load(0, line(0x1000, 0x1), 2, false).missing == 0x1);
    REQUIRE(b.queue.size() == 1); // nothing new to ask for
    REQUIRE(b.l1.load(0, line(0x1000, 0x3), 3, false).missing == 0x3);
    REQUIRE(b.queue.size() == 2);
    REQUIRE(b.l1.lines_in_flight() == 1);
    REQUIRE(b.l1.stats().mshr_merges.value() == 2);
    const MemoryRequest first = b.next_request(), second = b.next_request();
    REQUIRE(second.sector_mask == 0x2);
    REQUIRE(b.fill(first, 0x1) == Pairs{{1, 1}, {2, 1}, {3, 1}});
    REQUIRE(b.l1.lines_in_flight() == 1);
    REQUIRE(b.fill(second, 0x2) == Pairs{{3, 1}});
    REQUIRE(b.l1.lines_in_flight() == 0);
}

TEST_CASE("L1 refuses without changing anything when MSHRs, lists or the queue are full", "[l1_cache]") {
    L1CacheConfig c;
    c.mshr_entries = 2;
    c.mshr_merges = 2;
    c.request_queue_entries = 3;
    Bench b(c);
    REQUIRE(b.l1.load(0, line(0x0, 0x1), 1, false).stall == LineStall::None);
    REQUIRE(b.l1.load(0, line(0x0, 0x1), 2, false).stall == LineStall::None);
    REQUIRE(b.l1.load(0, line(0x0, 0x1), 3, false).stall == LineStall::MshrFull); // third in the list
    REQUIRE(b.l1.load(0, line(0x80, 0x1), 4, false).stall == LineStall::None);
    REQUIRE(b.l1.load(0, line(0x100, 0x1), 5, false).stall == LineStall::MshrFull); // third line
    REQUIRE(b.l1.load(0, line(0x80, 0x2), 5, false).stall == LineStall::None);
    REQUIRE(b.l1.store(0, line(0x200, 0x1), 0, false) == LineStall::RequestQueueFull);
    REQUIRE(b.l1.atomic(0, line(0x200, 0x1), 6).stall == LineStall::RequestQueueFull);
    REQUIRE(b.l1.stats().l1tex_t_sectors_ld_global.value() == 4);
    REQUIRE(b.l1.stats().l1tex_t_sectors_st_global.value() == 0);
    const MemoryRequest request = b.next_request();
    b.fill(request, 0x1);
    REQUIRE(b.l1.load(0, line(0x100, 0x1), 5, false).stall == LineStall::None); // an entry and a place are free again
}

TEST_CASE("L1 writes through, validates full sectors, and atomics drop what they touch", "[l1_cache]") {
    const auto policy = GENERATE(StoreMiss::WriteValidate, StoreMiss::NoAllocate);
    L1CacheConfig c;
    c.store_miss = policy;
    Bench b(c);
    REQUIRE(b.l1.store(0, line(0x1000, 0x7, 0x3), 5, false) == LineStall::None);
    const MemoryRequest write = b.next_request();
    REQUIRE(write.op == MemoryOp::Write);
    REQUIRE(write.sector_mask == 0x7);
    REQUIRE(write.full_mask == 0x3);
    REQUIRE(reply_to(write.transaction) == ReplyTo::Acknowledge);
    REQUIRE(transaction_number(write.transaction) == 5);
    REQUIRE(b.l1.present(0x1000) == (policy == StoreMiss::WriteValidate ? 0x3 : 0));
    REQUIRE(b.l1.store(0, line(0x2000, 0xf, 0xf), 5, true) == LineStall::None); // local: always kept
    REQUIRE(b.l1.present(0x2000) == 0xf);
    b.next_request();
    REQUIRE(b.l1.atomic(0, line(0x2000, 0x1), 9).missing == 0x1);
    REQUIRE(b.l1.present(0x2000) == 0xe);
    const MemoryRequest atomic = b.next_request();
    REQUIRE(atomic.op == MemoryOp::Atomic);
    REQUIRE(atomic.atomic_lanes == 1);
    REQUIRE(reply_to(atomic.transaction) == ReplyTo::Instruction);
    REQUIRE(b.l1.reduce(0, line(0x2000, 0xe), 2) == LineStall::None);
    REQUIRE(b.l1.present(0x2000) == 0);
    REQUIRE(b.next_request().op == MemoryOp::Reduction);
}

TEST_CASE("L1 loads past the tags neither look up nor fill", "[l1_cache]") {
    Bench b;
    b.bring(0x1000);
    REQUIRE(b.l1.load_bypassing(b.cycle, line(0x1000, 0x3), 4).missing == 0x3);
    const MemoryRequest request = b.next_request();
    REQUIRE(reply_to(request.transaction) == ReplyTo::Instruction);
    REQUIRE(transaction_number(request.transaction) == 4);
    REQUIRE(b.l1.lines_in_flight() == 0);
}

TEST_CASE("the carve-out sets the L1's capacity", "[l1_cache]") {
    Bench b;
    REQUIRE(b.l1.capacity() == 256 * kKiB);
    b.bring(0x1000);
    b.l1.set_shared_carve_out(0); // no change: content stays
    REQUIRE(b.l1.present(0x1000) == 0xf);
    b.l1.set_shared_carve_out(228 * kKiB);
    REQUIRE(b.l1.capacity() == 28 * kKiB);
    REQUIRE(b.l1.present(0x1000) == 0);
    // 28 KiB fit, one line more does not.
    for (Address a = 0; a < 28 * kKiB; a += 128) b.bring(a);
    for (Address a = 0; a < 28 * kKiB; a += 128) REQUIRE(b.l1.present(a) == 0xf);
    REQUIRE(b.l1.stats().line_evictions.value() == 0);
    b.bring(28 * kKiB);
    REQUIRE(b.l1.stats().line_evictions.value() == 1);
    REQUIRE_THROWS_AS(b.l1.set_shared_carve_out(256 * kKiB), InternalError);
}

TEST_CASE("an invalidated L1 is empty and fetches begun before fill nothing", "[l1_cache]") {
    Bench b;
    b.bring(0x1000);
    REQUIRE(b.l1.load(b.cycle, line(0x2000, 0x1), 6, false).missing == 0x1);
    b.l1.invalidate();
    REQUIRE(b.l1.present(0x1000) == 0);
    REQUIRE(b.fill(b.next_request(), 0x1) == Pairs{{6, 1}}); // the instruction is served all the same
    REQUIRE(b.l1.present(0x2000) == 0);
}

namespace {

L1CacheConfig next_line_l1() {
    L1CacheConfig c;
    c.prefetcher.policy = PrefetchPolicy::NextLine;
    return c;
}

// A load as the LSU makes it: looked up, then shown to the prefetcher.
std::uint8_t load_and_observe(Bench& b, Address address, std::uint8_t sectors, std::uint16_t instruction) {
    const auto result = b.l1.load(b.cycle, line(address, sectors), instruction, false);
    REQUIRE(result.stall == LineStall::None);
    b.l1.observe(line(address, sectors), 0, 0, 0, result.sought);
    return result.missing;
}

} // namespace

TEST_CASE("L1 prefetches the next line: a load finds it on its way or there, and asks for nothing", "[l1_cache]") {
    Bench b(next_line_l1());
    REQUIRE(load_and_observe(b, 0x1000, 0x3, 1) == 0x3);
    REQUIRE(b.l1.prefetch_waiting());
    b.l1.prefetch(b.cycle);
    const MemoryRequest demand = b.next_request();
    const MemoryRequest ahead = b.next_request();
    REQUIRE(ahead.line == 0x1080);
    REQUIRE(ahead.sector_mask == 0x3);
    const auto& stats = b.l1.prefetcher_stats();
    REQUIRE(stats.sectors.value() == 2);
    b.fill(demand, 0x3);
    SECTION("late") {
        REQUIRE(load_and_observe(b, 0x1080, 0x1, 2) == 0x1);
        REQUIRE(b.fill(ahead, 0x3) == Pairs{{2, 1}});
        REQUIRE(stats.late_sectors.value() == 1);
        REQUIRE(load_and_observe(b, 0x1080, 0x3, 3) == 0);
        REQUIRE(stats.timely_sectors.value() == 1);
    }
    SECTION("timely, counted once") {
        REQUIRE(b.fill(ahead, 0x3).empty());
        REQUIRE(b.l1.lines_in_flight() == 0);
        for (std::uint16_t i = 2; i < 4; ++i) REQUIRE(load_and_observe(b, 0x1080, 0x3, i) == 0);
        REQUIRE(stats.timely_sectors.value() == 2);
        REQUIRE(stats.missed_sectors.value() == 2); // of the first load
    }
    SECTION("unused") {
        b.fill(ahead, 0x3);
        b.l1.invalidate();
        REQUIRE(stats.unused_sectors.value() == 2);
    }
}

TEST_CASE("L1 drops prefetches that would take reserved places or leave the page", "[l1_cache]") {
    L1CacheConfig c = next_line_l1();
    c.mshr_entries = 2; // one of them reserved
    Bench b(c);
    load_and_observe(b, 0x1000, 0xf, 1);
    b.l1.prefetch(b.cycle);
    REQUIRE(b.l1.prefetcher_stats().dropped_mshr.value() == 1);
    REQUIRE(b.l1.lines_in_flight() == 1);
    load_and_observe(b, 2 * kMiB - 128, 0xf, 2);
    b.l1.prefetch(b.cycle);
    REQUIRE(b.l1.prefetcher_stats().dropped_page.value() == 1);
    REQUIRE(b.l1.prefetcher_stats().requests.value() == 0);
    REQUIRE(b.l1.prefetcher_stats().guesses.value() == 2);
}
