#include "tools/heddle/explain_command.hpp"

#include "sim/config/explain.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/heddle/write_file.hpp"

#include <memory>

namespace heddle {

namespace {

struct ExplainChoices {
    std::string key, gpu;
    std::vector<std::string> overrides;
};

} // namespace

void add_explain_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand("explain", "Explain a configuration key: value, unit, bounds, source, origin.");
    auto choices = std::make_shared<ExplainChoices>();
    command->add_option("KEY", choices->key, "Dotted path of a value or section, e.g. sm.sub_core.warp_scheduler")->required();
    add_gpu_option(*command, choices->gpu, "GPU whose value is shown; without it, the code's default");
    add_set_option(*command, choices->overrides);
    command->callback([choices] {
        LoadedGpu description;
        load_gpu(description, choices->gpu, choices->overrides);
        write_out(config::explain(description.section, description.loaded, choices->key));
    });
}

} // namespace heddle
