#include "tools/heddle/explain_command.hpp"

#include "sim/base/error.hpp"
#include "sim/config/explain.hpp"
#include "sim/config/section_walk.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/metrics/metric.hpp"

#include <fmt/format.h>
#include <memory>

namespace heddle {

namespace {

struct ExplainChoices {
    std::string key, metric, gpu;
    std::vector<std::string> overrides;
    bool reference = false;
};

void explain(const ExplainChoices& choices) {
    if (choices.reference) return write_out(metrics::reference());
    if (choices.key.empty()) fail_at("heddle explain", 0, 0, "needs a configuration key or a metric", "e.g. sm.sub_core.warp_scheduler or ipc");
    if (!choices.metric.empty() && choices.key != "metric") fail_at(choices.metric, 0, 0, "is one word too many", "want KEY, METRIC or metric METRIC");
    const std::string& name = choices.metric.empty() ? choices.key : choices.metric;
    const metrics::Metric* metric = metrics::find_metric(name);
    if (!choices.metric.empty() && metric == nullptr) fail_at("", 0, 0, fmt::format("no metric '{}'", name), metrics::suggest_metric(name));
    LoadedGpu description;
    load_gpu(description, choices.gpu, choices.overrides);
    const config::Target key = config::find(description.section, choices.key);
    const bool is_key = key.field != nullptr || key.section != nullptr;
    if (metric != nullptr && !is_key) return write_out(metrics::explain(*metric));
    if (!is_key)
        if (const std::string near = metrics::suggest_metric(name); !near.empty()) fail_at("", 0, 0, fmt::format("no configuration key or metric '{}'", name), near);
    write_out(config::explain(description.section, description.loaded, choices.key));
}

} // namespace

void add_explain_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand("explain", "Explain a configuration key (value, unit, bounds, source, origin) or a metric (unit, definition, formula).");
    auto choices = std::make_shared<ExplainChoices>();
    command->add_option("KEY", choices->key, "Dotted path of a value or section, e.g. sm.sub_core.warp_scheduler, or the name of a metric, e.g. ipc");
    command->add_option("METRIC", choices->metric, "After KEY \"metric\": the name of a metric")->type_name("");
    command->add_flag("--metrics", choices->reference, "Print all metrics as Markdown (tools/metrics/METRICS.md)");
    add_gpu_option(*command, choices->gpu, "GPU whose value is shown; without it, the code's default");
    add_set_option(*command, choices->overrides);
    command->callback([choices] { explain(*choices); });
}

} // namespace heddle
