// The WarpStream of a `.heddle` trace: walks the warp's path and address stream, a chunk at a time.
#pragma once

#include "frontend/trace/heddle_frame.hpp"

#include <memory>

namespace heddle::trace {

// A kernel's instruction table as streams use it. Shared by all launches of the same code.
struct SharedCode {
    KernelCode code;
    RowTable rows;
    std::vector<const StaticInstruction*> row; // of each row number; the table's rows never move

    // Takes a code that is complete.
    explicit SharedCode(KernelCode complete) : code(std::move(complete)) {
        for (const StaticInstruction& instruction : code.instructions) {
            rows.append(instruction);
            row.push_back(&instruction);
        }
    }
};

// Gives the frames of one kernel to its streams. Safe to call from several threads.
class FrameSource {
  public:
    virtual ~FrameSource() = default;
    virtual std::shared_ptr<const Frame> frame(std::uint32_t number) = 0;
    virtual const SharedCode& code() const = 0;
};

// The streams of a CTA whose instructions lie in frames `first_frame` .. `last_frame`, in which it is number `cta` of the
// first and number 0 of the others. `frame` is the first of them. The streams keep `source` alive, each on its own.
std::vector<std::unique_ptr<WarpStream>> make_streams(std::shared_ptr<FrameSource> source, std::shared_ptr<const Frame> frame,
                                                      std::uint32_t first_frame, std::uint32_t last_frame, std::uint32_t cta,
                                                      std::uint32_t warps, std::uint32_t chunk_instructions);

} // namespace heddle::trace
