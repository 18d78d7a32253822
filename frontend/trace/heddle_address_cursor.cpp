#include "frontend/trace/heddle_address_cursor.hpp"

namespace heddle::trace {

void AddressCursor::next_entry() {
    if (entries_.left() == 0) {
        hits_ = ~0ULL; // whatever follows is as expected
        return;
    }
    const std::uint64_t head = entries_.number();
    hits_ = head >> 2;
    shape_code_ = head & 3;
}

void AddressCursor::take_entry(BasePredictor& predictor) {
    const std::int64_t miss = entries_.difference();
    if (miss == 0) predictor.hit();
    else predictor.miss(predictor.expected() + static_cast<Address>(miss));
    if (shape_code_ == kInline) {
        predictor.shape = kInlineShape | frame_->offset(entries_.at());
        decode_shape(entries_);
    } else if (shape_code_ == kDictionary) {
        const std::uint64_t shape = entries_.number();
        entries_.expect(shape < frame_->shapes(), "a shape is not in the frame's dictionary");
        predictor.shape = static_cast<std::uint32_t>(shape);
    } else {
        entries_.expect(shape_code_ == kSame, "unknown kind of address entry");
    }
    next_entry();
}

} // namespace heddle::trace
