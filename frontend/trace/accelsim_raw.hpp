// Ungrouped kernel traces (`.trace`), as the tracer writes them: the lines of all thread blocks mixed, each with block
// and warp in front.
//
// The lines are first dealt out to their thread blocks through an unnamed temporary file, so memory holds some tens of
// megabytes whatever the trace. Blocks come in the order of their numbers. LDGSTS stands twice, first with its shared
// and then with its global addresses; the first is dropped, as the tracer's own grouping step does.
#pragma once

#include "frontend/trace/accelsim_kernel.hpp"
#include "frontend/trace/compressed_reader.hpp"

#include <cstdio>

namespace heddle {

class AccelSimRawKernel final : public AccelSimKernel {
  public:
    AccelSimRawKernel(LineReader lines, AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings);
    std::optional<CtaInstructions> next_cta() override;

  private:
    struct Block {
        Dim3 index{0, 0, 0};
        std::uint32_t cluster_rank = 0;
        bool has_cluster = false;
        std::string waiting;                                         // records not yet in the file
        std::vector<std::pair<std::uint64_t, std::uint32_t>> pieces; // offset and length in the file
    };
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void deal_out();
    void write_out(Block& block);
    std::string records_of(Block& block);

    LineReader lines_;
    TracePlace place_;
    std::unique_ptr<std::FILE, CloseFile> spool_;
    std::uint64_t spooled_ = 0;
    std::map<std::uint64_t, Block> blocks_; // by number; erased when handed over
    bool dealt_out_ = false, finished_ = false;
};

} // namespace heddle
