#include "frontend/trace/heddle_frame.hpp"

namespace heddle::trace {
FrameBuilder::FrameBuilder(std::uint32_t warps_per_cta, const RowTable& rows) : warps_per_cta_(warps_per_cta), rows_(rows) {}

void FrameBuilder::begin_cta() {
    open_.clear();
    open_.resize(warps_per_cta_);
    bytes_ += 2 * warps_per_cta_;
}

std::uint32_t FrameBuilder::shape_number(const AddressPattern& pattern, std::span<const Address> list, Address& base) {
    scratch_.clear();
    ByteWriter out(scratch_);
    base = encode_shape(out, pattern, list);
    const auto [at, is_new] = shape_numbers_.try_emplace(scratch_, static_cast<std::uint32_t>(shapes_.size()));
    if (is_new) {
        shapes_.push_back(&at->first);
        shape_uses_.push_back(0);
        bytes_ += scratch_.size();
    }
    ++shape_uses_[at->second];
    return at->second;
}

void FrameBuilder::add(std::uint32_t warp_number, std::uint32_t row, std::uint32_t mask, const AddressPattern* pattern,
                       std::span<const Address> list) {
    Warp& warp = open_[warp_number];
    const std::size_t path_bytes = warp.path.bytes();
    warp.path.add(row, mask, (mask != 0 && rows_.expects_address(row)) != (pattern != nullptr));
    bytes_ += warp.path.bytes() - path_bytes;
    if (!pattern) return;
    Address base = 0;
    const std::uint32_t shape = shape_number(*pattern, list, base);
    const std::uint32_t slot = rows_.slot(row);
    if (slot >= warp.slots.size()) warp.slots.resize(slot + 1);
    BasePredictor& predictor = warp.slots[slot];
    if (!predictor.used) {
        predictor.used = true;
        predictor.start(base, 0, shape);
        warp.firsts.emplace(slot, First{base, shape});
        bytes_ += 3;
        return;
    }
    if (First& first = warp.firsts.at(slot); !first.stepped) { // the first movement is said with the first base
        first.stepped = true;
        first.step = static_cast<std::int64_t>(base - predictor.base);
        predictor.start(first.base, first.step, first.shape);
    }
    if (base == predictor.expected() && shape == predictor.shape) {
        predictor.hit();
        ++warp.hits;
        return;
    }
    warp.entries.push_back({warp.hits, static_cast<std::int64_t>(base - predictor.expected()), shape, shape == predictor.shape});
    bytes_ += 5;
    warp.hits = 0;
    predictor.shape = shape;
    if (base == predictor.expected()) predictor.hit();
    else predictor.miss(base);
}

void FrameBuilder::end_cta() {
    for (Warp& warp : open_) {
        Blob path = warp.path.encode();
        const auto [at, is_new] = path_numbers_.try_emplace(path, static_cast<std::uint32_t>(paths_.size()));
        if (is_new) paths_.push_back(std::move(path));
        warp.path_number = at->second;
        warp.path = {};
        std::vector<BasePredictor>().swap(warp.slots);
        done_.push_back(std::move(warp));
    }
    open_.clear();
}

Blob FrameBuilder::encode() {
    HEDDLE_EXPECT(open_.empty(), "a CTA is still open");
    Blob blob;
    ByteWriter out(blob);
    out.number(paths_.size());
    for (const Blob& path : paths_) out.bytes(path.data(), path.size());

    // Shapes used more than once go into the dictionary, in the order of their first use; others stay where they are used.
    constexpr std::uint32_t kAbsent = 0xffffffff;
    std::vector<std::uint32_t> dictionary(shapes_.size(), kAbsent);
    std::uint32_t entries = 0;
    for (std::size_t i = 0; i < shapes_.size() && entries < kMaxShapes; ++i)
        if (shape_uses_[i] > 1) dictionary[i] = entries++;
    out.number(entries);
    for (std::size_t i = 0; i < shapes_.size(); ++i)
        if (dictionary[i] != kAbsent) out.bytes(shapes_[i]->data(), shapes_[i]->size());

    std::vector<Blob> streams;
    for (const Warp& warp : done_) {
        Blob& stream = streams.emplace_back();
        ByteWriter to(stream);
        for (const Entry& e : warp.entries) {
            const bool known = dictionary[e.shape] != kAbsent;
            to.number(e.hits << 2 | (e.same_shape ? kSame : known ? kDictionary : kInline));
            to.difference(e.miss);
            if (e.same_shape) continue;
            if (known) to.number(dictionary[e.shape]);
            else to.bytes(shapes_[e.shape]->data(), shapes_[e.shape]->size());
        }
        out.number(warp.path_number);
        out.number(stream.size());
    }
    std::uint32_t slots = 0;
    for (const Warp& warp : done_)
        if (!warp.firsts.empty()) slots = std::max(slots, warp.firsts.rbegin()->first + 1);
    FirstPredictor predictor(warps_per_cta_, slots);
    for (const Warp& warp : done_) {
        predictor.next_warp();
        for (const auto& [slot, first] : warp.firsts) {
            out.difference(static_cast<std::int64_t>(first.base - predictor.expected_base(slot)));
            const std::int64_t step = first.stepped ? first.step : predictor.expected_step(slot);
            const bool same = first.shape == predictor.expected_shape(slot), known = dictionary[first.shape] != kAbsent;
            const std::uint64_t code = same ? kSame : known ? kDictionary + dictionary[first.shape] : kInline;
            const bool given = step != predictor.expected_step(slot);
            out.number(code << 1 | (given ? kStepGiven : 0));
            if (given)
                out.difference(static_cast<std::int64_t>(static_cast<std::uint64_t>(step) -
                                                         static_cast<std::uint64_t>(predictor.expected_step(slot))));
            if (!same && !known) out.bytes(shapes_[first.shape]->data(), shapes_[first.shape]->size());
            predictor.set(slot, first.base, step, first.shape);
        }
    }
    for (const Blob& stream : streams) out.bytes(stream.data(), stream.size());

    done_.clear();
    paths_.clear();
    path_numbers_.clear();
    shapes_.clear();
    shape_uses_.clear();
    shape_numbers_.clear();
    bytes_ = 0;
    return blob;
}

} // namespace heddle::trace
