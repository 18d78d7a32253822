#include "sim/gpu/observation.hpp"

#include <algorithm>
#include <map>

namespace heddle {

HotInstructions hottest(const Kernel& kernel, const std::vector<InstructionCounts>& counts, std::size_t most) {
    HotInstructions result;
    const auto& rows = kernel.code().instructions;
    std::map<std::uint32_t, std::size_t> by_pc; // of the table: unique over functions
    for (std::size_t i = 0; i < std::min(counts.size(), rows.size()); ++i) {
        if (counts[i].all_warp_cycles() == 0) continue;
        result.total += counts[i];
        const auto [place, fresh] = by_pc.try_emplace(rows[i].pc, result.hottest.size());
        if (fresh) result.hottest.push_back({kernel.describe(rows[i]), counts[i]});
        else result.hottest[place->second].counts += counts[i];
    }
    result.instructions = result.hottest.size();
    std::sort(result.hottest.begin(), result.hottest.end(), [](const InstructionRecord& a, const InstructionRecord& b) {
        const auto more = a.counts.all_warp_cycles(), less = b.counts.all_warp_cycles();
        return std::tie(less, a.text.function, a.text.pc) < std::tie(more, b.text.function, b.text.pc);
    });
    result.hottest.resize(std::min(result.hottest.size(), most));
    return result;
}

} // namespace heddle
