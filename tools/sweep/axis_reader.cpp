#include "tools/sweep/axis_reader.hpp"

#include "sim/config/number.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/unit_table.hpp"
#include "tools/sweep/collect.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/ranges.h>

namespace heddle::sweep {

namespace {

using config::Field;
using config::YamlNode;
using Kind = YamlNode::Kind;

constexpr std::size_t kMostValues = 10'000;

bool is_numeric(const Field& field) { return field.kind == Field::Kind::Integer || field.kind == Field::Kind::Real; }

double as_double(const Field::Scalar& value) {
    if (const auto* integer = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*integer);
    return std::get<double>(value);
}

class AxisReader {
  public:
    AxisReader(const Machine& machine, NodeReader& reader) : machine_(machine), reader_(reader) {}

    Axis read(const YamlNode::Entry& entry) {
        Axis axis;
        axis.name = axis.label = entry.key;
        check_name(entry);
        const YamlNode& node = entry.value;
        if (node.kind != Kind::Map) {
            reader_.find(entry.line, entry.column, fmt::format("axis {} wants a key with values or a range, or variants", entry.key), "write for example {key: l2.size, values: [25 MiB, 50 MiB]}");
            return axis;
        }
        reader_.check_keys(node, {"key", "values", "range", "variants", "label", "unit"});
        if (node.find("label")) axis.label = reader_.word(node, "label");
        if (const YamlNode* variants = node.find("variants")) {
            for (const char* other : {"key", "values", "range", "unit"})
                if (node.find(other)) reader_.find(*node.find(other), fmt::format("{} does not go with variants", other));
            read_variants(*variants, axis);
        } else {
            read_keyed(node, axis);
        }
        return axis;
    }

  private:
    void check_name(const YamlNode::Entry& entry) {
        const std::string& name = entry.key;
        const bool good = !name.empty() && name.size() <= 64 && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                          std::all_of(name.begin(), name.end(), [](unsigned char c) { return (c < 128 && std::isalnum(c) != 0) || c == '_'; });
        if (!good) reader_.find(entry.line, entry.column, fmt::format("{} cannot be the name of an axis", config::in_quotes(name)), "want letters, digits and _, at most 64; a label may be anything");
        else if (is_results_column(name)) reader_.find(entry.line, entry.column, fmt::format("{} is a column of the results already", config::in_quotes(name)), "choose another name");
    }

    void read_variants(const YamlNode& node, Axis& axis) {
        axis.variants = true;
        if (node.kind != Kind::Map || node.entries.empty()) return reader_.find(node, "variants wants names, each with settings", "write for example {wide: {l2.size: 50 MiB, l2.ways: 20}}");
        for (const auto& entry : node.entries) {
            AxisValue value{entry.key, 0, {}};
            if (entry.value.kind != Kind::Map && entry.value.kind != Kind::Null) reader_.find(entry.value, fmt::format("variant {} wants settings key: value", entry.key));
            for (const auto& setting : entry.value.entries) {
                if (!check_key(setting.key, setting.line, setting.column, machine_, reader_)) continue;
                const std::string words = reader_.value_words(setting.value);
                check_value(setting.key, words, setting.value, machine_, reader_);
                value.settings.push_back({setting.key, words});
                if (std::find(axis.keys.begin(), axis.keys.end(), setting.key) == axis.keys.end()) axis.keys.push_back(setting.key);
            }
            axis.values.push_back(std::move(value));
        }
    }

    void read_keyed(const YamlNode& node, Axis& axis) {
        const YamlNode* key = node.find("key");
        if (!key) return reader_.find(node, fmt::format("axis {} needs a key, or variants", axis.name));
        const Field* field = nullptr;
        for (const std::string& one : reader_.words(*key)) {
            if (!check_key(one, key->line, key->column, machine_, reader_)) continue;
            const Field* f = machine_.field(one);
            if (field && (f->kind != field->kind || f->unit != field->unit)) reader_.find(*key, fmt::format("{} and {} take different values", axis.keys.front(), one));
            field = f;
            axis.keys.push_back(one);
        }
        if (!field) return;
        axis.number = is_numeric(*field);
        const YamlNode* values = node.find("values");
        const YamlNode* range = node.find("range");
        if ((values != nullptr) == (range != nullptr)) return reader_.find(node, fmt::format("axis {} needs either values or a range", axis.name));
        const YamlNode* first = values ? values : range->find("from");
        if (values && values->kind == Kind::List && !values->items.empty()) first = &values->items.front();
        if (axis.number) read_unit(node, first, *field, axis);
        if (range) return read_range(*range, *field, axis);
        if (values->kind != Kind::List || values->items.empty()) return reader_.find(*values, "values wants a list");
        for (const YamlNode& item : values->items) add(reader_.value_words(item), item, *field, axis);
    }

    // The unit of the results: as asked for, else that of the first value.
    void read_unit(const YamlNode& node, const YamlNode* first, const Field& field, Axis& axis) {
        const auto words = config::unit_words(field.unit);
        if (words.empty()) return;
        axis.unit = reader_.word(node, "unit");
        if (axis.unit.empty() && first) {
            const auto letter = std::find_if(first->text.begin(), first->text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
            axis.unit = std::string(letter, first->text.end());
        }
        const config::UnitWord* word = config::find_unit_word(field.unit, axis.unit);
        if (!word) {
            if (const YamlNode* unit = node.find("unit")) reader_.find(*unit, fmt::format("{} is no unit of {}", config::in_quotes(axis.unit), axis.keys.front()), "want " + config::unit_word_list(field.unit));
            axis.unit = words.front().word; // a value without a unit is a finding of its own
            word = &words.front();
        }
        axis.factor = std::ldexp(std::pow(10.0, word->decimal), word->binary);
    }

    // False after a finding.
    bool add(const std::string& words, const YamlNode& at, const Field& field, Axis& axis) {
        if (words.empty()) return false;
        AxisValue value;
        if (axis.number) {
            const auto number = config::parse_number(field, words);
            if (const auto* problem = std::get_if<config::Problem>(&number)) {
                reader_.find(at, fmt::format("{}: {}", axis.name, problem->what), problem->hint);
                return false;
            }
            value.base_units = as_double(std::get<Field::Scalar>(number));
            value.shown = value.base_units / axis.factor;
        } else {
            check_value(axis.keys.front(), words, at, machine_, reader_);
            value.shown = words;
        }
        for (const AxisValue& other : axis.values)
            if (other.shown == value.shown) {
                reader_.find(at, fmt::format("{}: {} is there twice", axis.name, words));
                return false;
            }
        for (const std::string& key : axis.keys) value.settings.push_back({key, words});
        axis.values.push_back(std::move(value));
        return true;
    }

    void read_range(const YamlNode& node, const Field& field, Axis& axis) {
        if (node.kind != Kind::Map) return reader_.find(node, "range wants {from, to, step} or {from, to, factor}");
        reader_.check_keys(node, {"from", "to", "step", "factor"});
        if (!axis.number) return reader_.find(node, fmt::format("{} takes no numbers", axis.keys.front()), "list its values");
        const auto bound = [&](const char* key) -> std::optional<double> {
            const std::string words = reader_.word(node, key, true);
            if (words.empty()) return std::nullopt;
            const auto number = config::parse_number(field, words);
            if (const auto* scalar = std::get_if<Field::Scalar>(&number)) return as_double(*scalar);
            const auto& problem = std::get<config::Problem>(number);
            reader_.find(*node.find(key), fmt::format("{}: {}", axis.name, problem.what), problem.hint);
            return std::nullopt;
        };
        const auto from = bound("from"), to = bound("to");
        const YamlNode* step = node.find("step");
        const YamlNode* factor = node.find("factor");
        if ((step != nullptr) == (factor != nullptr)) return reader_.find(node, "a range needs either step or factor");
        const YamlNode& by_node = step ? *step : *factor;
        const QuantityResult by = quantity(by_node.text, [](std::string_view) { return std::nullopt; });
        if (!by.value || *by.value <= (step ? 0 : 1)) return reader_.find(by_node, step ? "step must be a number above 0, with its unit" : "factor must be a number above 1", by.fault);
        if (!from || !to) return;
        if (*to < *from) return reader_.find(node, "the range ends before it begins");
        for (std::size_t i = 0;; ++i) {
            const double value = step ? *from + static_cast<double>(i) * *by.value : *from * std::pow(*by.value, static_cast<double>(i));
            if (value > *to * (1 + 1e-12)) break;
            if (i >= kMostValues) return reader_.find(node, fmt::format("the range has more than {} values", kMostValues));
            const bool integer = field.kind == Field::Kind::Integer;
            if (!add(integer ? config::format_number(field.unit, static_cast<std::uint64_t>(std::llround(value))) : config::format_number(field.unit, value), node, field, axis)) return;
        }
    }

    const Machine& machine_;
    NodeReader& reader_;
};

} // namespace

bool check_key(const std::string& key, std::uint64_t line, std::uint64_t column, const Machine& machine, NodeReader& reader) {
    if (machine.field(key)) return true;
    reader.find(line, column, fmt::format("the configuration has no value {}", config::in_quotes(key)), machine.suggest(key));
    return false;
}

void check_value(const std::string& key, const std::string& value, const YamlNode& at, const Machine& machine, NodeReader& reader) {
    const Field* field = machine.field(key);
    if (value.empty() || !field) return;
    if (is_numeric(*field)) {
        const auto number = config::parse_number(*field, value);
        if (const auto* problem = std::get_if<config::Problem>(&number)) reader.find(at, fmt::format("{}: {}", key, problem->what), problem->hint);
    } else if (field->kind == Field::Kind::Choice) {
        if (std::find(field->choices.begin(), field->choices.end(), value) != field->choices.end()) return;
        const std::string near = config::closest(value, field->choices);
        reader.find(at, fmt::format("{}: {} is none of its words", key, config::in_quotes(value)), near.empty() ? fmt::format("want one of {}", fmt::join(field->choices, ", ")) : fmt::format("did you mean {}?", near));
    } else if (field->kind == Field::Kind::Boolean && value != "true" && value != "false") {
        reader.find(at, fmt::format("{}: {} is neither true nor false", key, config::in_quotes(value)));
    }
}

std::vector<Axis> read_axes(const YamlNode& axes, const Machine& machine, NodeReader& reader) {
    std::vector<Axis> result;
    if (axes.kind != Kind::Map) {
        reader.find(axes, "axes wants names, each with a key and values, or variants");
        return result;
    }
    for (const auto& entry : axes.entries) result.push_back(AxisReader(machine, reader).read(entry));
    return result;
}

} // namespace heddle::sweep
