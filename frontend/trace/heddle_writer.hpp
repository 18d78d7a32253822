// Writes a `.heddle` trace: Heddle's own compact form of a workload (traces/FORMAT.md describes every byte).
//
// What goes in comes out again exactly: every command, every field of every launch and instruction row, every executed
// warp instruction with its mask and its address pattern. The bytes depend on that content only, never on time, host or
// path, so the same workload written twice gives the same file. Memory is bounded by one frame of CTAs: a CTA too large
// for a frame is cut into pieces while it is drained. The file appears under its name only when finish() succeeds.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <memory>
#include <string>

namespace heddle {

struct HeddleWriteOptions {
    int compression_level = 9;             // zstd level, 1 to 19; part of the bytes, not of the content digest
    std::uint32_t frame_warps = 256;       // a frame is closed once it holds this many warps ...
    std::uint32_t frame_bytes = 128 << 10; // ... or about this many bytes before compression
    std::uint32_t piece_bytes = 512 << 10; // a CTA is cut when its frame grows beyond this
};

class HeddleTraceWriter {
  public:
    // Creates `path` + ".partial". Throws UserError if that is impossible.
    explicit HeddleTraceWriter(std::string path, HeddleWriteOptions options = {});
    // Removes the partial file if finish() was not reached.
    ~HeddleTraceWriter();
    HeddleTraceWriter(const HeddleTraceWriter&) = delete;
    HeddleTraceWriter& operator=(const HeddleTraceWriter&) = delete;

    void add_copy(Address destination, Bytes bytes);
    // Requires: no kernel is open; `code` lives until end_kernel() and may grow while CTAs are drained. CTAs follow by
    // add_cta(), in dispatch order.
    void begin_kernel(const KernelLaunch& launch, const KernelCode& code);
    // Drains the streams of `cta`. Requires: a kernel is open; one stream per warp of the launch.
    void add_cta(CtaInstructions& cta);
    void end_kernel();
    // Writes what stands at the end of the file, and renames it. Nothing may follow.
    void finish(const FrontendNotes& notes = {});

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Drains `workload` into a file at `path`. Kernels are drained in command order, CTAs in dispatch order.
void write_heddle_trace(Workload& workload, const std::string& path, HeddleWriteOptions options = {});

} // namespace heddle
