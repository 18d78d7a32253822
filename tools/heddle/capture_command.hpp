// heddle capture: runs a CUDA program on this machine's GPU, or on the emulated one, and writes its launches as recipes that can
// be replayed without either.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

void add_capture_command(CLI::App& app);

} // namespace heddle
