#include "sim/sm/register_file.hpp"

#include <algorithm>

namespace heddle {

namespace {
constexpr Cycles kIssueToRead = 2; // Control and Allocate stages
}

RegisterFile::RegisterFile(unsigned banks, unsigned read_ports, unsigned window, bool reuse_cache)
    : banks_(banks), ports_(read_ports), window_(window), reuse_(reuse_cache) {}

Cycles RegisterFile::read(Cycle issue, unsigned warp, const StaticInstruction& instruction, bool control_known) {
    unsigned reads[kMaxBanks] = {};
    for (unsigned slot = 0; slot < instruction.source_count; ++slot) {
        const RegisterRange range = instruction.sources[slot];
        const bool keep = reuse_ && slot < 3 && (!control_known || (instruction.control.reuse >> slot & 1));
        for (unsigned r = range.first; r < unsigned{range.first} + range.count; ++r) {
            const unsigned bank = r & (banks_ - 1);
            ReuseEntry& entry = cache_[bank][slot];
            const bool hit = reuse_ && entry.warp == warp && entry.reg == r;
            if (!hit) ++reads[bank];
            entry = keep ? ReuseEntry{static_cast<std::uint8_t>(warp), static_cast<std::uint8_t>(r)} : ReuseEntry{};
        }
    }
    const std::uint64_t start = (issue + kIssueToRead) * ports_;
    Cycles delay = 0;
    for (unsigned bank = 0; bank < banks_; ++bank) {
        if (reads[bank] == 0) continue;
        port_time_[bank] = std::max(port_time_[bank], start) + reads[bank];
        const Cycle done = (port_time_[bank] + ports_ - 1) / ports_;
        const Cycle in_time = issue + kIssueToRead + window_;
        if (done > in_time) delay = std::max(delay, done - in_time);
    }
    return delay;
}

} // namespace heddle
