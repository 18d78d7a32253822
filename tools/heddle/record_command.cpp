#include "tools/heddle/record_command.hpp"

#include "frontend/cuda/program.hpp"
#include "frontend/recipe/recipe_workload.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "sim/base/error.hpp"
#include "tools/heddle/device_properties.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <memory>

namespace heddle {

namespace {

namespace fs = std::filesystem;

struct Choices {
    std::string gpu, out;
    std::vector<std::string> overrides, input;
    bool program = false;
    double timeout = 0;
};

int record_program(const Choices& choices, const GpuConfig& config) {
    cuda::Session session;
    session.mode = cuda::Mode::Record;
    session.gpu = choices.gpu;
    session.device = device_properties(config);
    session.timeout_seconds = choices.timeout;
    session.options["trace"] = fs::absolute(choices.out).string();
    const cuda::SessionFolder folder;
    const cuda::ProgramEnd end = cuda::run_program(session, choices.input, folder);
    std::error_code error;
    fs::remove(choices.out + ".owner", error);
    if (end.status == 0 && !fs::exists(choices.out)) fail_at(choices.input.front(), 0, 0, "launched no kernel", "nothing was recorded");
    return end.status;
}

int record(const Choices& choices) {
    if (fs::path(choices.out).extension() != ".heddle")
        fail_at("--out", 0, 0, fmt::format("\"{}\" does not end in .heddle", choices.out), "convert to other formats with heddle trace convert");
    LoadedGpu description;
    load_gpu(description, choices.gpu, choices.overrides);
    if (choices.program) return record_program(choices, description.config);
    const std::string& path = choices.input.front();
    if (choices.input.size() != 1 || !recipe::is_recipe(path))
        fail_at(path, 0, 0, "is no launch recipe", "record a program with `heddle trace record --gpu NAME --out FILE.heddle -- ./program`");
    recipe::RecipeWorkload workload(recipe::read_recipe(path), device_properties(description.config));
    workload.device().timeout_seconds = choices.timeout;
    write_heddle_trace(workload, choices.out);
    return 0;
}

} // namespace

void add_record_command(CLI::App& trace, bool program) {
    auto choices = std::make_shared<Choices>();
    choices->program = program;
    CLI::App* command = trace.add_subcommand("record", "Execute a CUDA program or a launch recipe and write its instructions as a .heddle trace.");
    add_gpu_option(*command, choices->gpu, "GPU the program sees: a name (configs/gpu/NAME.yaml) or a file")->required();
    add_set_option(*command, choices->overrides);
    command->add_option("--out", choices->out, "The trace, ending in .heddle")->required()->type_name("FILE");
    command->add_option("--timeout", choices->timeout, "Give a kernel up after so many seconds of host time")->type_name("SECONDS")->check(CLI::NonNegativeNumber);
    command->add_option("INPUT", choices->input, "A launch recipe (.yaml), or -- PROGRAM ARGUMENTS")->required();
    command->callback([choices] {
        if (const int status = record(*choices); status != 0) throw CLI::RuntimeError(status);
    });
}

} // namespace heddle
