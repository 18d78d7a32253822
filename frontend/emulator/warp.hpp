// A warp: registers, predicates, and the paths its lanes are on.
//
// What hardware this is: 32 threads with registers of their own, one uniform register file, convergence barriers B0-B15
// and a program counter per thread (independent thread scheduling, Volta and later).
// What is modelled: the lanes of a warp form splits: sets of lanes at one program counter that execute together. A
// split runs until it blocks, ends, yields or has used up its turn; then another one runs, so that every lane makes
// progress. Splits join only where the program says so: BSYNC, WARPSYNC and barriers of the warp.
// What is not: which of two ready splits real hardware prefers (here: the one at the lower address goes first).
// Sources: Volta white paper; Shoushtary et al. (arXiv 2407.02944) on convergence barriers.
#pragma once

#include "frontend/emulator/micro_op.hpp"
#include "frontend/emulator/row.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace heddle::emulator {

class Cta;
class WarpRecorder;

struct Split {
    enum class State : std::uint8_t {
        Ready,
        AtBarrierRegister, // BSYNC: waits for the lanes in `wait`
        AtWarpSync,        // WARPSYNC: waits for the lanes in `wait`
        AtCtaBarrier,      // BAR: waits for named barrier `barrier`
        AtClusterBarrier,
        Sleeping,          // lets everybody else go first: YIELD, NANOSLEEP, failed try_wait
    };
    Mask mask = 0;
    std::uint32_t pc = 0;
    State state = State::Ready;
    std::uint8_t barrier = 0;
    Mask wait = 0;
};

inline constexpr unsigned kBarrierRegisters = 16;
inline constexpr unsigned kUniformRows = 64;  // UR0-UR62, URZ
inline constexpr unsigned kSpareRows = 8;     // rows of zeros, and sinks
// Rows of a warp: uniform registers, zeros, sinks, general registers.
inline constexpr std::uint32_t kZeroRow = kUniformRows;
inline constexpr std::uint32_t kSinkRow = kUniformRows + kSpareRows;
inline constexpr std::uint32_t kRegisterRow = kUniformRows + 2 * kSpareRows;

class Warp {
  public:
    // `registers`: general registers per lane. `lanes`: which lanes exist.
    Warp(Cta& cta, std::uint32_t number, std::uint32_t registers, Mask lanes, const Row* constants);

    // --- what an operation works on ---------------------------------------------------------------------------------
    Mask exec = 0;   // lanes that execute: active, and guard true
    Mask active = 0; // lanes of the split that runs
    std::uint32_t pc = 0; // address of the next instruction
    std::array<Mask, 8> predicates{}; // predicates[7] is all ones
    std::uint8_t uniform_predicates = 0x80; // bit 7 is one

    const Row& source(RowRef ref) const { return base_[ref.space][ref.index]; }
    Row& destination(RowRef ref) { return rows_[ref.index]; }
    Row& row(std::uint32_t index) { return rows_[index]; }
    std::uint32_t uniform_value(RowRef ref) const { return source(ref).lane[0]; }
    void set_uniform(RowRef ref, std::uint32_t value) { fill(destination(ref), value); }

    // Lanes for which a predicate source is true; a uniform one is all lanes or none.
    Mask predicate(PredicateRef ref) const {
        const Mask value = ref.uniform ? ((uniform_predicates >> ref.index) & 1 ? kAllLanes : 0) : predicates[ref.index];
        return ref.negate ? ~value : value;
    }
    void set_predicate(PredicateRef ref, Mask value, Mask lanes) {
        if (ref.index != 7) predicates[ref.index] = (predicates[ref.index] & ~lanes) | (value & lanes);
    }
    void set_uniform_predicate(PredicateRef ref, bool value) {
        if (ref.index != 7) uniform_predicates = static_cast<std::uint8_t>((uniform_predicates & ~(1U << ref.index)) | (unsigned{value} << ref.index));
    }

    // --- where it is -------------------------------------------------------------------------------------------------
    Cta& cta() { return cta_; }
    std::uint32_t number() const { return number_; }  // in its CTA
    Mask exists() const { return exists_; }           // lanes that were started
    Mask live() const { return live_; }               // lanes that have not exited
    WarpRecorder* recorder = nullptr;                 // receives executed instructions and addresses, or null
    std::uint64_t executed = 0;                       // warp instructions so far
    std::uint64_t turn_end = 0;                       // `executed` at which the running split must give way

    // --- paths (control operations) ----------------------------------------------------------------------------------
    std::vector<Split> splits;
    std::size_t running = 0;      // index into splits
    bool switch_split = false;    // set by an operation that blocks, ends or yields the running split
    std::array<std::array<Mask, kLanes>, kBarrierRegisters> barrier_registers{}; // per lane
    void kill(Mask lanes) { live_ &= ~lanes; }
    // Sends `lanes` of the running split to `target`; the others go on. Requires: lanes within `active`, not empty.
    void diverge(Mask lanes, std::uint32_t target, Split::State state = Split::State::Ready);
    // Blocks the running split.
    void block(Split::State state, std::uint8_t barrier = 0, Mask wait = 0);
    // Writes `active` and `pc` back to the running split; drops empty splits. Call before anything looks at splits.
    void leave_split();
    // Releases splits that wait for lanes which are all there (or gone). Requires: the running split was left.
    void settle();
    // Lanes that wait at a reconvergence point are let go on without the others if these seem to wait for them: hardware
    // guarantees that every lane makes progress, so a lane that holds a lock cannot wait for those that spin for it.
    void lose_patience(std::uint64_t executed, std::uint64_t waiting);
    std::uint64_t waiting = 0; // weight of what looked like waiting, so far
    // The result of the last CTA barrier reduction this warp took part in; which one it asked for, by named barrier.
    std::uint32_t barrier_result = 0;
    std::array<std::uint8_t, 16> barrier_operation{}; // by named barrier: 0 POPC, 1 AND, 2 OR
    bool finished() const { return live_ == 0; }

    std::uint32_t registers() const { return registers_; }
    // The launch's constants have moved or grown.
    void set_constants(const Row* constants) { base_[1] = constants; }
    void set_register_count(std::uint32_t registers); // setmaxnreg; keeps contents

  private:
    static constexpr unsigned kTrue = 7;
    void join(Mask lanes);
    std::uint64_t impatience_ = 0, overtime_ = 0; // since somebody last arrived where others wait
    Cta& cta_;
    std::uint32_t number_;
    std::uint32_t registers_;
    Mask exists_, live_;
    std::unique_ptr<Row[]> storage_;
    Row* rows_;
    const Row* base_[2];
};

} // namespace heddle::emulator
