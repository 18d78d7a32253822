// One number for everything a run simulated: equal runs have equal hashes, whatever computed them.
#pragma once

#include "sim/gpu/run_record.hpp"

namespace heddle {

// Hexadecimal, 16 digits. Covers the kernels' times and instruction counts, every statistic of every block, and the
// issue digest of every SM; nothing of the host.
std::string run_hash(const RunRecord& record, const std::vector<std::uint64_t>& statistics, const std::vector<std::uint64_t>& sm_digests);

} // namespace heddle
