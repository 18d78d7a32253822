// Options that several subcommands share, spelled once.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace heddle {

inline CLI::Option* add_gpu_option(CLI::App& command, std::string& gpu, const std::string& what) {
    return command.add_option("--gpu", gpu, what)->type_name("NAME|FILE");
}

inline void add_set_option(CLI::App& command, std::vector<std::string>& overrides) {
    CLI::Option* option = command.add_option("--set", overrides, "Override one value of the configuration; repeatable");
    // One value per --set: what follows it is the next option or the input.
    option->type_name("PATH=VALUE")->allow_extra_args(false)->take_all();
}

} // namespace heddle
