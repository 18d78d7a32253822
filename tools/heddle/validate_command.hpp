// `heddle validate`: how far simulated values are from measured ones.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// `program`: everything behind "--" is a CUDA program and its arguments.
void add_validate_command(CLI::App& app, bool program);

} // namespace heddle
