// Metrics of one run: formulas over its parsed run.json.
#include "sim/base/error.hpp"
#include "tools/metrics/metric.hpp"
#include "tools/validation/expression.hpp"

#include <algorithm>
#include <charconv>

namespace heddle::metrics {

namespace {

using Json = nlohmann::json;
using Number = std::optional<double>;

// A dotted path into objects and arrays; no key holds a dot.
Number at_path(const Json& from, std::string_view path) {
    const Json* node = &from;
    while (!path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const std::string_view key = path.substr(0, dot);
        path.remove_prefix(std::min(dot + 1, path.size()));
        if (node->is_object()) {
            const auto next = node->find(std::string(key));
            if (next == node->end()) return std::nullopt;
            node = &*next;
        } else if (node->is_array()) {
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
            if (error != std::errc{} || end != key.data() + key.size() || index >= node->size()) return std::nullopt;
            node = &(*node)[index];
        } else {
            return std::nullopt;
        }
    }
    return node->is_number() ? Number(node->get<double>()) : std::nullopt;
}

Number member(const Json& object, const char* key, const std::string& name) {
    const auto holder = object.find(key);
    if (holder == object.end() || !holder->is_object()) return std::nullopt;
    const auto found = holder->find(name);
    return found != holder->end() && found->is_number() ? Number(found->get<double>()) : std::nullopt;
}

// The number a configuration value begins with: 4 of "4 cycles".
Number configured(const Json& run, const std::string& path) {
    const auto config = run.find("config");
    if (config == run.end() || !config->is_object() || !config->contains("values")) return std::nullopt;
    const auto found = config->at("values").find(path);
    if (found == config->at("values").end() || !found->is_string()) return std::nullopt;
    const auto& text = found->get_ref<const std::string&>();
    double number = 0;
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{} ? Number(number) : std::nullopt;
}

// Time in which any kernel ran: the union of their intervals.
double busy_time(const Json& kernels) {
    std::vector<std::pair<double, double>> spans;
    for (const Json& kernel : kernels) spans.emplace_back(kernel.value("start_ns", 0.0), kernel.value("end_ns", 0.0));
    std::sort(spans.begin(), spans.end());
    double busy = 0, reached = 0;
    for (const auto& [start, end] : spans) {
        busy += std::max(0.0, end - std::max(start, reached));
        reached = std::max(reached, end);
    }
    return busy;
}

// Values of one kernel or of the run.
class Evaluation {
  public:
    // `of_run`: `span` is `total`.
    Evaluation(const Json& run, const Json& span, bool of_run) : run_(run), span_(span), of_run_(of_run), values_(metric_table().size()), state_(metric_table().size()) {}

    Values all() {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const Scope scope = metric_table()[i].scope;
            if (scope != (of_run_ ? Scope::Kernel : Scope::Run)) metric(i);
        }
        for (std::size_t i = 0; i < values_.size(); ++i)
            if (metric_table()[i].scope == (of_run_ ? Scope::Kernel : Scope::Run)) values_[i].reset();
        return std::move(values_);
    }

  private:
    enum class State : std::uint8_t { Open, Under, Done };

    Number metric(std::size_t i) {
        if (state_[i] == State::Done) return values_[i];
        HEDDLE_EXPECT(state_[i] == State::Open, "the formula of {} refers to itself", metric_table()[i].name);
        state_[i] = State::Under;
        values_[i] = validation::evaluate(metric_table()[i].formula, [this, i](std::string_view name) { return look_up(name, i); }).value;
        state_[i] = State::Done;
        return values_[i];
    }

    Number look_up(std::string_view name, std::size_t asking) {
        if (name.starts_with("gpu.")) return member(span_, "counters", std::string(name));
        if (name.starts_with("config.")) return configured(run_, std::string(name.substr(7)));
        if (of_run_ && name.starts_with("kernels.")) return of_kernels(name.substr(8));
        if (const Number own = at_path(span_, name)) return own;
        if (name.find('.') != std::string_view::npos) return at_path(run_, name);
        const Metric* other = find_metric(name);
        if (other == nullptr || other == &metric_table()[asking]) return std::nullopt;
        return metric(static_cast<std::size_t>(other - metric_table().data()));
    }

    Number of_kernels(std::string_view what) const {
        const Json& kernels = run_.at("kernels");
        if (what == "count") return static_cast<double>(kernels.size());
        if (what == "busy_ns") return busy_time(kernels);
        if (what != "time_ns") return std::nullopt;
        double sum = 0;
        for (const Json& kernel : kernels) sum += kernel.value("time_ns", 0.0);
        return sum;
    }

    const Json& run_;
    const Json& span_;
    bool of_run_;
    Values values_;
    std::vector<State> state_;
};

} // namespace

RunValues evaluate(const nlohmann::json& run) {
    if (!run.is_object() || !run.contains("total") || !run.contains("kernels") || !run.at("kernels").is_array())
        fail_at("run.json", 0, 0, "is no record of the timing model", "make one with heddle run --out DIR");
    RunValues values;
    values.total = Evaluation(run, run.at("total"), true).all();
    for (const auto& kernel : run.at("kernels")) values.kernels.push_back(Evaluation(run, kernel, false).all());
    return values;
}

} // namespace heddle::metrics
