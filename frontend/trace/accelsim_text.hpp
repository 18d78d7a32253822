// Kernel traces as text: grouped by thread block (#BEGIN_TB ... #END_TB), as the tracer's grouping step leaves them.
#pragma once

#include "frontend/trace/accelsim_kernel.hpp"
#include "frontend/trace/compressed_reader.hpp"

namespace heddle {

// The numbers before an instruction of an ungrouped trace, or of any line of versions 1 and 2.
struct LinePrefix {
    Dim3 block{0, 0, 0};
    std::uint32_t warp = 0;
    std::uint32_t cluster_rank = 0;
    bool has_cluster = false; // version 6: cluster, place in the cluster and rank follow
};

// Reads the prefix at the start of `line`, and sets `rest` behind it. UserError at `place`.
LinePrefix read_prefix(std::string_view line, unsigned version, bool grouped, std::size_t& rest, const TracePlace& place);

class AccelSimTextKernel final : public AccelSimKernel {
  public:
    AccelSimTextKernel(LineReader lines, AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings);
    std::optional<CtaInstructions> next_cta() override;

  private:
    bool find_block();
    void read_warp_head(std::string_view line, BlockRecord& block);
    void read_instruction(std::string_view line, BlockRecord& block);
    void begin_warp(std::uint64_t number, BlockRecord& block);
    void end_warp(const BlockRecord& block);
    TracePlace& place();

    LineReader lines_;
    TracePlace place_;
    bool finished_ = false;
    // The warp being read.
    std::uint64_t warp_ = 0;
    bool in_warp_ = false;
    std::optional<std::uint64_t> announced_; // its "insts = n"
};

} // namespace heddle
