// Walks the address stream of one warp in a frame: runs of hits, and entries that say what the predictors missed.
#pragma once

#include "frontend/trace/heddle_frame.hpp"

namespace heddle::trace {

class AddressCursor {
  public:
    AddressCursor(const Frame& frame, View entries) : frame_(&frame), entries_(frame.reader(entries)) { next_entry(); }

    // Moves `predictor`, that of the next instruction's slot, to the instruction's base and shape.
    void advance(BasePredictor& predictor) {
        if (!predictor.used) predictor.used = true; // base and shape are the frame's first for this slot
        else if (hits_ > 0) --hits_, predictor.hit();
        else take_entry(predictor);
    }
    // UserError at the present place of the stream.
    void expect(bool condition, const char* what) const { entries_.expect(condition, what); }

  private:
    void next_entry();
    void take_entry(BasePredictor& predictor);

    const Frame* frame_;
    ByteReader entries_;
    std::uint64_t hits_ = 0;       // before the next entry
    std::uint64_t shape_code_ = 0; // of the next entry, whose head is read already
};

} // namespace heddle::trace
