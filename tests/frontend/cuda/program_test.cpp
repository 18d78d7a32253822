// Whole programs with the libraries inside them.
#include "frontend/cuda/program.hpp"
#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace heddle;
using namespace heddle::cuda;

namespace {

namespace fs = std::filesystem;

std::string victim(const std::string& name) { return std::string(HEDDLE_VICTIMS) + "/" + name; }

struct Outcome {
    ProgramEnd end;
    std::string output, errors;
    std::vector<ProcessRecord> processes;
};

// One of the standard streams leads to a file for a while.
class Redirect {
  public:
    Redirect(int stream, const std::string& path, int flags) : stream_(stream), saved_(dup(stream)) {
        std::fflush(nullptr);
        const int file = open(path.c_str(), flags, 0600);
        dup2(file, stream);
        close(file);
    }
    ~Redirect() {
        std::fflush(nullptr);
        dup2(saved_, stream_);
        close(saved_);
    }
    Redirect(const Redirect&) = delete;
    Redirect& operator=(const Redirect&) = delete;

  private:
    int stream_, saved_;
};

std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

Outcome run(const std::vector<std::string>& arguments, const std::string& input = "") {
    const SessionFolder folder;
    const std::string in = folder.path() + "/in", out = folder.path() + "/out", errors = folder.path() + "/errors";
    std::ofstream(in) << input;
    Outcome outcome;
    {
        const Redirect stdin_(0, in, O_RDONLY);
        const Redirect stdout_(1, out, O_WRONLY | O_CREAT);
        const Redirect stderr_(2, errors, O_WRONLY | O_CREAT);
        outcome.end = run_program({}, arguments, folder);
    }
    outcome.output = contents(out);
    outcome.errors = contents(errors);
    outcome.processes = read_processes(folder.path());
    return outcome;
}

} // namespace

TEST_CASE("A runtime linked into a program is redirected, and nothing else is") {
    for (const char* name : {"static_runtime_pie", "static_runtime_fixed"}) {
        INFO(name);
        const Outcome outcome = run({victim(name)});
        CHECK(outcome.output == "0 1 0 13000 42\n");
        CHECK(outcome.errors.empty());
        CHECK(outcome.end.status == 3);
    }
}

TEST_CASE("A stripped program with a runtime in it is told how to relink") {
    const Outcome outcome = run({victim("static_runtime_stripped")});
    CHECK(outcome.end.status == 2);
    CHECK(outcome.output.empty());
    CHECK(outcome.errors.find("-cudart shared") != std::string::npos);
    CHECK(std::count(outcome.errors.begin(), outcome.errors.end(), '\n') == 1);
}

TEST_CASE("The program's own exit status and input") {
    CHECK(run({victim("ends"), "unused"}).end.status == 5);
    CHECK(run({victim("ends"), "unused"}).processes.empty());
    CHECK(run({victim("ends"), "input"}, "hello\n").end.status == 0);
    CHECK(run({"sh", "-c", "exit 11"}).end.status == 11);
}

TEST_CASE("Every end but SIGKILL leaves a record") {
    const auto check = [](const char* how, int status, const char* end) {
        INFO(how);
        const Outcome outcome = run({victim("ends"), how});
        CHECK(outcome.end.status == status);
        REQUIRE(outcome.processes.size() == 1);
        CHECK(outcome.processes[0].end == end);
        CHECK(outcome.processes[0].peak_memory >= 1000);
        CHECK(fs::path(outcome.processes[0].program).filename() == "ends");
    };
    check("exit", 8, "exit");
    check("_exit", 7, "exit");
    check("segv", 139, "signal 11");
    check("abort", 134, "signal 06");
    check("fork", 6, "exit");
    check("fork_use", 3, "exit"); // cudaErrorInitializationError
    const Outcome killed = run({victim("ends"), "kill"});
    CHECK(killed.end.signal == 9);
    CHECK(killed.processes.empty());
    CHECK(run({victim("ends"), "exec"}).processes.size() == 2);
}

TEST_CASE("Programs that cannot be run are the user's error") {
    const SessionFolder folder;
    CHECK_THROWS_AS(run_program({}, {}, folder), UserError);
    CHECK_THROWS_WITH(run_program({}, {"/no/such/program"}, folder), Catch::Contains("does not exist"));
    CHECK_THROWS_WITH(run_program({}, {"no-such-program-anywhere"}, folder), Catch::Contains("PATH"));
    CHECK_THROWS_WITH(run_program({}, {folder.path()}, folder), Catch::Contains("cannot be started"));
    if (fs::exists(victim("ends_static")))
        CHECK_THROWS_WITH(run_program({}, {victim("ends_static")}, folder), Catch::Contains("without the dynamic linker"));
}
