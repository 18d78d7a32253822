// `heddle explain KEY`: all that is known about one configuration value or section.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// Adds the subcommand to `app`. It runs as the subcommand's callback; UserError leaves CLI::App::parse.
void add_explain_command(CLI::App& app);

} // namespace heddle
