// `heddle run`: simulates one workload on one GPU and reports.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// Adds the subcommand to `app`. It runs as the subcommand's callback; UserError and Deadlock leave CLI::App::parse.
// `program`: the words behind "--" are a program and its arguments.
void add_run_command(CLI::App& app, bool program);

} // namespace heddle
