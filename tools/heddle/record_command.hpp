// `heddle trace record`: executes a CUDA program or a launch recipe and writes what its kernels executed as a trace.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// Adds `record` to the subcommand `trace`. `program`: the words behind "--" are a program and its arguments.
void add_record_command(CLI::App& trace, bool program);

} // namespace heddle
