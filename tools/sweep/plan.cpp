#include "tools/sweep/plan.hpp"

#include "sim/config/number.hpp"
#include "sim/config/value.hpp"
#include "tools/validation/result_store.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <map>
#include <set>

namespace heddle::sweep {

namespace {

constexpr std::size_t kMostFindings = 50;
constexpr std::string_view kSeed = "${seed}";

std::string shown(const NamedValue& value) {
    if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
    return std::get<std::string>(value);
}

nlohmann::ordered_json json_of(const NamedValue& value) {
    const auto* number = std::get_if<double>(&value);
    if (!number) return std::get<std::string>(value);
    if (*number == std::floor(*number) && std::abs(*number) < 9e15) return static_cast<std::int64_t>(*number);
    return *number;
}

class Planner {
  public:
    Planner(SweepFile sweep, const PlanOptions& options) : options_(options) {
        plan_.sweep = std::move(sweep);
        plan_.heddle_version = options.heddle_version;
    }

    Plan make() {
        for (const std::string& gpu : sweep().gpus) machines_.push_back(std::make_unique<Machine>(options_.gpus, gpu));
        base_values();
        points();
        if (findings_.empty() && plan_.points.empty()) find(sweep().where.empty() ? Written{} : sweep().where.front(), "leaves no point", "the constraints exclude them all");
        require();
        runs();
        require();
        return std::move(plan_);
    }

  private:
    const SweepFile& sweep() const { return plan_.sweep; }
    void find(const Written& at, std::string what, std::string hint = {}) {
        if (findings_.size() < kMostFindings) findings_.push_back({sweep().path.string(), at.line, at.column, std::move(what), std::move(hint)});
        else if (findings_.size() == kMostFindings) findings_.push_back({sweep().path.string(), 0, 0, "and more", ""});
    }
    void require() {
        if (!findings_.empty()) throw UserError(std::move(findings_));
    }
    bool many_gpus() const { return machines_.size() > 1; }

    NamedValue value_of(const Axis& axis, const Machine& machine) const {
        if (axis.variants) return std::string("base");
        if (axis.number) return *machine.number(axis.keys.front()) / axis.factor;
        return machine.text(axis.keys.front());
    }

    // Values of the first GPU with `set`.
    void base_values() {
        Machine& machine = *machines_.front();
        machine.reset();
        machine.apply_for_now(sweep().settings);
        if (many_gpus()) plan_.axes.push_back({"gpu", "GPU", "", "", false, sweep().gpus.front()});
        for (const Axis& axis : sweep().axes) plan_.axes.push_back({axis.name, axis.label, axis.unit, fmt::format("{}", fmt::join(axis.keys, ", ")), axis.number, value_of(axis, machine)});
    }

    void points() {
        std::vector<std::size_t> sizes;
        for (const auto& group : sweep().dimensions) sizes.push_back(sweep().axes[group.front()].values.size());
        if (sweep().sampling == Sampling::Full && combinations(sizes) > kMostPoints / machines_.size())
            return find({}, fmt::format("has more than {} points", kMostPoints), "choose fewer values, or sampling one_at_a_time or {latin_hypercube: N}");
        const std::vector<Choice> choices = sample(sweep().sampling, sizes, sweep().sample_count, sweep().sample_seed);
        const Choice base(sizes.size(), kBase);
        for (std::size_t g = 0; g < machines_.size(); ++g) {
            if (g == 0 && sweep().sampling != Sampling::OneAtATime && sweep().base_point) add(g, base);
            for (const Choice& choice : choices) add(g, choice);
        }
        if (sweep().sampling != Sampling::OneAtATime && sweep().base_point) drop_extra_base();
    }

    // The base stands in front; where the axes visit it anyway, once is enough.
    void drop_extra_base() {
        auto& points = plan_.points;
        if (points.size() < 2 || !points.front().is_base || std::count_if(points.begin(), points.end(), [](const Point& p) { return p.is_base; }) < 2) return;
        points.erase(points.begin());
        for (Point& p : points) --p.number;
        std::map<std::string, std::size_t> numbers;
        for (Point& p : points) p.number = numbers.try_emplace(p.hash, numbers.size() + 1).first->second;
    }

    // What an expression may name at a point.
    Names names(const Machine& machine, const Point& point) const {
        return [this, &machine, &point](std::string_view name) -> std::optional<NamedValue> {
            for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
                if (plan_.axes[a].name != name) continue;
                const auto* number = std::get_if<double>(&point.axes[a]);
                if (!number) return point.axes[a];
                return *number * sweep().axes[a - (many_gpus() ? 1 : 0)].factor;
            }
            if (const auto number = machine.number(name)) return *number;
            if (const config::Field* field = machine.field(name)) return config::value_text(*field);
            return std::nullopt;
        };
    }

    std::string place(const Point& point) const {
        std::vector<std::string> words;
        for (std::size_t a = 0; a < plan_.axes.size(); ++a) words.push_back(fmt::format("{} = {}", plan_.axes[a].name, shown(point.axes[a])));
        return fmt::format("{}", fmt::join(words, ", "));
    }

    void add(std::size_t g, const Choice& choice) {
        Machine& machine = *machines_[g];
        Point point;
        point.gpu = sweep().gpus[g];
        std::vector<Setting> settings = sweep().settings;
        machine.reset();
        const bool is_base_choice = std::all_of(choice.begin(), choice.end(), [](std::size_t c) { return c == kBase; });
        try {
            std::vector<const AxisValue*> chosen(sweep().axes.size(), nullptr);
            for (std::size_t d = 0; d < choice.size(); ++d)
                for (const std::size_t a : sweep().dimensions[d])
                    if (choice[d] != kBase) chosen[a] = &sweep().axes[a].values[choice[d]];
            machine.apply_for_now(settings);
            if (many_gpus()) point.axes.emplace_back(point.gpu);
            for (std::size_t a = 0; a < chosen.size(); ++a) point.axes.push_back(chosen[a] ? chosen[a]->shown : value_of(sweep().axes[a], machine));
            for (const AxisValue* value : chosen)
                if (value) settings.insert(settings.end(), value->settings.begin(), value->settings.end());
            machine.reset();
            derive(machine, point, settings);
            if (settings_fault_) return;
            if (!is_base_choice && !wanted(machine, point)) return;
        } catch (const UserError& error) {
            for (const Diagnostic& f : error.findings())
                if (told_.insert(f.what).second) find({}, fmt::format("{}{}: {}", place(point), f.file.empty() ? "" : fmt::format(": {}", f.file), f.what), f.hint);
            return;
        }
        point.overrides = machine.overrides(settings);
        point.hash = machine.hash();
        point.simulations = machine.simulations();
        if (base_hash_.empty()) base_hash_ = hash_of_base();
        point.is_base = g == 0 && point.hash == base_hash_;
        const auto [number, is_new] = numbers_.try_emplace(point.hash, numbers_.size() + 1);
        if (!is_new && sweep().sampling == Sampling::OneAtATime) return;
        point.number = number->second;
        plan_.points.push_back(std::move(point));
    }

    // Applies the settings, then those that follow from them.
    void derive(Machine& machine, const Point& point, std::vector<Setting>& settings) {
        settings_fault_ = false;
        if (sweep().derived.empty()) return machine.apply(settings);
        // What follows may be what makes the whole possible, so the parts are tried without it first and judged with it.
        machine.apply_for_now(settings);
        for (const Written& rule : sweep().derived) {
            const QuantityResult result = quantity(rule.text, names(machine, point));
            if (!result.value) {
                find(rule, fmt::format("derived {}: {}", rule.key, result.fault), place(point));
                settings_fault_ = true;
                return;
            }
            const config::Field& field = *machine.field(rule.key);
            const bool integer = field.kind == config::Field::Kind::Integer;
            if (integer && !(*result.value >= 0 && *result.value < 1e18)) fail_at("", 0, 0, fmt::format("derived {} is {}", rule.key, *result.value));
            settings.push_back({rule.key, integer ? config::format_number(field.unit, static_cast<std::uint64_t>(std::llround(*result.value))) : config::format_number(field.unit, *result.value)});
            machine.apply_for_now({settings.back()}); // judged below
        }
        machine.reset();
        machine.apply(settings);
    }

    bool wanted(const Machine& machine, const Point& point) {
        for (const Written& condition : sweep().where) {
            const ConstraintResult result = constraint(condition.text, names(machine, point));
            if (result.holds && !*result.holds) return false;
            if (result.holds) continue;
            if (faulty_.insert(condition.text).second) find(condition, fmt::format("where: {}", result.fault), place(point));
            return false;
        }
        return true;
    }

    std::string hash_of_base() {
        Machine machine(options_.gpus, sweep().gpus.front());
        machine.apply_for_now(sweep().settings);
        Point point;
        if (many_gpus()) point.axes.emplace_back(sweep().gpus.front());
        for (const Axis& axis : sweep().axes) point.axes.push_back(value_of(axis, machine));
        std::vector<Setting> settings = sweep().settings;
        machine.reset();
        try {
            derive(machine, point, settings);
        } catch (const UserError&) { // it is no GPU without an axis
            return "none";
        }
        return machine.hash();
    }

    void runs() {
        std::vector<std::string> digests;
        for (const SweepWorkload& w : sweep().workloads) {
            try {
                digests.push_back(workload_digest(w));
            } catch (const UserError& error) {
                for (const Diagnostic& f : error.findings()) findings_.push_back(f);
                digests.emplace_back();
            }
        }
        for (std::size_t p = 0; p < plan_.points.size(); ++p)
            for (std::size_t w = 0; w < sweep().workloads.size(); ++w) {
                const auto& input = sweep().workloads[w].input;
                const bool seeded = std::any_of(input.begin(), input.end(), [](const std::string& word) { return word.find(kSeed) != std::string::npos; });
                for (const std::uint64_t seed : seeded ? sweep().seeds : std::vector<std::uint64_t>{0}) add_run(p, w, seed, digests[w]);
            }
    }

    void add_run(std::size_t p, std::size_t w, std::uint64_t seed, const std::string& digest) {
        const Point& point = plan_.points[p];
        const SweepWorkload& workload = sweep().workloads[w];
        const RunSettings& s = workload.settings;
        PlanRun run;
        run.run = plan_.runs.size() + 1;
        run.workload = w;
        run.seed = seed;
        run.point = p;
        run.timeout_seconds = s.timeout_seconds;
        std::vector<std::string> changing; // what is in run.json
        for (const auto& [option, value] : {std::pair{"--kernels", &s.kernels}, {"--cache", &s.cache}, {"--hot-instructions", &s.hot_instructions}, {"--timeline", &s.timeline}})
            if (!value->empty()) changing.insert(changing.end(), {option, *value});
        if (s.strict) changing.emplace_back("--strict");
        run.command = {"run", "--gpu", point.gpu, "--quiet"};
        for (const std::string& override_words : point.overrides) run.command.insert(run.command.end(), {"--set", override_words});
        run.command.insert(run.command.end(), changing.begin(), changing.end());
        if (!s.threads.empty()) run.command.insert(run.command.end(), {"--threads", s.threads});
        if (workload.program) run.command.emplace_back("--");
        for (std::string word : workload.input) {
            for (auto at = word.find(kSeed); at != std::string::npos; at = word.find(kSeed)) word.replace(at, kSeed.size(), std::to_string(seed));
            run.command.push_back(std::move(word));
        }
        run.key = validation::content_key({"sweep 1", options_.build, point.hash, digest, fmt::format("{}", fmt::join(changing, "\n")), std::to_string(seed)});
        plan_.runs.push_back(std::move(run));
    }

    const PlanOptions& options_;
    Plan plan_;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::map<std::string, std::size_t> numbers_; // of points by hash
    std::set<std::string> faulty_;               // conditions with a finding
    std::string base_hash_;
    std::set<std::string> told_; // faults of configurations, each at the first point that has it
    bool settings_fault_ = false;
    std::vector<Diagnostic> findings_;
};

} // namespace

Plan make_plan(SweepFile sweep, const PlanOptions& options) { return Planner(std::move(sweep), options).make(); }

nlohmann::ordered_json plan_json(const Plan& plan) {
    using Json = nlohmann::ordered_json;
    Json objectives = Json::array(), axes = Json::array(), runs = Json::array();
    for (const Objective& o : plan.sweep.objectives) objectives.push_back({{"metric", o.metric}, {"goal", o.maximise ? "max" : "min"}});
    for (const PlanAxis& a : plan.axes)
        axes.push_back({{"name", a.name}, {"label", a.label}, {"unit", a.unit}, {"kind", a.number ? "number" : "text"}, {"key", a.key}, {"base_value", json_of(a.base_value)}});
    for (const PlanRun& r : plan.runs) {
        const Point& point = plan.points[r.point];
        Json values = Json::object();
        for (std::size_t a = 0; a < plan.axes.size(); ++a) values[plan.axes[a].name] = json_of(point.axes[a]);
        runs.push_back({{"run", r.run}, {"key", r.key}, {"workload", plan.sweep.workloads[r.workload].name}, {"seed", r.seed}, {"point", point.number},
                        {"is_base", point.is_base}, {"axes", std::move(values)}, {"command", r.command}});
    }
    return {{"format", 1}, {"name", plan.sweep.name}, {"description", plan.sweep.description}, {"sweep_file", plan.sweep.text}, {"base_gpu", plan.sweep.gpus.front()},
            {"heddle_version", plan.heddle_version}, {"objectives", std::move(objectives)}, {"axes", std::move(axes)}, {"runs", std::move(runs)}};
}

} // namespace heddle::sweep
