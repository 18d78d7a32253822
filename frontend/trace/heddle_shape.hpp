// Shapes: how the addresses of a warp's lanes lie around one base address, and the predictor that follows the bases.
//
// A shape is a stride, or a list of offsets from the lowest address, packed to the width of the largest. Together with
// a base it is an AddressPattern. An instruction's shape rarely changes and its base usually moves by a constant.
#pragma once

#include "frontend/trace/heddle_format.hpp"
#include "sim/isa/warp_stream.hpp"

namespace heddle::trace {

inline constexpr std::uint32_t kInlineShape = 0x80000000; // a shape number with this bit is an offset into the payload

// Appends the shape of `pattern` to `out` and returns its base. `list` holds the addresses of a list, at most kLanes.
Address encode_shape(ByteWriter& out, const AddressPattern& pattern, std::span<const Address> list);

struct Shape {
    bool is_list = false;
    std::uint8_t lanes = 0;     // list: number of addresses
    std::uint8_t width = 0;     // list: bits of each offset, 0 to 56 or 64
    std::uint8_t shift = 0;     // list: offsets are multiples of 1 << shift
    std::uint32_t unpacked = 0; // list in a frame's dictionary: where its offsets are, see Frame::offsets()
    std::int64_t stride = 0;
    const std::uint8_t* packed = nullptr; // list: the offsets, within the payload

    // Writes base + offset of each address of a list. Requires: `packed` has 8 readable bytes behind its end.
    void expand(Address base, Address* out) const;
};

Shape decode_shape(ByteReader& in);

// Follows the base of one slot: constant steps, or two places in turn. Both sides run it, so they agree without a word.
struct BasePredictor {
    Address base = 0;
    std::int64_t next = 0;      // the movement expected now
    std::int64_t step = 0;      // expected unless it alternates
    std::int64_t last_miss = 0; // the last movement that was missed
    std::uint32_t shape = 0;
    bool used = false;       // the first base, step and shape come from the frame's table of firsts
    bool missed = false;     // the last movement was
    bool alternates = false; // the next movement undoes the last

    void start(Address first, std::int64_t first_step, std::uint32_t first_shape) {
        base = first;
        next = step = first_step;
        shape = first_shape;
    }
    Address expected() const { return base + static_cast<Address>(next); }
    // The base is expected().
    void hit() {
        base = expected();
        missed = false;
        if (alternates) next = negative(next);
    }
    // The base is `now`, not expected(). Going back by the movement expected begins an alternation, and the next miss
    // ends it. Another step is believed when missed twice running.
    void miss(Address now) {
        const auto moved = static_cast<std::int64_t>(now - base);
        alternates = !alternates && moved == negative(next);
        if (missed && moved == last_miss) step = moved;
        next = alternates ? negative(moved) : step;
        missed = true;
        last_miss = moved;
        base = now;
    }

  private:
    static std::int64_t negative(std::int64_t v) { return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(v)); }
};

} // namespace heddle::trace
