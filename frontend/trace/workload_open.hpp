// Opens whatever trace a path names: Accel-Sim traces or Heddle's own format, told apart by content, not by name.
#pragma once

#include "frontend/trace/accelsim.hpp"

namespace heddle {

// Errors: UserError, see open_accelsim() and the Heddle trace reader.
std::unique_ptr<Workload> open_trace(const std::filesystem::path& path, const TraceOptions& options = {});

} // namespace heddle
