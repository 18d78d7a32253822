// The prefetcher of a cache: looks at demand accesses, guesses what comes next, keeps the guesses until the cache has time.
//
// Hardware: no GPU vendor describes a data prefetcher, so this is an architect's option, off in all shipped GPUs.
// Modelled: four policies, pure functions of the accesses they have seen; a queue of guesses, from which the cache takes
// one in a cycle that leaves its tags free. A guess that finds the queue full is dropped.
//   * next_line: a demand that misses, or first uses a prefetched sector, asks for the `degree` lines from `distance` on.
//   * stream: the same demands are matched with up to `streams` streams, one within 16 lines of the last access of each.
//     The third access in one direction and every later one asks for the lines of [distance, distance + degree) ahead
//     that the stream has not asked for; accesses the other way wear it down. The stream not used for longest gives way.
//   * stride: a table by (load, warp) keeps the last address and the stride to the one before; two equal strides in a
//     row train it. When three warps agree about a load, every warp takes that stride from its first access on. All
//     lines of the instruction are fetched, moved by `distance` strides and the `degree - 1` after it.
//   * warp_stride: a table by load keeps the last warp and address and the stride per warp; two equal ones in a row train
//     it. Fetched is what the warp `distance` further on would access, and the `degree - 1` after it.
// A prefetch asks for the sectors its access touched, moved along. Strides are kept in sectors: shorter ones count as zero.
// Not modelled: feedback of accuracy on degree and distance; warps of one CTA told from those of another; a scheduler that
// runs ahead with one warp per CTA.
// Sources: Lee et al., MICRO 2010 (per-warp strides, promotion to all warps, prefetching across warps); Koo et al., IPDPS
// 2018 (strides across the warps of a CTA); Jouppi, ISCA 1990 (next line, streams). Sizes and thresholds are assumed.
#pragma once

#include "sim/base/ring.hpp"
#include "sim/mem/prefetcher_config.hpp"

#include <vector>

namespace heddle {

// One line of a demand access.
struct PrefetchTrigger {
    std::uint64_t line = 0;   // number of the line, in the sequence the cache counts in
    std::uint64_t page = 0;   // number of the page it lies in
    std::uint8_t sectors = 0; // touched, not zero
    bool sought = false;      // some were missing, or had been prefetched and not been used yet
    bool first = true;        // of its instruction's lines
    std::uint32_t pc = 0;     // of the instruction, where it is known
    std::uint32_t warp = 0;
};

struct PrefetchGuess {
    std::uint64_t line = 0;
    std::uint64_t page = 0; // in which it must lie
    std::uint8_t sectors = 0;
};

class Prefetcher {
  public:
    // Requires: config.on().
    explicit Prefetcher(const PrefetcherConfig& config);

    // Learns from an access and queues guesses. Returns how many were dropped for want of room.
    unsigned observe(const PrefetchTrigger& trigger);
    // Guesses waiting, oldest first.
    bool empty() const { return queue_.empty(); }
    std::size_t size() const { return queue_.size(); }
    // Requires: !empty().
    const PrefetchGuess& front() const { return queue_.front(); }
    void pop() { queue_.pop(); }
    const PrefetcherConfig& config() const { return config_; }

  private:
    static constexpr unsigned kTrained = 1;   // repetitions of a stride
    static constexpr unsigned kAgreeing = 3;  // warps that must have the same stride
    static constexpr unsigned kWindow = 16;   // lines between neighbours of a stream
    static constexpr unsigned kFollowed = 2;  // steps that make a stream
    static constexpr unsigned kConfidence = 7;
    static constexpr std::uint64_t kNoKey = ~std::uint64_t{0};

    struct WarpEntry { // stride: of a load and a warp; warp_stride: of a load, `warp` the last one
        std::uint64_t key = kNoKey;
        std::int64_t place = 0; // first sector of the last access
        std::int64_t stride = 0;
        std::uint32_t warp = 0;
        std::uint8_t repeated = 0;
    };
    struct LoadEntry { // what warps agree about
        std::uint64_t key = kNoKey;
        std::int64_t stride = 0;
        std::uint8_t agreeing = 0;
    };
    struct Stream {
        std::int64_t last = 0;
        std::int64_t asked = 0; // furthest line asked for, times the direction
        std::uint64_t used = 0; // when, in accesses; 0 = free
        std::int8_t direction = 1;
        std::uint8_t confidence = 0;
        bool asking = false;
    };

    void guess(std::int64_t line, unsigned sectors);
    void guess_moved(std::int64_t sectors_on);
    void next_line();
    void stream();
    std::int64_t stride_of_load(std::int64_t place);
    std::int64_t stride_of_warps(std::int64_t place);
    void promote(std::int64_t stride);

    PrefetcherConfig config_;
    std::vector<WarpEntry> table_;
    std::vector<LoadEntry> loads_;
    std::vector<Stream> streams_;
    std::uint64_t accesses_ = 0;
    std::int64_t stride_ = 0; // of the instruction whose lines are being seen, 0 if untrained
    Ring<PrefetchGuess> queue_;
    PrefetchTrigger now_;  // the access being looked at
    unsigned dropped_ = 0; // of its guesses
};

} // namespace heddle
