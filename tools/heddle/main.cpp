// The heddle command line: one file per subcommand; here only who is called and how the program ends.
#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"
#include "tools/heddle/capture_command.hpp"
#include "tools/heddle/config_command.hpp"
#include "tools/heddle/exit_status.hpp"
#include "tools/heddle/explain_command.hpp"
#include "tools/heddle/play_command.hpp"
#include "tools/heddle/report_command.hpp"
#include "tools/heddle/run_command.hpp"
#include "tools/heddle/sweep_command.hpp"
#include "tools/heddle/trace_command.hpp"
#include "tools/heddle/validate_command.hpp"
#include "tools/heddle/version.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <string_view>

namespace {

// The subcommand the user has chosen, the innermost one.
CLI::App* chosen(CLI::App* app) {
    for (auto inner = app->get_subcommands(); !inner.empty(); inner = app->get_subcommands()) app = inner.front();
    return app;
}

// The words `app` knows: options with their dashes, and subcommands.
std::vector<std::string> words_of(const CLI::App& app) {
    std::vector<std::string> words;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    for (const CLI::App* command : app.get_subcommands(nullptr)) words.push_back(command->get_name());
    return words;
}

// A command line that CLI11 refuses, in the form of every other finding about the user's input.
int refuse(CLI::App& app, const CLI::ParseError& error) {
    CLI::App* command = chosen(&app);
    std::string what = error.what();
    while (what.ends_with('\n')) what.pop_back();
    std::string hint;
    for (const std::string& word : command->remaining())
        if (hint.empty()) hint = heddle::config::closest(word, words_of(*command));
    hint = hint.empty() ? "" : fmt::format("did you mean {}? ", hint);
    std::string names = command->get_name();
    for (const CLI::App* parent = command->get_parent(); parent != nullptr; parent = parent->get_parent())
        names = parent->get_name() + " " + names;
    fmt::print(stderr, "heddle: {} - {}see {} --help\n", what, hint, names);
    return heddle::kUserInput;
}

int run(int argc, char** argv) {
    CLI::App app{"Heddle: a cycle-level GPU architecture simulator.", "heddle"};
    app.set_version_flag("--version", "heddle " + heddle::version());
    app.require_subcommand(1);
    // Everything behind "--" is a program and its arguments.
    const bool program = std::find(argv, argv + argc, std::string_view("--")) != argv + argc;
    heddle::add_run_command(app, program);
    heddle::add_play_command(app);
    heddle::add_config_command(app);
    heddle::add_explain_command(app);
    heddle::add_trace_command(app, program);
    heddle::add_validate_command(app, program);
    heddle::add_sweep_command(app);
    heddle::add_capture_command(app);
    heddle::add_report_command(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) { // --help and --version
        return app.exit(request);
    } catch (const CLI::RuntimeError& end) { // a program ended with a status of its own
        return end.get_exit_code();
    } catch (const CLI::ParseError& error) {
        return refuse(app, error);
    }
    return heddle::kDone;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const heddle::UserError& error) {
        for (const heddle::Diagnostic& finding : error.findings())
            fmt::print(stderr, "{}{}\n", finding.file.empty() ? "heddle: " : "", finding.text());
        return heddle::kUserInput;
    } catch (const heddle::Deadlock& deadlock) {
        fmt::print(stderr, "heddle: {}\n", deadlock.what());
        return heddle::kDeadlock;
    } catch (const heddle::InternalError& error) {
        fmt::print(stderr, "heddle: {}\n  This is a bug of Heddle {}; please report it with the command line.\n", error.what(),
                   heddle::version());
    } catch (const std::exception& error) {
        fmt::print(stderr, "heddle: {}\n", error.what());
    }
    return heddle::kOurBug;
}
