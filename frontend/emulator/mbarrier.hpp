// Arrival barriers in shared memory (PTX mbarrier): the 64 bits and what arrivals do to them.
//
// What hardware this is: sm_90 keeps phase, pending arrivals, expected arrivals and the transaction count of an mbarrier in
// one 64-bit word of shared memory that the SYNCS unit updates. sm_80 to sm_89 keep two 32-bit words that ATOMS.ARRIVE and
// plain ATOMS update.
// What is modelled: counts, phases and transaction bytes, to the bit where software can see them.
// What is not: the lock bit hardware may keep while it updates; waiting (try_wait is an instruction's business).
// Layout, sm_90 ("measured" = what ptxas emits for mbarrier.init and mbarrier.pending_count):
//   bit 0        unused here
//   bits 1-20    expected arrivals of each phase, as 2^20 - count                    (measured)
//   bits 21-42   transaction count, two's complement, 22 bits                        (assumed: no code reads it)
//   bits 43-62   arrivals still missing in this phase, as 2^20 - count, 0 = none     (measured)
//   bit 63       phase: number of completed phases modulo 2                          (measured)
// Layout, sm_80 to sm_89 (measured in the same way):
//   low word     2^30 - expected arrivals; arrive_drop adds one by ATOMS.POPC.INC
//   high word    bit 31 phase; bits 0-30: 2^31 - missing arrivals
// Sources: PTX ISA manual, mbarrier; experiments with ptxas 13.0.
#pragma once

#include <cstdint>

namespace heddle::emulator::mbarrier {

// --- sm_90 -----------------------------------------------------------------------------------------------------------
inline constexpr std::uint64_t kCountMask = (1U << 20) - 1;
inline constexpr unsigned kExpectedBit = 1, kTransactionBit = 21, kPendingBit = 43, kPhaseBit = 63;
inline constexpr unsigned kTransactionBits = 22;
inline constexpr std::uint64_t kTransactionMask = (1ULL << kTransactionBits) - 1;

// The word of a barrier that expects `count` arrivals per phase. Requires: 1 <= count < 2^20.
constexpr std::uint64_t init(std::uint32_t count) {
    const std::uint64_t missing = (0 - std::uint64_t{count}) & kCountMask;
    return missing << kExpectedBit | missing << kPendingBit;
}
constexpr std::uint32_t expected(std::uint64_t word) { return static_cast<std::uint32_t>((0 - (word >> kExpectedBit)) & kCountMask); }
constexpr std::uint32_t pending(std::uint64_t word) { return static_cast<std::uint32_t>((0 - (word >> kPendingBit)) & kCountMask); }
constexpr std::int32_t transactions(std::uint64_t word) {
    const std::uint64_t value = (word >> kTransactionBit) & kTransactionMask;
    constexpr std::uint64_t sign = 1ULL << (kTransactionBits - 1);
    return static_cast<std::int32_t>(static_cast<std::int64_t>((value ^ sign) - sign));
}
constexpr bool phase(std::uint64_t word) { return word >> kPhaseBit != 0; }
// True if the phase of parity `parity` is over, that is, if the barrier is in a phase of the other parity.
constexpr bool test_phase(std::uint64_t word, bool parity) { return phase(word) != parity; }

constexpr std::uint64_t with_field(std::uint64_t word, unsigned bit, std::uint64_t mask, std::uint64_t value) {
    return (word & ~(mask << bit)) | (value & mask) << bit;
}
// Starts the next phase if nothing is missing any more. True if it did.
constexpr bool complete_phase(std::uint64_t& word) {
    if (pending(word) != 0 || transactions(word) != 0) return false;
    word = with_field(word, kPendingBit, kCountMask, (0 - std::uint64_t{expected(word)}) & kCountMask) ^ 1ULL << kPhaseBit;
    return true;
}
// `count` arrivals, and `bytes` more (or fewer, if negative) transactions expected. True if this ended the phase.
constexpr bool arrive(std::uint64_t& word, std::uint32_t count, std::int32_t bytes = 0) {
    word = with_field(word, kTransactionBit, kTransactionMask,
                      static_cast<std::uint64_t>(static_cast<std::int64_t>(transactions(word)) + bytes));
    word = with_field(word, kPendingBit, kCountMask, (word >> kPendingBit & kCountMask) + count);
    return complete_phase(word);
}
// mbarrier.expect_tx and complete_tx, in bytes.
constexpr void expect_tx(std::uint64_t& word, std::uint32_t bytes) {
    word = with_field(word, kTransactionBit, kTransactionMask,
                      static_cast<std::uint64_t>(static_cast<std::int64_t>(transactions(word)) + bytes));
}
constexpr bool complete_tx(std::uint64_t& word, std::uint32_t bytes) { return arrive(word, 0, -static_cast<std::int32_t>(bytes)); }
// `count` arrivals of threads that will not take part in later phases.
constexpr bool arrive_drop(std::uint64_t& word, std::uint32_t count) {
    word = with_field(word, kExpectedBit, kCountMask, (word >> kExpectedBit & kCountMask) + count);
    return arrive(word, count);
}

// --- sm_80 to sm_89 --------------------------------------------------------------------------------------------------
namespace sm80 {
constexpr std::uint64_t init(std::uint32_t count) { return std::uint64_t{0x8000'0000U - count} << 32 | (0x4000'0000U - count); }
constexpr std::uint32_t expected(std::uint64_t word) { return 0x4000'0000U - (static_cast<std::uint32_t>(word) & 0x3fff'ffffU); }
constexpr std::uint32_t pending(std::uint64_t word) { return 0x8000'0000U - (static_cast<std::uint32_t>(word >> 32) & 0x7fff'ffffU); }
constexpr bool phase(std::uint64_t word) { return word >> 63 != 0; }
// ATOMS.ARRIVE.64 of one thread: counts one arrival; the last one flips the phase and reloads the count. True if so.
constexpr bool arrive(std::uint64_t& word) {
    const auto low = static_cast<std::uint32_t>(word);
    const auto old = static_cast<std::uint32_t>(word >> 32);
    auto high = old + 1;
    const bool last = (high & 0x7fff'ffffU) == 0;
    if (last) high |= 0x4000'0000U | (low & 0x3fff'ffffU);
    word = std::uint64_t{high} << 32 | low;
    return last;
}
} // namespace sm80

} // namespace heddle::emulator::mbarrier
