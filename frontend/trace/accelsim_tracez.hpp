// Kernel traces in the `.tracez` container of Accel-Sim 2: per warp, zstd frames of text lines, found by an index at
// the end of the file.
//
//   header text, NUL | u32 dictionary size | u32 instructions per frame | dictionary
//   per warp: u32 instructions | u32 frames | frames x (u32 bytes, zstd frame)
//   index: u32 blocks | per block: block xyz, cluster xyz, place in cluster xyz, rank, warps (11 u32)
//                       per warp: u32 instructions | u32 frames | u64 offset | frames x u32 instructions
//   u64 offset of the index
//
// Numbers are little-endian. The index is walked, never held; memory is that of one thread block.
#pragma once

#include "frontend/trace/accelsim_kernel.hpp"

#include <cstdio>

struct ZSTD_DCtx_s;

namespace heddle {

// A file read at given places; every failure says where.
class PlacedFile {
  public:
    explicit PlacedFile(const std::filesystem::path& path);
    std::uint64_t size() const { return size_; }
    void seek(std::uint64_t offset) { at_ = offset; }
    std::uint64_t at() const { return at_; }
    // UserError if the file ends before.
    void read(void* to, std::size_t bytes, const TracePlace& place);
    std::uint32_t u32(const TracePlace& place);
    std::uint64_t u64(const TracePlace& place);

  private:
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, CloseFile> file_;
    std::uint64_t size_ = 0, at_ = 0, real_ = 0;
};

// The text header and what follows it.
struct TracezFile {
    PlacedFile file;
    AccelSimHeader header;
    std::string dictionary;
    std::uint64_t index = 0; // offset of the number of blocks

    TracezFile(const std::filesystem::path& path, AccelSimFindings& findings);
};

class AccelSimTracezKernel final : public AccelSimKernel {
  public:
    AccelSimTracezKernel(const std::filesystem::path& path, TracezFile file, std::shared_ptr<AccelSimFindings> findings);
    std::optional<CtaInstructions> next_cta() override;

  private:
    struct FreeContext {
        void operator()(ZSTD_DCtx_s* context) const;
    };
    void read_warp(WarpRecord& warp, std::uint64_t offset, std::uint32_t instructions, const std::vector<std::uint32_t>& frames);

    TracezFile file_;
    TracePlace place_;
    std::unique_ptr<ZSTD_DCtx_s, FreeContext> context_;
    std::string compressed_, text_;
    std::uint64_t next_entry_ = 0; // offset in the index
    std::uint32_t blocks_left_ = 0;
    bool finished_ = false;
};

} // namespace heddle
