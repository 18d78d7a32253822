// `heddle sweep`: configurations times workloads, resumable.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

void add_sweep_command(CLI::App& app);

} // namespace heddle
