// `heddle play`: launch recipes on this machine's GPU instead of the model of one.
#pragma once

namespace CLI {
class App;
}

namespace heddle {

void add_play_command(CLI::App& app);

} // namespace heddle
