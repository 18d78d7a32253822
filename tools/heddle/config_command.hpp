// `heddle config check|show|diff|reference`: looks at GPU descriptions without running anything.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

// Adds the subcommand to `app`. It runs as the subcommand's callback; UserError leaves CLI::App::parse.
void add_config_command(CLI::App& app);

} // namespace heddle
