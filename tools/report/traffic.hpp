// Traffic through the memory hierarchy of one kernel or run, for the memory chart of its page.
#pragma once

#include <nlohmann/json.hpp>

namespace heddle::report {

// Amounts from the counters of a run record; what has no counter is left out. Rates are metrics (tools/metrics).
//   requests, instructions: global_load global_store local_load local_store atomic shared_load shared_store shared_atomic texture constant
//   bytes: l1_to_l2 (stores, atomics) l2_to_l1 (loads) l2_far (from the other partition) l2_to_dram dram_to_l2
nlohmann::json traffic(const nlohmann::json& counters);

} // namespace heddle::report
