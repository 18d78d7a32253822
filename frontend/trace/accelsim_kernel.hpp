// One kernel of an Accel-Sim trace: what text files, ungrouped files and `.tracez` containers have in common.
#pragma once

#include "frontend/trace/accelsim_instructions.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace heddle {

// Opens a kernel trace of any of the layouts and reads its header. UserError with the place.
// `id` becomes launch().id. The findings outlive all kernels.
std::unique_ptr<Kernel> open_accelsim_kernel(const std::filesystem::path& path, std::uint64_t id,
                                             std::shared_ptr<AccelSimFindings> findings);

// A thread block while it is read.
struct BlockRecord {
    Dim3 index{0, 0, 0};
    std::uint32_t cluster_rank = 0;
    bool has_cluster = false; // the trace said something of its cluster
    std::vector<WarpRecord> warps;
};

class AccelSimKernel : public Kernel {
  public:
    AccelSimKernel(AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings);
    const KernelLaunch& launch() const override { return header_.launch; }
    const KernelCode& code() const override { return code_; }

  protected:
    const AccelSimHeader& header() const { return header_; }
    AccelSimFindings& findings() { return *findings_; }
    InstructionReader& reader() { return reader_; }

    // An empty block with room for every warp.
    BlockRecord start_block() const;
    // Notes that the trace holds the block. UserError: outside the grid, or there before.
    void enter_block(const BlockRecord& block, const TracePlace& place);
    // Checks that no warp is missing and hands the block over.
    CtaInstructions finish_block(BlockRecord&& block, const TracePlace& place);
    // Called at the end of the trace: UserError if the last blocks of the grid are missing; anomaly for gaps.
    void finish_grid(const TracePlace& place);

  private:
    AccelSimHeader header_;
    std::shared_ptr<AccelSimFindings> findings_;
    KernelCode code_;
    InstructionReader reader_;
    std::uint64_t blocks_ = 0;                       // handed over
    std::map<std::uint64_t, std::uint64_t> entered_; // runs of linear block numbers: first -> one past the last
};

// "(1,2,3)"
std::string text_of(Dim3 index);

} // namespace heddle
