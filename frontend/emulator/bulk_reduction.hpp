// Element-wise reductions of bulk and tensor copies (cp.reduce.async.bulk).
#pragma once

#include "sim/base/units.hpp"

#include <cstddef>
#include <cstdint>

namespace heddle::emulator {

// Types as UBLKRED numbers them.
enum class ReductionType : std::uint8_t { U32, S32, U64, S64, F16, F32, F32Ftz, F64, Bf16 };

// Operations as UBLKRED and UTMAREDG number them: 0 add, 1 min, 2 max, 3 inc, 4 dec, 5 and, 6 or, 7 xor.
bool reduction_exists(ReductionType type, unsigned function);
// destination = destination op source, for `bytes` bytes. Requires: the reduction exists; bytes is a multiple of the element.
void reduce_elements(std::byte* destination, const std::byte* source, Bytes bytes, ReductionType type, unsigned function);

} // namespace heddle::emulator
