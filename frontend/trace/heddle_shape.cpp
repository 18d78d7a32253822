#include "frontend/trace/heddle_shape.hpp"

#include "sim/base/units.hpp"

#include <algorithm>

namespace heddle::trace {

// First number: 0 for a stride, 1 + n for a list of n addresses.
Address encode_shape(ByteWriter& out, const AddressPattern& pattern, std::span<const Address> list) {
    if (pattern.kind == AddressPattern::Kind::Stride) {
        out.number(0);
        out.difference(pattern.stride);
        return pattern.base;
    }
    HEDDLE_EXPECT(list.size() <= kLanes, "a list of {} addresses", list.size());
    out.number(1 + list.size());
    if (list.empty()) return 0;
    const Address base = *std::min_element(list.begin(), list.end());
    Address together = 0, largest = 0;
    for (const Address a : list) together |= a - base, largest = std::max(largest, a - base);
    const unsigned shift = together == 0 ? 0 : static_cast<unsigned>(std::countr_zero(together));
    auto width = static_cast<unsigned>(std::bit_width(largest >> shift));
    if (width > 56) width = 64; // an unaligned 8-byte read must hold any offset
    out.u8(static_cast<std::uint8_t>(width));
    out.u8(static_cast<std::uint8_t>(shift));
    if (width == 64) {
        for (const Address a : list) out.u64((a - base) >> shift);
        return base;
    }
    std::uint64_t bits = 0;
    unsigned held = 0;
    for (const Address a : list) {
        bits |= ((a - base) >> shift) << held; // held <= 7, width <= 56
        held += width;
        for (; held >= 8; held -= 8, bits >>= 8) out.u8(static_cast<std::uint8_t>(bits));
    }
    if (held > 0) out.u8(static_cast<std::uint8_t>(bits));
    return base;
}

Shape decode_shape(ByteReader& in) {
    Shape shape;
    const std::uint64_t kind = in.number(1 + kLanes, "the kind of a shape");
    if (kind == 0) {
        shape.stride = in.difference();
        return shape;
    }
    shape.is_list = true;
    shape.lanes = static_cast<std::uint8_t>(kind - 1);
    if (shape.lanes == 0) return shape;
    shape.width = in.u8();
    shape.shift = in.u8();
    in.expect((shape.width <= 56 || shape.width == 64) && shape.shift < 64, "the packing of a list is out of range");
    shape.packed = in.take((std::size_t{shape.lanes} * shape.width + 7) / 8);
    return shape;
}

void Shape::expand(Address base, Address* out) const {
    if (width == 0) {
        std::fill_n(out, lanes, base);
        return;
    }
    const std::uint64_t mask = ~0ULL >> (64 - width);
    std::size_t bit = 0;
    for (unsigned k = 0; k < lanes; ++k, bit += width) {
        std::uint64_t word;
        std::memcpy(&word, packed + (bit >> 3), 8);
        out[k] = base + (((word >> (bit & 7)) & mask) << shift);
    }
}

} // namespace heddle::trace
