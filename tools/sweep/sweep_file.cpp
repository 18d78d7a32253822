#include "tools/sweep/sweep_file.hpp"

#include "sim/config/spelling.hpp"
#include "tools/metrics/metric.hpp"
#include "tools/sweep/axis_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/ranges.h>
#include <set>
#include <unistd.h>

namespace heddle::sweep {

namespace {

namespace fs = std::filesystem;
using config::YamlNode;
using Kind = YamlNode::Kind;

constexpr std::string_view kSeed = "${seed}";
constexpr std::size_t kLongestName = 200;

class SweepReader {
  public:
    SweepReader(const std::string& text, const fs::path& path, const GpuReader& gpus) : gpus_(gpus), reader_(path.string()) {
        sweep_.path = path;
        sweep_.text = text;
        sweep_.name = path.stem().string();
        std::error_code ignored;
        folder_ = fs::absolute(path, ignored).parent_path();
    }

    SweepFile read() {
        const YamlNode root = config::parse_yaml(sweep_.text, reader_.file(), reader_.findings());
        if (reader_.findings().empty()) {
            if (root.kind != Kind::Map) reader_.find(root, "is no sweep", "want keys base, axes and workloads");
            else top(root);
        }
        if (!reader_.findings().empty()) throw UserError(std::move(reader_.findings()));
        return std::move(sweep_);
    }

  private:
    void top(const YamlNode& root) {
        reader_.check_keys(root, {"name", "description", "base", "set", "axes", "zip", "where", "derived", "workloads", "seeds", "sampling", "base_point", "objectives", "options"});
        if (root.find("name")) sweep_.name = reader_.word(root, "name");
        if (sweep_.name.find('/') != std::string::npos) reader_.find(*root.find("name"), "the name cannot hold a /");
        if (std::any_of(sweep_.name.begin(), sweep_.name.end(), [](unsigned char c) { return c < 32; })) reader_.find(*root.find("name"), "the name cannot hold control characters");
        if (sweep_.name.size() > kLongestName) reader_.find(root.find("name") ? *root.find("name") : root, fmt::format("the name is longer than {} bytes", kLongestName), "a folder is called after it");
        sweep_.description = reader_.word(root, "description");
        read_base(root);
        if (const YamlNode* options = root.find("options")) read_settings(*options, common_, {});
        if (machine_) read_configurations(root);
        read_workloads(root);
        read_sampling(root);
        read_objectives(root);
        read_seeds(root);
    }

    void read_base(const YamlNode& root) {
        const YamlNode* base = root.find("base");
        if (!base) return reader_.find(root, "needs a key base: the GPU whose values are varied");
        for (std::string gpu : reader_.words(*base)) {
            if (gpu.find('/') != std::string::npos || gpu.ends_with(".yaml")) gpu = (folder_ / gpu).lexically_normal().string();
            sweep_.gpus.push_back(gpu);
            try {
                auto machine = std::make_unique<Machine>(gpus_, gpu);
                if (!machine_) machine_ = std::move(machine);
            } catch (const UserError& error) {
                for (const Diagnostic& f : error.findings())
                    if (f.file.empty()) reader_.find(*base, f.what, f.hint);
                    else reader_.findings().push_back(f);
            }
        }
    }

    void read_configurations(const YamlNode& root) {
        if (const YamlNode* set = root.find("set")) {
            if (set->kind != Kind::Map) reader_.find(*set, "set wants key: value");
            for (const auto& entry : set->entries) {
                if (!check_key(entry.key, entry.line, entry.column, *machine_, reader_)) continue;
                sweep_.settings.push_back({entry.key, reader_.value_words(entry.value)});
                check_value(entry.key, sweep_.settings.back().value, entry.value, *machine_, reader_);
            }
        }
        if (const YamlNode* axes = root.find("axes")) sweep_.axes = read_axes(*axes, *machine_, reader_);
        else if (sweep_.gpus.size() < 2) reader_.find(root, "needs a key axes: what is varied");
        std::set<std::string> lower;
        for (const Axis& axis : sweep_.axes) {
            std::string name = axis.name;
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return c < 128 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
            if (!lower.insert(name).second || (name == "gpu" && sweep_.gpus.size() > 1))
                reader_.find(*root.find("axes"), fmt::format("two axes are called {}", axis.name), "names of axes differ in more than case; a list of bases is an axis gpu");
        }
        one_setter_each(root);
        read_zip(root);
        if (const YamlNode* where = root.find("where")) {
            const std::vector<const YamlNode*> items = items_of(*where);
            for (const YamlNode* item : items) {
                if (item->kind != Kind::Scalar || item->text.empty()) reader_.find(*item, "where wants comparisons, one or a list");
                else sweep_.where.push_back({{}, item->text, item->line, item->column});
            }
        }
        if (const YamlNode* derived = root.find("derived")) {
            if (derived->kind != Kind::Map) reader_.find(*derived, "derived wants key: expression");
            for (const auto& entry : derived->entries) {
                if (!check_key(entry.key, entry.line, entry.column, *machine_, reader_)) continue;
                if (entry.value.kind != Kind::Scalar || !machine_->number(entry.key)) reader_.find(entry.value, fmt::format("{} wants an expression, and to be a number", entry.key));
                else if (const Axis* axis = setter_of(entry.key)) reader_.find(entry.line, entry.column, fmt::format("{} is set by axis {} already", entry.key, axis->name), "its values would be those of no run");
                else sweep_.derived.push_back({entry.key, entry.value.text, entry.value.line, entry.value.column});
            }
        }
    }

    const Axis* setter_of(const std::string& key) const {
        for (const Axis& axis : sweep_.axes)
            if (std::find(axis.keys.begin(), axis.keys.end(), key) != axis.keys.end()) return &axis;
        return nullptr;
    }

    // A column of the results must say what was simulated, so no axis may undo what another has set.
    void one_setter_each(const YamlNode& root) {
        for (const Axis& axis : sweep_.axes)
            for (const std::string& key : axis.keys)
                if (const Axis* first = setter_of(key); first != &axis)
                    reader_.find(*root.find("axes"), fmt::format("axes {} and {} both set {}", first->name, axis.name, key), "give each value to one of them, or make them one axis with variants");
    }

    static std::vector<const YamlNode*> items_of(const YamlNode& node) {
        std::vector<const YamlNode*> items;
        if (node.kind != Kind::List) return {&node};
        for (const YamlNode& item : node.items) items.push_back(&item);
        return items;
    }

    void read_zip(const YamlNode& root) {
        std::set<std::size_t> zipped;
        std::vector<std::vector<std::size_t>> groups;
        if (const YamlNode* zip = root.find("zip")) {
            const bool nested = zip->kind == Kind::List && !zip->items.empty() && zip->items.front().kind == Kind::List;
            for (const YamlNode* group : nested ? items_of(*zip) : std::vector<const YamlNode*>{zip}) read_group(*group, zipped, groups);
        }
        for (std::size_t a = 0; a < sweep_.axes.size(); ++a) {
            if (!zipped.contains(a)) sweep_.dimensions.push_back({a});
            for (const auto& group : groups)
                if (group.front() == a) sweep_.dimensions.push_back(group);
        }
    }

    void read_group(const YamlNode& node, std::set<std::size_t>& zipped, std::vector<std::vector<std::size_t>>& groups) {
        std::vector<std::size_t> group;
        std::vector<std::string> known;
        for (const Axis& axis : sweep_.axes) known.push_back(axis.name);
        for (const std::string& name : reader_.words(node)) {
            const auto at = static_cast<std::size_t>(std::find(known.begin(), known.end(), name) - known.begin());
            if (at == known.size()) {
                const std::string near = config::closest(name, known);
                reader_.find(node, fmt::format("no axis is called {}", config::in_quotes(name)), near.empty() ? "" : fmt::format("did you mean {}?", near));
                continue;
            }
            if (!zipped.insert(at).second) reader_.find(node, fmt::format("axis {} is zipped twice", name));
            group.push_back(at);
        }
        std::sort(group.begin(), group.end());
        for (const std::size_t a : group)
            if (sweep_.axes[a].values.size() != sweep_.axes[group.front()].values.size())
                reader_.find(node, fmt::format("{} has {} values and {} has {}", sweep_.axes[group.front()].name, sweep_.axes[group.front()].values.size(), sweep_.axes[a].name, sweep_.axes[a].values.size()), "zipped axes advance together and need as many values");
        if (!group.empty()) groups.push_back(std::move(group));
    }

    void read_settings(const YamlNode& node, RunSettings& into, const std::vector<std::string>& also) {
        std::vector<std::string> known = also;
        known.insert(known.end(), {"kernels", "cache", "strict", "hot_instructions", "timeline", "threads", "timeout"});
        if (node.kind != Kind::Map) return reader_.find(node, fmt::format("want some of {}", fmt::join(known, ", ")));
        reader_.check_keys(node, known);
        for (const auto& [key, member] : {std::pair{"kernels", &into.kernels}, {"cache", &into.cache}, {"hot_instructions", &into.hot_instructions}, {"timeline", &into.timeline}, {"threads", &into.threads}})
            if (node.find(key)) *member = reader_.word(node, key);
        if (!into.cache.empty() && into.cache != "cold" && into.cache != "carry" && into.cache != "warm") reader_.find(node, "cache is cold, carry or warm");
        into.strict = reader_.flag(node, "strict", into.strict);
        if (const YamlNode* timeout = node.find("timeout")) {
            const char* last = timeout->text.data() + timeout->text.size();
            const auto [end, error] = std::from_chars(timeout->text.data(), last, into.timeout_seconds);
            if (error != std::errc{} || end != last || !(into.timeout_seconds > 0)) reader_.find(*timeout, "timeout wants seconds, more than 0");
        }
    }

    void read_workloads(const YamlNode& root) {
        const YamlNode* workloads = root.find("workloads");
        if (!workloads) return reader_.find(root, "needs a key workloads: what is simulated");
        if (workloads->kind != Kind::Map || workloads->entries.empty()) return reader_.find(*workloads, "workloads wants names, each with a recipe, a trace or a program", "write for example triad: traces/cubins/triad.yaml");
        for (const auto& entry : workloads->entries) {
            SweepWorkload w{entry.key, false, {}, common_, entry.line, entry.column};
            if (entry.value.kind == Kind::Scalar && !entry.value.text.empty()) w.input.push_back(entry.value.text);
            else if (entry.value.kind == Kind::Map) read_workload(entry.value, w);
            else reader_.find(entry.line, entry.column, fmt::format("workload {} wants a file, or {{input: file}}, or {{program: file, arguments: [...]}}", entry.key));
            if (w.input.empty()) continue;
            w.input.front() = (folder_ / w.input.front()).lexically_normal().string();
            check_input(entry.value, w);
            sweep_.workloads.push_back(std::move(w));
        }
    }

    // What can be seen without opening it.
    void check_input(const YamlNode& at, const SweepWorkload& w) {
        const fs::path input = w.input.front();
        const std::string name = config::in_quotes(input.string());
        std::error_code ignored;
        if (!fs::exists(input, ignored)) reader_.find(at, fmt::format("{} is not there", name), "paths are relative to the sweep file");
        else if (w.program && !fs::is_regular_file(input, ignored)) reader_.find(at, fmt::format("{} is no program", name));
        else if (w.program && access(input.c_str(), X_OK) != 0) reader_.find(at, fmt::format("{} cannot be executed", name), std::strerror(errno));
        else if (fs::is_directory(input, ignored) && !fs::exists(input / "kernelslist.g", ignored)) reader_.find(at, fmt::format("{} is a folder without a kernelslist.g", name), "want a recipe, a trace or the folder of one");
        else if (!fs::is_directory(input, ignored) && !fs::is_regular_file(input, ignored)) reader_.find(at, fmt::format("{} is no file", name));
        else if (!fs::is_directory(input, ignored) && access(input.c_str(), R_OK) != 0) reader_.find(at, fmt::format("{} cannot be read", name), std::strerror(errno));
    }

    void read_workload(const YamlNode& node, SweepWorkload& w) {
        read_settings(node, w.settings, {"input", "program", "arguments"});
        w.program = node.find("program") != nullptr;
        if (w.program == (node.find("input") != nullptr)) return reader_.find(node, "want either input or program");
        const std::string file = reader_.word(node, w.program ? "program" : "input", true);
        if (file.empty()) return;
        w.input.push_back(file);
        const YamlNode* arguments = node.find("arguments");
        if (arguments && !w.program) return reader_.find(*arguments, "only a program takes arguments");
        if (arguments)
            for (std::string& argument : reader_.words(*arguments)) w.input.push_back(std::move(argument));
    }

    void read_sampling(const YamlNode& root) {
        const YamlNode* sampling = root.find("sampling");
        sweep_.base_point = reader_.flag(root, "base_point", false);
        if (!sampling || (sampling->kind == Kind::Scalar && sampling->text == "full")) return;
        if (sampling->kind == Kind::Scalar && sampling->text == "one_at_a_time") {
            sweep_.sampling = Sampling::OneAtATime;
            return;
        }
        if (sampling->kind != Kind::Map) return reader_.find(*sampling, "sampling is full, one_at_a_time or {latin_hypercube: N, seed: S}");
        reader_.check_keys(*sampling, {"latin_hypercube", "seed"});
        sweep_.sampling = Sampling::LatinHypercube;
        const YamlNode* count = sampling->find("latin_hypercube");
        if (!count) return reader_.find(*sampling, "needs a key latin_hypercube: how many points");
        sweep_.sample_count = reader_.whole(*count).value_or(1);
        if (sweep_.sample_count < 1 || sweep_.sample_count > kMostPoints) reader_.find(*count, fmt::format("want 1 to {} points", kMostPoints));
        if (const YamlNode* seed = sampling->find("seed")) sweep_.sample_seed = reader_.whole(*seed).value_or(0);
    }

    void read_objectives(const YamlNode& root) {
        const YamlNode* objectives = root.find("objectives");
        if (!objectives) return;
        if (objectives->kind != Kind::Map) return reader_.find(*objectives, "objectives wants metric: min or metric: max");
        for (const auto& entry : objectives->entries) {
            if (!metrics::find_metric(entry.key)) reader_.find(entry.line, entry.column, fmt::format("there is no metric {}", config::in_quotes(entry.key)), metrics::suggest_metric(entry.key));
            if (entry.value.text != "min" && entry.value.text != "max") reader_.find(entry.value, "want min or max");
            sweep_.objectives.push_back({entry.key, entry.value.text == "max"});
        }
    }

    // A seed reaches a program through its arguments; nothing else in a run is random.
    void read_seeds(const YamlNode& root) {
        const YamlNode* seeds = root.find("seeds");
        if (!seeds) return;
        sweep_.seeds.clear();
        for (const YamlNode* item : items_of(*seeds))
            if (const auto seed = reader_.whole(*item)) sweep_.seeds.push_back(*seed);
        if (sweep_.seeds.empty() && reader_.findings().empty()) reader_.find(*seeds, "seeds wants whole numbers");
        if (std::set<std::uint64_t>(sweep_.seeds.begin(), sweep_.seeds.end()).size() != sweep_.seeds.size()) reader_.find(*seeds, "a seed is there twice");
        const bool used = std::any_of(sweep_.workloads.begin(), sweep_.workloads.end(), [](const SweepWorkload& w) {
            return std::any_of(w.input.begin(), w.input.end(), [](const std::string& word) { return word.find(kSeed) != std::string::npos; });
        });
        if (!used) reader_.find(*seeds, "no workload uses the seed", "a simulation is not random; write ${seed} in the arguments of a program");
    }

    const GpuReader& gpus_;
    NodeReader reader_;
    SweepFile sweep_;
    RunSettings common_;
    fs::path folder_;
    std::unique_ptr<Machine> machine_;
};

} // namespace

SweepFile read_sweep_text(const std::string& text, const fs::path& path, const GpuReader& gpus) { return SweepReader(text, path, gpus).read(); }

SweepFile read_sweep(const fs::path& path, const GpuReader& gpus) {
    const auto text = config::read_text_file(path);
    if (const auto* problem = std::get_if<config::Problem>(&text)) fail_at(path.string(), 0, 0, problem->what, problem->hint);
    return read_sweep_text(std::get<std::string>(text), path, gpus);
}

} // namespace heddle::sweep
