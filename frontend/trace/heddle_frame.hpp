// Frames: the CTAs (or a piece of one long CTA) that are compressed together and can be read on their own.
//
// A frame holds its paths, its shapes, and for each warp the number of its path, the first address in each slot
// (predicted from the neighbouring warps) and the entries of its address stream: everything the predictors miss.
// FrameBuilder makes the payload, Frame is the payload parsed; heddle_stream.hpp walks it.
#pragma once

#include "frontend/trace/heddle_path.hpp"
#include "frontend/trace/heddle_shape.hpp"

#include <deque>
#include <map>

namespace heddle::trace {

// What an address entry or a first says about its shape. A first that uses the dictionary adds the shape's number, and
// kStepGiven to twice the whole if its step is not the expected one.
inline constexpr std::uint64_t kSame = 0, kInline = 1, kDictionary = 2, kStepGiven = 1;

// What the neighbours of a warp say about its first address in each slot: left is the warp before it in its CTA, above
// the same warp of the CTA before. Both sides run it over the warps of a frame in order.
class FirstPredictor {
  public:
    static constexpr std::uint32_t kNoShape = 0xffffffff;

    FirstPredictor(std::uint32_t warps_per_cta, std::uint32_t slots)
        : warps_per_cta_(warps_per_cta), slots_(slots), table_(std::size_t{3} * warps_per_cta * slots), last_(slots), row_(table_.data()),
          above_(row_ + std::size_t{warps_per_cta} * slots), higher_(above_ + std::size_t{warps_per_cta} * slots) {}
    void next_warp();
    Address expected_base(std::uint32_t slot) const;
    // What set() was told of the neighbour, or kNoShape and 0.
    std::uint32_t expected_shape(std::uint32_t slot) const { return like(slot).shape; }
    std::int64_t expected_step(std::uint32_t slot) const { return like(slot).step; }
    void set(std::uint32_t slot, Address base, std::int64_t step, std::uint32_t shape) {
        last_[slot] = row_[slot] = {base, step, shape, cta_};
    }

  private:
    struct First {
        Address base = 0;
        std::int64_t step = 0;
        std::uint32_t shape = kNoShape;
        std::uint32_t cta = 0; // number of the CTA in the frame, from 1; 0: none
    };
    // The warp that this one is most like.
    const First& like(std::uint32_t slot) const {
        const First& above = above_[slot];
        return above.cta == cta_ - 1 && cta_ > 1 ? above : last_[slot];
    }

    std::uint32_t warps_per_cta_, slots_;
    std::uint32_t cta_ = 0, warp_ = 0; // warp_ is that of the next call
    std::vector<First> table_;         // of three CTAs, each by warp and slot
    std::vector<First> last_;          // per slot, of whichever warp had it last
    First *row_, *above_, *higher_;    // of the present warp, in the present CTA, the one before and the one before that
};

class FrameBuilder {
  public:
    // `rows` grows while CTAs are added.
    FrameBuilder(std::uint32_t warps_per_cta, const RowTable& rows);

    void begin_cta();
    // One instruction of a warp of the CTA that was begun last. `pattern` may be null.
    void add(std::uint32_t warp, std::uint32_t row, std::uint32_t mask, const AddressPattern* pattern, std::span<const Address> list);
    // No more instructions come for the CTA.
    void end_cta();

    std::uint32_t warps() const { return static_cast<std::uint32_t>(done_.size() + open_.size()); }
    // About the size of the payload.
    std::size_t bytes() const { return bytes_; }
    // The payload, after which the builder is as new. Requires: end_cta().
    Blob encode();

  private:
    static constexpr std::uint64_t kNone = ~0ULL;
    struct First {
        Address base = 0;
        std::uint32_t shape = 0;
        bool stepped = false; // a second access was seen
        std::int64_t step = 0;
    };
    struct Entry {
        std::uint64_t hits = 0; // accesses as expected before this one
        std::int64_t miss = 0;
        std::uint32_t shape = 0;
        bool same_shape = false;
    };
    struct Warp {
        PathBuilder path;
        std::vector<BasePredictor> slots;
        std::uint64_t hits = 0;
        std::map<std::uint32_t, First> firsts; // by slot
        std::vector<Entry> entries;
        std::uint32_t path_number = 0;
    };
    std::uint32_t shape_number(const AddressPattern& pattern, std::span<const Address> list, Address& base);

    std::uint32_t warps_per_cta_;
    const RowTable& rows_;
    std::vector<Warp> open_; // of the CTA begun last
    std::deque<Warp> done_;
    std::vector<Blob> paths_;
    std::map<Blob, std::uint32_t> path_numbers_;
    std::vector<const Blob*> shapes_; // keys of shape_numbers_
    std::vector<std::uint32_t> shape_uses_;
    std::map<Blob, std::uint32_t> shape_numbers_;
    Blob scratch_;
    std::size_t bytes_ = 0;
};

// A frame in memory. Immutable after construction, so any number of threads may walk it.
class Frame {
  public:
    struct First {
        Address base = 0;
        std::int64_t step = 0;
        std::uint32_t shape = 0;
        std::uint32_t slot = 0;
    };
    struct Warp {
        const Path* path = nullptr;
        std::span<const First> firsts;
        View entries;
    };

    // Parses `payload` (from decompress()). Throws UserError naming `file` and `place`.
    Frame(Blob payload, const RowTable& rows, std::uint32_t ctas, std::uint32_t warps_per_cta, std::string file, std::string place);
    Frame(const Frame&) = delete;

    Warp warp(std::uint32_t cta, std::uint32_t warp) const;
    std::uint64_t cta_instructions(std::uint32_t cta) const;
    const Shape& shape(std::uint32_t number) const { return shapes_[number]; }
    // A shape in the payload itself, already found to be sound.
    Shape inline_shape(std::uint32_t offset) const;
    ByteReader reader(View bytes) const; // of a part of the payload
    // Where in the payload `at` points.
    std::uint32_t offset(const std::uint8_t* at) const { return static_cast<std::uint32_t>(at - payload_.data()); }
    std::uint32_t shapes() const { return static_cast<std::uint32_t>(shapes_.size()); }
    // Offsets from the base, of a list in the dictionary; kLanes of them, the superfluous ones are 0.
    const Address* offsets(const Shape& shape) const { return offsets_.data() + shape.unpacked; }

  private:
    struct WarpRecord {
        std::uint32_t path = 0;
        std::uint32_t firsts_begin = 0;
        std::uint32_t entries_begin = 0, entries_end = 0;
    };
    void parse_shapes(ByteReader& in);
    void parse_firsts(ByteReader& in, std::uint32_t warps_per_cta);

    Blob payload_;
    std::string file_, place_;
    std::uint32_t warps_per_cta_;
    std::vector<Path> paths_;
    std::vector<Shape> shapes_;
    std::vector<Address> offsets_;
    std::vector<WarpRecord> warps_; // and one more, for the ends
    std::vector<First> firsts_;
};

} // namespace heddle::trace
