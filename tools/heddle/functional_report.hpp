// What `heddle run --functional` tells: instructions executed, by opcode, and what it cost.
#pragma once

#include "frontend/emulator/device.hpp"
#include "tools/heddle/run_report.hpp"

namespace heddle {

// `checked`: buffers that were compared with what the recipe expects (all were right).
void report_functional(emulator::Device& device, const HostRecord& host, const OutputStyle& style, std::size_t checked);

} // namespace heddle
