// `heddle report`: pages about a run, about two runs side by side, or about a sweep.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

void add_report_command(CLI::App& app);

} // namespace heddle
