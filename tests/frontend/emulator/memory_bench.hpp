// Words of memory instructions, built field by field, for tests of single instructions.
#pragma once

#include "frontend/emulator/fault.hpp"
#include "tests/frontend/emulator/warp_bench.hpp"

#include <cstring>
#include <random>
#include <vector>

namespace heddle::emulator {

class MemoryWord {
  public:
    explicit MemoryWord(unsigned opcode) {
        word_.set(0, 12, opcode);
        word_.set(12, 3, 7);
    }
    MemoryWord& set(unsigned first, unsigned count, std::uint64_t value) {
        word_.set(first, count, value);
        return *this;
    }
    MemoryWord& d(unsigned r) { return set(16, 8, r); }
    MemoryWord& a(unsigned r) { return set(24, 8, r); }
    MemoryWord& b(unsigned r) { return set(32, 8, r); }
    MemoryWord& c(unsigned r) { return set(64, 8, r); }
    MemoryWord& offset(std::int64_t bytes) { return set(40, 24, static_cast<std::uint64_t>(bytes)); }
    MemoryWord& size(unsigned field) { return set(73, 3, field); }
    operator const sass::Word&() const { return word_; }

  private:
    sass::Word word_;
};

// Sizes as Field::Size numbers them: U8 S8 U16 S16 32 64 128.
inline constexpr unsigned kSizeBytes[] = {1, 1, 2, 2, 4, 8, 16};

inline MemoryWord ldg(unsigned size, unsigned d, unsigned a) {
    return MemoryWord(0x381).set(72, 1, 1).size(size).set(81, 3, 7).set(84, 3, 1).d(d).a(a);
}
inline MemoryWord stg(unsigned size, unsigned a, unsigned b) { return MemoryWord(0x386).set(72, 1, 1).size(size).set(84, 3, 1).a(a).b(b); }
inline MemoryWord lds(unsigned size, unsigned d, unsigned a) { return MemoryWord(0x984).size(size).d(d).a(a); }
inline MemoryWord sts(unsigned size, unsigned a, unsigned b) { return MemoryWord(0x388).size(size).a(a).b(b); }

inline void set_pair(WarpBench& bench, unsigned number, const std::array<Address, kLanes>& values) {
    bench.set(number, [&](unsigned l) { return static_cast<std::uint32_t>(values[l]); });
    bench.set(number + 1, [&](unsigned l) { return static_cast<std::uint32_t>(values[l] >> 32); });
}

// The fault an instruction raises. Fails the test if it raises none.
inline DeviceFault fault_of(WarpBench& bench, const sass::Word& word, Mask mask = kAllLanes) {
    try {
        bench.run(word, mask);
    } catch (const DeviceFault& fault) {
        return fault;
    }
    FAIL("no fault");
    return {FaultKind::Trap, ""};
}

} // namespace heddle::emulator
