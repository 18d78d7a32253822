#include "frontend/emulator/recorded_stream.hpp"

namespace heddle::emulator {

InstructionChunk RecordedStream::next_chunk() {
    constexpr std::size_t kChunk = 128;
    std::vector<DynamicInstruction>& out = buffers_[buffer_];
    buffer_ = (buffer_ + 1) % buffers_.size();
    out.clear();
    const auto& runs = recorder_->runs();
    const auto& owners = recorder_->pattern_owners();
    while (out.size() < kChunk && run_ < runs.size()) {
        const WarpRecorder::Run& run = runs[run_];
        for (; in_run_ < run.count && out.size() < kChunk; ++in_run_, ++number_) {
            DynamicInstruction instruction{rows_[run.first + in_run_], run.mask, kNoAddress};
            if (pattern_ < owners.size() && owners[pattern_] == number_) {
                if (const StaticInstruction* const code = recorder_->code(pattern_)) instruction.code = code;
                instruction.address = pattern_++;
            }
            out.push_back(instruction);
        }
        if (in_run_ == run.count) {
            in_run_ = 0;
            ++run_;
        }
    }
    return {out, recorder_->patterns(), recorder_->list()};
}

} // namespace heddle::emulator
