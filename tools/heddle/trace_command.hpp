// `heddle trace info|dump|convert`: looks into traces and converts between Heddle's format and Accel-Sim's.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// Adds the subcommand `trace` to `app`. It runs as the subcommand's callback; errors in the input leave CLI::App::parse
// as UserError.
// `program`: the words behind "--" are a program and its arguments.
void add_trace_command(CLI::App& app, bool program);

} // namespace heddle
