#include "tools/heddle/hot_table.hpp"

#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle {

namespace {

constexpr std::size_t kSassColumns = 48;

// "long_scoreboard 95.1 %": the state of most of its warp-cycles.
std::string top_state(const InstructionCounts& counts) {
    const auto top = static_cast<unsigned>(std::max_element(counts.warp_cycles.begin(), counts.warp_cycles.end()) - counts.warp_cycles.begin());
    const auto all = static_cast<double>(counts.all_warp_cycles());
    return fmt::format("{} {}", name(static_cast<Stall>(top)), percent(static_cast<double>(counts.warp_cycles[top]) / all));
}

} // namespace

std::string hot_table(const RunRecord& record) {
    const KernelRecord* slowest = nullptr;
    for (const KernelRecord& kernel : record.kernels)
        if (kernel.hot_instructions && !kernel.hot_instructions->hottest.empty() && (slowest == nullptr || kernel.end - kernel.start > slowest->end - slowest->start)) slowest = &kernel;
    if (slowest == nullptr) return {};
    const HotInstructions& hot = *slowest->hot_instructions;
    const std::size_t shown = std::min(hot.hottest.size(), kTableInstructions);
    std::string text = fmt::format("hottest {} of {} instructions of kernel {} {}, by share of its {} warp-cycles\n", shown, hot.instructions, slowest->id,
                                   short_name(slowest->name), with_commas(hot.total.all_warp_cycles()));
    for (std::size_t i = 0; i < shown; ++i) {
        const InstructionRecord& instruction = hot.hottest[i];
        const double share = static_cast<double>(instruction.counts.all_warp_cycles()) / static_cast<double>(hot.total.all_warp_cycles());
        const std::string sass = fitted(instruction.text.sass, kSassColumns);
        text += fmt::format("  {:>7}  {:05x}  {}{}  {:>12} x  {}{}\n", percent(share), instruction.text.pc, sass, std::string(kSassColumns - columns(sass), ' '),
                            with_commas(instruction.counts.warp_cycles[static_cast<unsigned>(Stall::Selected)]), top_state(instruction.counts),
                            instruction.text.function.empty() ? "" : ", in " + short_name(instruction.text.function));
    }
    return text;
}

} // namespace heddle
