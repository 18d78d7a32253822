// Paths: which instructions a warp executes under which masks, as a small program of runs and loops.
//
// A run is a stretch of consecutive rows of the instruction table under one mask. A loop repeats the items inside it;
// loops nest. Regular code of a million instructions is a few dozen bytes, and a reader needs no more state than a
// position and one counter per open loop. Warps that execute the same share one path.
#pragma once

#include "frontend/trace/heddle_format.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <unordered_map>

namespace heddle::trace {

inline constexpr std::uint32_t kUnusualRun = 256; // most instructions of an unusual run

// Which rows of a kernel's code normally have addresses, and which address predictor ("slot") a row uses.
class RowTable {
  public:
    void append(const StaticInstruction& row);
    std::uint32_t rows() const { return static_cast<std::uint32_t>(before_.size() - 1); }
    bool expects_address(std::uint32_t row) const { return before_[row + 1] != before_[row]; }
    // Rows with addresses in front of `row`; so the rows with addresses of a run are a contiguous piece of addressed().
    std::uint32_t before(std::uint32_t row) const { return before_[row]; }
    const std::vector<std::uint32_t>& addressed() const { return addressed_; }
    // The k-th row with addresses uses slot k, any other row its own number, both modulo kSlots.
    std::uint32_t slot(std::uint32_t row) const { return (expects_address(row) ? before_[row] : row) % kSlots; }
    // Slots that rows with addresses use.
    std::uint32_t slots() const { return std::min<std::uint32_t>(kSlots, before_.back()); }

  private:
    std::vector<std::uint32_t> before_{0};
    std::vector<std::uint32_t> addressed_;
};

// Takes a warp's instructions one by one and folds repetitions into loops.
class PathBuilder {
  public:
    // `unusual`: the instruction has addresses although the rule (row expects some and the mask is not 0) says no, or the
    // other way round.
    void add(std::uint32_t row, std::uint32_t mask, bool unusual) {
        if (length_ > 0 && row == row_ + length_ && mask == mask_ && unusual == unusual_ && (!unusual || length_ < kUnusualRun)) [[likely]]
            ++length_;
        else begin_run(row, mask, unusual);
    }
    // About the size of encode()'s result.
    std::size_t bytes() const { return items_.size() * 4 + bodies_bytes_; }
    Blob encode();

  private:
    struct Item {
        std::uint32_t a = 0;      // run: first row; loop: number of its body
        std::uint32_t length = 0; // run: instructions; loop: 0
        std::uint32_t mask = 0;   // run: mask; loop: repetitions
        std::uint32_t kind = 0;   // run: 1 if unusual; loop: 2 + depth
        friend bool operator==(const Item&, const Item&) = default;
    };
    struct Cursor {
        std::uint32_t row = 0, mask = 0;
    };
    void begin_run(std::uint32_t row, std::uint32_t mask, bool unusual);
    void flush();
    bool extend_loop();
    bool make_loop();
    bool tail_equals(std::size_t begin, std::span<const Item> items) const;
    std::uint32_t body_number(std::span<const Item> items);
    void encode_items(ByteWriter& out, std::span<const Item> items, Cursor& cursor) const;

    std::uint32_t row_ = 0, length_ = 0, mask_ = 0;
    bool unusual_ = false;
    std::vector<Item> items_;
    std::vector<std::vector<Item>> bodies_;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> bodies_by_hash_; // looked up only, never walked
    std::size_t bodies_bytes_ = 0;
};

// A path as a reader executes it.
struct Path {
    // A run (length > 0), or the beginning (count = 0) or end of a loop (row: the first step inside, count: repetitions).
    struct Step {
        std::uint32_t row = 0;
        std::uint32_t length = 0;
        std::uint32_t mask = 0; // loop's end: repetitions, at least 2
        bool unusual = false;
    };
    std::vector<Step> steps;
    std::uint64_t instructions = 0;
    std::uint64_t addressed = 0;                      // instructions with addresses, or more; at most `instructions`
    std::array<std::uint64_t, kSlots / 64> touched{}; // slots of instructions with addresses
    std::uint32_t slots = 0;                          // one more than the highest of them

    // Whether instances of `row` in this step have addresses.
    static bool has_address(const Step& step, const RowTable& rows, std::uint32_t row) {
        return (step.mask != 0 && rows.expects_address(row)) != step.unusual;
    }
};

Path decode_path(ByteReader& in, const RowTable& rows);

} // namespace heddle::trace
