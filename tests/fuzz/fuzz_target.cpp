#include "tests/fuzz/fuzz_target.hpp"

#include "sim/base/error.hpp"

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace heddle::fuzz {

namespace {

constexpr std::uint64_t kMostInstructions = 1'000'000;
constexpr std::size_t kMostCommands = 10'000;

std::uint64_t drain_warp(WarpStream &warp, std::uint64_t &addresses) {
    std::uint64_t count = 0;
    for (;;) {
        const InstructionChunk chunk = warp.next_chunk();
        if (chunk.instructions.empty()) return count;
        count += chunk.instructions.size();
        for (const DynamicInstruction &instruction : chunk.instructions) {
            HEDDLE_EXPECT(instruction.code != nullptr, "an instruction without code");
            if (instruction.address == kNoAddress) continue;
            HEDDLE_EXPECT(instruction.address < chunk.patterns.size(), "pattern {} of {}", instruction.address, chunk.patterns.size());
            const AddressPattern &pattern = chunk.patterns[instruction.address];
            const auto lanes = static_cast<unsigned>(std::popcount(instruction.active_mask));
            if (pattern.kind == AddressPattern::Kind::List)
                HEDDLE_EXPECT(std::uint64_t{pattern.first} + lanes <= chunk.list.size(), "addresses {} + {} of {}", pattern.first, lanes,
                              chunk.list.size());
            for (unsigned lane = 0, k = 0; lane < kLanes; ++lane)
                if (instruction.active_mask >> lane & 1) addresses ^= chunk.lane_address(pattern, lane, k++);
        }
        if (count > kMostInstructions) return count;
    }
}

} // namespace

std::uint64_t drain(Workload &workload) {
    std::uint64_t count = 0, addresses = 0;
    for (std::size_t commands = 0; commands < kMostCommands && count < kMostInstructions; ++commands) {
        const std::optional<Command> command = workload.next_command();
        if (!command) break;
        if (!command->kernel) continue;
        while (std::optional<CtaInstructions> cta = command->kernel->next_cta()) {
            for (const auto &warp : cta->warps) count += drain_warp(*warp, addresses);
            if (count > kMostInstructions) break;
        }
    }
    (void)workload.notes();
    [[maybe_unused]] static volatile std::uint64_t used;
    used = addresses;
    return count;
}

ScratchFolder::ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "heddle-fuzz-XXXXXX").string();
    HEDDLE_EXPECT(mkdtemp(name.data()) != nullptr, "cannot create {}", name);
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string &name, std::string_view content) const {
    std::string path = path_ + "/" + name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
}

} // namespace heddle::fuzz
