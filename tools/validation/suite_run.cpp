#include "tools/validation/suite_run.hpp"

#include "frontend/recipe/recipe.hpp"
#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/validation/job_pool.hpp"
#include "tools/validation/result_store.hpp"
#include "tools/validation/run_values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <map>

namespace heddle::validation {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFailureText = 300;

struct Simulation { // one run, of which several cases may read
    std::string key;
    fs::path scratch;
    Job job;
    std::string failure;
};

struct Planned {
    std::size_t comparison = 0; // place in Comparison::cases
    std::string key, value;
    Variables variables;
};

class SuiteRun {
  public:
    SuiteRun(const Suite& suite, const SuiteOptions& options) : suite_(suite), options_(options), store_(options.work) {}

    Comparison run() {
        const fs::path file = options_.reference / options_.gpu_name / (suite_.reference + ".csv");
        if (!fs::exists(file)) fail_at(file.string(), 0, 0, "is not there", fmt::format("measured numbers for {} of the suite {}", options_.gpu_name, suite_.name));
        rows_ = read_reference(file);
        require_same_split(suite_, options_.gpu_name, rows_);
        result_.title = fmt::format("{} on {}", suite_.name, options_.gpu_name);
        result_.gpu = options_.gpu_name;
        result_.description = suite_.description;
        result_.heddle_version = options_.version;
        result_.config_hash = options_.configure(options_.overrides).hash;
        own_digest_ = file_digest(options_.heddle);
        if (const SuiteGpu* gpu = of_gpu(); gpu && !gpu->note.empty()) result_.remarks.push_back(gpu->note);
        for (const SuiteCase& c : suite_.cases) plan(c);
        for (const ReferenceRow& row : rows_)
            if (options_.only.empty() && std::none_of(result_.cases.begin(), result_.cases.end(), [&](const ComparedCase& c) { return c.name == row.name && c.metric == row.metric; }))
                result_.unused.push_back(fmt::format("{} of {}", row.metric, row.name));
        simulate();
        for (const Planned& p : planned_) compare(p);
        return std::move(result_);
    }

    std::size_t write_recipes(const fs::path& folder) {
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) fail_at(folder.string(), 0, 0, "cannot be made", error.message());
        std::size_t written = 0;
        for (const SuiteCase& c : suite_.cases) {
            if (!chosen(c)) continue;
            const SuiteGroup& group = suite_.groups[c.group];
            Variables variables = variables_for(c, options_.configure(of_gpu() ? of_gpu()->overrides : options_.overrides));
            const fs::path place = group.cache == "cold" ? folder / "cold" : folder;
            fs::create_directories(place, error);
            if (error) fail_at(place.string(), 0, 0, "cannot be made", error.message());
            variables["recipes"] = fs::relative(fs::absolute(recipes()), fs::absolute(place)).string();
            std::ofstream(place / (c.id + ".yaml")) << instantiate(template_text(recipes() / group.recipe), group.recipe, variables);
            ++written;
        }
        return written;
    }

  private:
    bool chosen(const SuiteCase& c) const {
        return options_.only.empty() || std::any_of(options_.only.begin(), options_.only.end(), [&](const std::string& part) { return c.id.find(part) != std::string::npos; });
    }
    const SuiteGpu* of_gpu() const {
        const auto at = suite_.gpus.find(options_.gpu_name);
        return at == suite_.gpus.end() ? nullptr : &at->second;
    }
    const Mark* mark(const std::vector<Mark>& list, const std::string& name) const {
        const auto at = std::find_if(list.begin(), list.end(), [&](const Mark& m) { return m.gpu == options_.gpu_name && m.name == name; });
        return at == list.end() ? nullptr : &*at;
    }

    std::vector<std::string> overrides_for(const SuiteGroup& group, const ReferenceRow& row) const {
        std::vector<std::string> all;
        if (const SuiteGpu* gpu = of_gpu()) all = gpu->overrides;
        all.insert(all.end(), group.overrides.begin(), group.overrides.end());
        if (group.reference_clock && row.clock_mhz) all.push_back(fmt::format("clocks.sm={} MHz", *row.clock_mhz));
        all.insert(all.end(), options_.overrides.begin(), options_.overrides.end());
        return all;
    }

    void plan(const SuiteCase& c) {
        const SuiteGroup& group = suite_.groups[c.group];
        if (!chosen(c)) return;
        const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const ReferenceRow& r) { return r.name == c.id && r.metric == group.metric; });
        if (row == rows_.end()) {
            ++result_.without_reference;
            return;
        }
        if (row->unit != group.unit) fail_at(row->file, row->line, 0, fmt::format("unit {} of {}", row->unit, c.id), fmt::format("the suite has {}", group.unit));
        ComparedCase compared;
        compared.name = c.id;
        compared.group = group.name;
        compared.metric = group.metric;
        compared.unit = group.unit;
        compared.measured = row->value;
        compared.measured_known = true;
        compared.use = row->use;
        compared.spread = row->spread;
        compared.origin = row->origin;
        compared.device = row->device;
        compared.note = group.note;
        if (const Mark* fitted = mark(suite_.fitted, c.id)) compared.note = fmt::format("fitted: {}", fitted->text);
        if (const Mark* excluded = mark(suite_.excluded, c.id)) compared.excluded = excluded->text;
        result_.cases.push_back(compared);
        schedule(c, group, overrides_for(group, *row));
    }

    Variables variables_for(const SuiteCase& c, const SuiteOptions::Configured& configured) const {
        Variables variables = c.variables;
        if (const SuiteGpu* gpu = of_gpu()) variables.insert(gpu->variables.begin(), gpu->variables.end());
        variables.insert(configured.variables.begin(), configured.variables.end());
        return variables;
    }
    fs::path recipes() const { return suite_.path.parent_path().parent_path() / "recipes"; }

    void schedule(const SuiteCase& c, const SuiteGroup& group, const std::vector<std::string>& overrides) {
        const fs::path file = recipes() / group.recipe;
        const auto configured = options_.configure(overrides);
        Variables variables = variables_for(c, configured);
        variables["recipes"] = fs::absolute(recipes()).string();
        const std::string text = instantiate(template_text(file), file.string(), variables);
        const fs::path scratch = store_.scratch(content_key({suite_.name, c.id, options_.gpu_name}));
        const fs::path instance = scratch / "recipe.yaml";
        std::ofstream(instance) << text;
        std::vector<std::string> parts = {options_.version, own_digest_, configured.hash, group.kernels, group.cache};
        const recipe::Recipe read = recipe::read_recipe(instance);
        for (const fs::path& code : read.code) parts.push_back(digest_of(code));
        variables["recipes"] = "";
        parts.push_back(instantiate(template_text(file), file.string(), variables));
        const std::string key = content_key(parts);
        planned_.push_back({result_.cases.size() - 1, key, group.value, variables});
        result_.cases.back().workload = group.recipe;
        if (store_.has(key) || std::any_of(simulations_.begin(), simulations_.end(), [&](const Simulation& s) { return s.key == key; })) {
            ResultStore::discard(scratch);
            ++result_.reused;
            return;
        }
        Job job;
        job.command = {options_.heddle.string(), "run", "--quiet", "--gpu", options_.gpu, "--out", scratch.string(), "--cache", group.cache};
        for (const std::string& set : overrides) job.command.insert(job.command.end(), {"--set", set});
        if (!group.kernels.empty()) job.command.insert(job.command.end(), {"--kernels", group.kernels});
        job.command.push_back(instance.string());
        job.output = (scratch / "output.txt").string();
        job.timeout_seconds = options_.timeout_seconds;
        simulations_.push_back({key, scratch, std::move(job), {}});
    }

    const std::string& template_text(const fs::path& file) {
        auto [at, isnew] = templates_.try_emplace(file.string());
        if (isnew) at->second = read_whole_file(file);
        return at->second;
    }
    const std::string& digest_of(const fs::path& code) {
        auto [at, isnew] = digests_.try_emplace(code.string());
        if (isnew) at->second = file_digest(code);
        return at->second;
    }

    void simulate() {
        std::vector<Job> jobs;
        for (const Simulation& s : simulations_) jobs.push_back(s.job);
        std::size_t done = 0;
        run_jobs(jobs, options_.jobs, [&](std::size_t index, const JobEnd& end) {
            Simulation& s = simulations_[index];
            if (end.status == 0 && fs::exists(s.scratch / "run.json")) store_.commit(s.scratch, s.key);
            else s.failure = failure_text(s, end);
            if (!s.failure.empty()) ResultStore::discard(s.scratch);
            ++result_.ran;
            if (options_.progress) options_.progress(++done, jobs.size(), s.key);
        });
    }

    std::string failure_text(const Simulation& s, const JobEnd& end) const {
        if (end.timed_out) return fmt::format("the simulation took longer than {:g} s", options_.timeout_seconds);
        std::ifstream file(s.job.output);
        std::string text((std::istreambuf_iterator<char>(file)), {});
        for (char& c : text)
            if (c == '\n' || c == '\r') c = ' ';
        // The scratch folder's name says nothing to a reader.
        for (std::size_t at = text.find(s.scratch.string()); at != std::string::npos; at = text.find(s.scratch.string())) text.erase(at, s.scratch.string().size() + 1);
        if (text.size() > kMostFailureText) text = text.substr(0, kMostFailureText) + "...";
        return fmt::format("the simulation ended with status {}: {}", end.status, text);
    }

    void compare(const Planned& p) {
        ComparedCase& c = result_.cases[p.comparison];
        const auto simulation = std::find_if(simulations_.begin(), simulations_.end(), [&](const Simulation& s) { return s.key == p.key; });
        if (simulation != simulations_.end() && !simulation->failure.empty()) {
            if (c.excluded.empty()) c.excluded = simulation->failure;
            return;
        }
        const RunValues values = RunValues::read(store_.run_json(p.key));
        const Evaluated value = evaluate(p.value, [&](std::string_view name) {
            const auto found = values.find(name);
            return found ? found : number_of(p.variables, name);
        });
        c.run_hash = values.run_hash();
        c.cpu_seconds = values.cpu_seconds();
        if (!value.value) {
            if (c.excluded.empty()) c.excluded = fmt::format("value {}: {}", p.value, value.fault);
            return;
        }
        c.simulated = *value.value;
        c.simulated_known = true;
        if (c.excluded.empty() && !values.unmodelled().empty()) c.excluded = fmt::format("not modelled yet: {}", fmt::join(values.unmodelled(), ", "));
    }

    const Suite& suite_;
    const SuiteOptions& options_;
    ResultStore store_;
    std::string own_digest_;
    std::vector<ReferenceRow> rows_;
    std::vector<Planned> planned_;
    std::vector<Simulation> simulations_;
    std::map<std::string, std::string> templates_, digests_;
    Comparison result_;
};

} // namespace

Comparison run_suite(const Suite& suite, const SuiteOptions& options) { return SuiteRun(suite, options).run(); }

std::size_t write_suite_recipes(const Suite& suite, const SuiteOptions& options, const fs::path& folder) { return SuiteRun(suite, options).write_recipes(folder); }

} // namespace heddle::validation
