#include "frontend/trace/heddle_frame.hpp"

namespace heddle::trace {

void FirstPredictor::next_warp() {
    if (warp_ % warps_per_cta_ == 0) { // a new CTA takes the place of the oldest
        ++cta_;
        warp_ = 0;
        const std::size_t cta_size = std::size_t{warps_per_cta_} * slots_;
        First* const table = table_.data();
        row_ = table + cta_ % 3 * cta_size;
        above_ = table + (cta_ + 2) % 3 * cta_size;
        higher_ = table + (cta_ + 1) % 3 * cta_size;
    } else {
        row_ += slots_;
        above_ += slots_;
        higher_ += slots_;
    }
    ++warp_;
}

Address FirstPredictor::expected_base(std::uint32_t slot) const {
    const First* const own = row_ + slot;
    const First* const above = above_ + slot;
    const bool has_above = above->cta == cta_ - 1 && cta_ > 1;
    if (warp_ > 1) {
        if (const First* const left = own - slots_; left->cta == cta_) {
            const First* const corner = above - slots_;
            if (has_above && corner->cta == cta_ - 1) return left->base + (above->base - corner->base);
            if (warp_ > 2 && (left - slots_)->cta == cta_) return left->base + (left->base - (left - slots_)->base);
            return left->base;
        }
    }
    if (!has_above) return last_[slot].base;
    const First* const higher = higher_ + slot;
    return cta_ > 2 && higher->cta == cta_ - 2 ? above->base + (above->base - higher->base) : above->base;
}

Frame::Frame(Blob payload, const RowTable& rows, std::uint32_t ctas, std::uint32_t warps_per_cta, std::string file, std::string place)
    : payload_(std::move(payload)), file_(std::move(file)), place_(std::move(place)), warps_per_cta_(warps_per_cta) {
    ByteReader in(content(payload_), file_, place_);
    const std::uint64_t paths = in.count(kMaxPaths, "the number of paths");
    for (std::uint64_t i = 0; i < paths; ++i) paths_.push_back(decode_path(in, rows));
    parse_shapes(in);

    const std::uint64_t warps = std::uint64_t{ctas} * warps_per_cta;
    in.expect(warps <= in.left() / 2, "the table of warps is too short");
    warps_.resize(warps + 1);
    std::uint64_t entry_bytes = 0;
    for (std::uint64_t i = 0; i < warps; ++i) {
        const std::uint64_t path = in.number();
        in.expect(path < paths_.size(), "a warp's path is not in the frame");
        warps_[i].path = static_cast<std::uint32_t>(path);
        warps_[i].entries_begin = static_cast<std::uint32_t>(entry_bytes);
        entry_bytes += in.count(kMaxFrameBytes, "the bytes of a warp's address stream");
        in.expect(entry_bytes <= in.left(), "the address streams are longer than the frame");
        warps_[i].entries_end = static_cast<std::uint32_t>(entry_bytes);
    }
    parse_firsts(in, warps_per_cta);
    in.expect(in.left() == entry_bytes, "the address streams do not fill the frame");
    for (WarpRecord& warp : warps_) {
        warp.entries_begin += static_cast<std::uint32_t>(in.offset());
        warp.entries_end += static_cast<std::uint32_t>(in.offset());
    }
}

void Frame::parse_shapes(ByteReader& in) {
    const std::uint64_t count = in.count(kMaxShapes, "the number of shapes");
    shapes_.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        Shape& shape = shapes_.emplace_back(decode_shape(in));
        if (!shape.is_list) continue;
        shape.unpacked = static_cast<std::uint32_t>(offsets_.size());
        offsets_.resize(offsets_.size() + kLanes);
        shape.expand(0, offsets_.data() + shape.unpacked);
    }
}

void Frame::parse_firsts(ByteReader& in, std::uint32_t warps_per_cta) {
    std::uint32_t slots = 0;
    for (const Path& path : paths_) slots = std::max(slots, path.slots);
    FirstPredictor predictor(warps_per_cta, slots);
    for (std::size_t i = 0; i + 1 < warps_.size(); ++i) {
        predictor.next_warp();
        warps_[i].firsts_begin = static_cast<std::uint32_t>(firsts_.size());
        const Path& path = paths_[warps_[i].path];
        for (std::uint32_t word = 0; word < path.touched.size(); ++word) {
            for (std::uint64_t left = path.touched[word]; left != 0; left &= left - 1) {
                const std::uint32_t slot = word * 64 + static_cast<std::uint32_t>(std::countr_zero(left));
                const Address base = predictor.expected_base(slot) + static_cast<Address>(in.difference());
                const std::uint64_t head = in.number(), code = head >> 1;
                std::int64_t step = predictor.expected_step(slot);
                if (head & kStepGiven)
                    step = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) + static_cast<std::uint64_t>(in.difference()));
                std::uint32_t shape = 0;
                if (code == kSame) {
                    shape = predictor.expected_shape(slot);
                    in.expect(shape != FirstPredictor::kNoShape, "a shape refers to an earlier one, but there is none");
                } else if (code == kInline) {
                    shape = kInlineShape | static_cast<std::uint32_t>(in.offset());
                    decode_shape(in);
                } else {
                    in.expect(code - kDictionary < shapes_.size(), "a shape is not in the frame's dictionary");
                    shape = static_cast<std::uint32_t>(code - kDictionary);
                }
                predictor.set(slot, base, step, shape);
                firsts_.push_back({base, step, shape, slot});
            }
        }
    }
    warps_.back().firsts_begin = static_cast<std::uint32_t>(firsts_.size());
}

Frame::Warp Frame::warp(std::uint32_t cta, std::uint32_t warp) const {
    const std::size_t i = std::size_t{cta} * warps_per_cta_ + warp;
    const WarpRecord& record = warps_[i];
    return {&paths_[record.path], std::span(firsts_).subspan(record.firsts_begin, warps_[i + 1].firsts_begin - record.firsts_begin),
            View(payload_).subspan(record.entries_begin, record.entries_end - record.entries_begin)};
}

std::uint64_t Frame::cta_instructions(std::uint32_t cta) const {
    std::uint64_t sum = 0;
    for (std::uint32_t warp = 0; warp < warps_per_cta_; ++warp)
        sum += paths_[warps_[std::size_t{cta} * warps_per_cta_ + warp].path].instructions;
    return sum;
}

Shape Frame::inline_shape(std::uint32_t offset) const {
    ByteReader in(content(payload_).subspan(offset), file_, place_);
    return decode_shape(in);
}

ByteReader Frame::reader(View bytes) const { return {bytes, file_, place_}; }

} // namespace heddle::trace
