// Reads `.heddle` traces (traces/FORMAT.md) through a memory map.
//
// Opening checks the header, the section table and all cross-references; a kernel's code and CTA index are read when its
// command is asked for; a frame of CTAs is decompressed, checked and parsed when the first of its CTAs is; warps decode a
// few dozen instructions at a time as the model consumes them. So memory holds the frames of the resident CTAs and
// nothing else, whatever the size of the file.
//
// Everything wrong with the file is a UserError that names the file and the place in it. It comes from open, from
// next_command(), from next_cta(), and, since frames of a long CTA and addresses are decoded as they are consumed, also
// from WarpStream::next_chunk(). Streams of different warps may be read by different threads.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heddle {

struct HeddleReadOptions {
    std::uint32_t chunk_instructions = 32; // most instructions handed over by one WarpStream::next_chunk(); at least kMinChunk
};

// One kernel of an opened trace, with random access to its CTAs. The trace may be closed meanwhile.
class HeddleKernel : public Kernel {
  public:
    virtual std::uint64_t ctas() const = 0;
    virtual Dim3 cta_index(std::uint64_t position) const = 0; // position in dispatch order
    virtual std::uint64_t cta_warp_instructions(std::uint64_t position) const = 0;
    virtual CtaInstructions cta(std::uint64_t position) = 0; // next_cta() is not affected
    virtual std::uint64_t warp_instructions() const = 0;
    virtual std::uint64_t thread_instructions() const = 0;            // sum of active lanes
    virtual const std::vector<std::uint64_t>& row_counts() const = 0; // warp instructions per row of code()
    virtual std::uint64_t frames() const = 0;
    virtual Bytes stored_bytes() const = 0; // its frames in the file
};

struct HeddleTraceFacts {
    std::uint32_t version = 0;
    Bytes file_bytes = 0;
    std::uint64_t commands = 0, launches = 0;
    std::uint64_t warp_instructions = 0, thread_instructions = 0;
    std::string digest; // 32 hexadecimal digits over the content, whatever the compression
};

// A whole trace: its commands in order, each kernel on request.
class HeddleTrace {
  public:
    virtual ~HeddleTrace() = default;
    virtual const HeddleTraceFacts& facts() const = 0;
    virtual FrontendNotes notes() const = 0;
    virtual Command::Kind command_kind(std::uint64_t command) const = 0;
    // Requires: command < facts().commands. For a launch, the kernel is a HeddleKernel.
    virtual Command command(std::uint64_t command) const = 0;
    // Requires: command is a launch.
    virtual std::unique_ptr<HeddleKernel> kernel(std::uint64_t command) const = 0;
};

std::unique_ptr<HeddleTrace> open_heddle_file(const std::string& path, HeddleReadOptions options = {});
std::unique_ptr<Workload> open_heddle_trace(const std::string& path, HeddleReadOptions options = {});

} // namespace heddle
