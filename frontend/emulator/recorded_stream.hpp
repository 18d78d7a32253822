// The warp stream of a recorded warp: expands runs of instructions, a chunk at a time.
#pragma once

#include "frontend/emulator/recorder.hpp"
#include "sim/isa/warp_stream.hpp"

#include <array>
#include <memory>
#include <vector>

namespace heddle::emulator {

class RecordedStream final : public WarpStream {
  public:
    // `rows`: the timing row of each instruction number; those that occur in `recorder` are filled in.
    RecordedStream(std::unique_ptr<WarpRecorder> recorder, const StaticInstruction* const* rows) : recorder_(std::move(recorder)), rows_(rows) {}
    InstructionChunk next_chunk() override;

  private:
    std::unique_ptr<WarpRecorder> recorder_;
    const StaticInstruction* const* rows_;
    std::array<std::vector<DynamicInstruction>, 3> buffers_; // a chunk stays valid until the next-but-one call
    std::size_t buffer_ = 0;
    std::size_t run_ = 0;
    std::uint32_t in_run_ = 0;
    std::uint32_t number_ = 0; // of the next dynamic instruction
    std::uint32_t pattern_ = 0;
};

} // namespace heddle::emulator
