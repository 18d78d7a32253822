#include "frontend/trace/accelsim_kernel.hpp"

#include <iterator>

namespace heddle {
namespace {

// A whole warp as one chunk.
class RecordedWarp final : public WarpStream {
  public:
    explicit RecordedWarp(WarpRecord&& record)
        : instructions_(std::move(record.instructions)), patterns_(std::move(record.patterns)), list_(std::move(record.list)) {}
    InstructionChunk next_chunk() override {
        if (taken_) return {};
        taken_ = true;
        return {instructions_, patterns_, list_};
    }

  private:
    std::vector<DynamicInstruction> instructions_;
    std::vector<AddressPattern> patterns_;
    std::vector<Address> list_;
    bool taken_ = false;
};

} // namespace

std::string text_of(Dim3 index) { return fmt::format("({},{},{})", index.x, index.y, index.z); }

AccelSimKernel::AccelSimKernel(AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings)
    : header_(std::move(header)), findings_(std::move(findings)), reader_(header_, code_, *findings_) {
    auto& assumptions = findings_->assumptions;
    assumptions.insert("dependences come from a scoreboard over general registers: NVBit traces carry no control bits");
    if (header_.version < 6) assumptions.insert("predicate and uniform registers cause no dependences: the trace does not name them");
    else assumptions.insert("predicate and uniform registers named by version 6 traces are ignored");
    assumptions.insert("thread blocks are dispatched in the order of the trace file");
    if (header_.version < 5)
        assumptions.insert(
            "barriers are barrier 0 of the whole thread block and DEPBAR waits for all groups: the trace carries no immediates");
}

BlockRecord AccelSimKernel::start_block() const {
    BlockRecord block;
    block.warps.resize(header_.launch.warps_per_cta());
    std::uint64_t threads = header_.launch.threads_per_cta();
    for (WarpRecord& warp : block.warps) {
        warp.existing = threads >= kLanes ? ~0U : (1U << threads) - 1;
        threads -= std::min<std::uint64_t>(threads, kLanes);
    }
    return block;
}

void AccelSimKernel::enter_block(const BlockRecord& block, const TracePlace& place) {
    const Dim3 grid = header_.launch.grid;
    const Dim3 at = block.index;
    if (at.x >= grid.x || at.y >= grid.y || at.z >= grid.z)
        place.fail(1, fmt::format("thread block {} lies outside the grid {}", text_of(at), text_of(grid)));
    const std::uint64_t number = (std::uint64_t{at.z} * grid.y + at.y) * grid.x + at.x;
    auto after = entered_.upper_bound(number);
    if (after != entered_.begin()) {
        const auto before = std::prev(after);
        if (number < before->second) place.fail(1, fmt::format("thread block {} comes a second time", text_of(at)));
        if (number == before->second) {
            ++before->second;
            if (after != entered_.end() && after->first == before->second) {
                before->second = after->second;
                entered_.erase(after);
            }
            return;
        }
    }
    if (after != entered_.end() && after->first == number + 1) {
        const std::uint64_t end = after->second;
        entered_.erase(after);
        entered_.emplace(number, end);
    } else {
        entered_.emplace(number, number + 1);
    }
}

CtaInstructions AccelSimKernel::finish_block(BlockRecord&& block, const TracePlace& place) {
    std::size_t listed = 0;
    for (const WarpRecord& warp : block.warps) listed += warp.listed;
    if (listed == 0) {
        reader_.anomaly("empty thread block", place);
    } else if (listed < block.warps.size()) {
        std::size_t missing = 0;
        while (block.warps[missing].listed) ++missing;
        place.fail(1, fmt::format("warp {} of thread block {} is missing: the trace has {} of its {} warps", missing, text_of(block.index),
                                  listed, block.warps.size()));
    }
    if (block.has_cluster && !header_.cluster_known && block.cluster_rank != 0)
        findings_->unmodelled["thread block of a cluster whose extent the trace does not say"] += 1;
    CtaInstructions cta;
    cta.index = block.index;
    cta.warps.reserve(block.warps.size());
    for (WarpRecord& warp : block.warps) {
        if (warp.listed && warp.instructions.empty() && listed != 0) reader_.anomaly("warp without instructions", place);
        cta.warps.push_back(std::make_unique<RecordedWarp>(std::move(warp)));
    }
    ++blocks_;
    return cta;
}

void AccelSimKernel::finish_grid(const TracePlace& place) {
    const std::uint64_t expected = header_.launch.grid.volume();
    if (blocks_ == expected) return;
    // Thread blocks without instructions are left out by the tracer's grouping step, which leaves gaps. A missing end
    // looks like a file that was cut off.
    const std::uint64_t reached = entered_.empty() ? 0 : std::prev(entered_.end())->second;
    if (reached < expected)
        place.fail(1, fmt::format("the trace ends after {} of {} thread blocks", blocks_, expected), "is the file truncated?");
    if (findings_->strict) place.fail(1, fmt::format("{} of {} thread blocks are missing", expected - blocks_, expected));
    findings_->anomalies["thread block missing from the trace"] += expected - blocks_;
}

} // namespace heddle
