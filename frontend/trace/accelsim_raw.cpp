#include "frontend/trace/accelsim_raw.hpp"

#include "frontend/trace/accelsim_text.hpp"

#include <cstring>

namespace heddle {
namespace {

constexpr std::size_t kPieceBytes = 16 << 10;   // a block's records go to the file in pieces of this size
constexpr std::size_t kWaitingBytes = 32 << 20; // at most this much waits in memory

struct RecordHead {
    std::uint64_t line;
    std::uint32_t warp;
    std::uint32_t length; // of the text, its '\n' included
};

} // namespace

AccelSimRawKernel::AccelSimRawKernel(LineReader lines, AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings)
    : AccelSimKernel(std::move(header), std::move(findings)), lines_(std::move(lines)), place_{lines_.file(), 0, {}, -1} {}

void AccelSimRawKernel::write_out(Block& block) {
    if (block.waiting.empty()) return;
    if (std::fwrite(block.waiting.data(), 1, block.waiting.size(), spool_.get()) != block.waiting.size())
        place_.fail(1, "the temporary file for grouping by thread block cannot be written", "is the disk of TMPDIR full?");
    block.pieces.emplace_back(spooled_, static_cast<std::uint32_t>(block.waiting.size()));
    spooled_ += block.waiting.size();
    block.waiting.clear();
}

void AccelSimRawKernel::deal_out() {
    spool_.reset(std::tmpfile());
    if (!spool_) place_.fail(1, "no temporary file can be made for grouping by thread block");
    const Dim3 grid = launch().grid;
    const std::uint32_t warps = launch().warps_per_cta();
    std::size_t waiting = 0;
    std::string_view line;
    while (lines_.next(line)) {
        if (line.empty() || line[0] == '#' || trimmed(line).empty()) continue;
        place_.line = lines_.line_number();
        std::size_t rest = 0;
        const LinePrefix prefix = read_prefix(line, header().version, false, rest, place_);
        const Dim3 at = prefix.block;
        if (at.x >= grid.x || at.y >= grid.y || at.z >= grid.z)
            place_.fail(1, fmt::format("thread block {} lies outside the grid {}", text_of(at), text_of(grid)));
        if (prefix.warp >= warps)
            place_.fail(1, fmt::format("warp {} of thread block {}, which has {} warps", prefix.warp, text_of(at), warps));
        Block& block = blocks_[(std::uint64_t{at.z} * grid.y + at.y) * grid.x + at.x];
        block.index = at;
        block.cluster_rank = prefix.cluster_rank;
        block.has_cluster = prefix.has_cluster;
        const RecordHead head{place_.line, prefix.warp, static_cast<std::uint32_t>(line.size() - rest + 1)};
        block.waiting.append(reinterpret_cast<const char*>(&head), sizeof head);
        block.waiting.append(line.substr(rest)).push_back('\n');
        waiting += sizeof head + head.length;
        if (block.waiting.size() >= kPieceBytes) {
            waiting -= block.waiting.size();
            write_out(block);
        }
        if (waiting >= kWaitingBytes) {
            for (auto& [number, each] : blocks_) write_out(each);
            waiting = 0;
        }
    }
}

std::string AccelSimRawKernel::records_of(Block& block) {
    std::string records;
    for (const auto& [offset, length] : block.pieces) {
        const std::size_t at = records.size();
        records.resize(at + length);
        if (fseeko(spool_.get(), static_cast<off_t>(offset), SEEK_SET) != 0 ||
            std::fread(records.data() + at, 1, length, spool_.get()) != length)
            place_.fail(1, "the temporary file for grouping by thread block cannot be read");
    }
    return records += block.waiting;
}

std::optional<CtaInstructions> AccelSimRawKernel::next_cta() {
    if (finished_) return std::nullopt;
    if (!dealt_out_) deal_out();
    dealt_out_ = true;
    if (blocks_.empty()) {
        finished_ = true;
        place_.line = lines_.line_number();
        finish_grid(place_);
        return std::nullopt;
    }
    auto node = blocks_.extract(blocks_.begin());
    Block& source = node.mapped();
    const std::string records = records_of(source);
    BlockRecord block = start_block();
    block.index = source.index;
    block.cluster_rank = source.cluster_rank;
    block.has_cluster = source.has_cluster;
    enter_block(block, place_);
    reader().set_cluster_rank(block.cluster_rank);
    std::vector<bool> shared_half(block.warps.size(), true); // the next LDGSTS line has the shared addresses
    for (std::size_t at = 0; at < records.size();) {
        RecordHead head;
        std::memcpy(&head, records.data() + at, sizeof head);
        at += sizeof head;
        const char* const text = records.data() + at;
        at += head.length;
        place_.line = head.line;
        block.warps[head.warp].listed = true;
        if (std::string_view(text, head.length).find(" LDGSTS") != std::string_view::npos) {
            shared_half[head.warp] = !shared_half[head.warp];
            if (!shared_half[head.warp]) continue;
        }
        reader().read(text, text + head.length - 1, text, place_, block.warps[head.warp]);
    }
    return finish_block(std::move(block), place_);
}

} // namespace heddle
