#include "tools/validation/suite.hpp"

#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/yaml_reader.hpp"
#include "tools/common/node_reader.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace heddle::validation {

namespace {

using config::YamlNode;
using Kind = YamlNode::Kind;

class SuiteReader {
  public:
    explicit SuiteReader(const std::filesystem::path& path) : reader_(path.string()) {
        suite_.path = path;
        suite_.name = path.stem().string();
    }

    Suite read() {
        const auto text = config::read_text_file(suite_.path);
        if (const auto* problem = std::get_if<config::Problem>(&text)) fail_at(reader_.file(), 0, 0, problem->what, problem->hint);
        const YamlNode root = config::parse_yaml(std::get<std::string>(text), reader_.file(), reader_.findings());
        if (reader_.findings().empty()) {
            if (root.kind != Kind::Map) reader_.find(root, "is no suite", "want keys reference and groups");
            else top(root);
        }
        if (!reader_.findings().empty()) throw UserError(std::move(reader_.findings()));
        return std::move(suite_);
    }

  private:
    std::vector<std::string> words(const YamlNode& map, const char* key) {
        std::vector<std::string> result;
        const YamlNode* node = map.find(key);
        if (!node) return result;
        if (node->kind != Kind::List) reader_.find(*node, fmt::format("{} wants a list", key));
        for (const YamlNode& item : node->items) {
            if (item.kind != Kind::Scalar) reader_.find(item, "want a text");
            result.push_back(item.text);
        }
        return result;
    }
    void add_variables(const YamlNode& map, Variables& to) {
        if (map.kind != Kind::Map) return reader_.find(map, "want names with values");
        for (const auto& entry : map.entries) {
            if (entry.value.kind != Kind::Scalar) reader_.find(entry.value, "a variable is a number or a text");
            to[entry.key] = entry.value.text;
        }
    }

    void top(const YamlNode& root) {
        reader_.check_keys(root, {"description", "reference", "gpus", "fitted", "excluded", "groups"});
        suite_.description = reader_.word(root, "description");
        suite_.reference = reader_.word(root, "reference", true);
        if (const YamlNode* gpus = root.find("gpus")) {
            for (const auto& entry : gpus->entries) {
                SuiteGpu& gpu = suite_.gpus[entry.key];
                reader_.check_keys(entry.value, {"set", "note", "variables"});
                gpu.overrides = words(entry.value, "set");
                gpu.note = reader_.word(entry.value, "note");
                if (const YamlNode* variables = entry.value.find("variables")) add_variables(*variables, gpu.variables);
            }
        }
        marks(root, "fitted", "parameter", suite_.fitted);
        marks(root, "excluded", "reason", suite_.excluded);
        const YamlNode* groups = root.find("groups");
        if (!groups || groups->kind != Kind::List || groups->items.empty()) return reader_.find(groups ? *groups : root, "has no groups of cases");
        for (const YamlNode& item : groups->items) group(item);
        for (const auto* list : {&suite_.fitted, &suite_.excluded})
            for (const Mark& mark : *list)
                if (!ids_.contains(mark.name)) reader_.find(mark.line, 0, fmt::format("no case is called {}", config::in_quotes(mark.name)));
    }

    void marks(const YamlNode& root, const char* key, const char* text, std::vector<Mark>& to) {
        const YamlNode* list = root.find(key);
        if (!list) return;
        if (list->kind != Kind::List) return reader_.find(*list, fmt::format("{} wants a list", key));
        for (const YamlNode& item : list->items) {
            if (item.kind != Kind::Map) {
                reader_.find(item, fmt::format("want {{gpu: ..., case: ..., {}: ...}}", text));
                continue;
            }
            reader_.check_keys(item, {"gpu", "case", text});
            to.push_back({reader_.word(item, "gpu", true), reader_.word(item, "case", true), reader_.word(item, text, true), item.line});
        }
    }

    void group(const YamlNode& node) {
        if (node.kind != Kind::Map) return reader_.find(node, "want a group: {name, recipe, value, cases ...}");
        reader_.check_keys(node, {"name", "recipe", "kernels", "cache", "metric", "unit", "value", "note", "set", "clock", "variables", "cases"});
        SuiteGroup g;
        g.name = reader_.word(node, "name", true);
        g.recipe = reader_.word(node, "recipe", true);
        g.kernels = reader_.word(node, "kernels");
        if (node.find("cache")) g.cache = reader_.word(node, "cache", true);
        g.metric = reader_.word(node, "metric", true);
        g.unit = reader_.word(node, "unit", true);
        g.value = reader_.word(node, "value", true);
        g.note = reader_.word(node, "note");
        g.overrides = words(node, "set");
        if (const std::string clock = reader_.word(node, "clock"); clock == "model") g.reference_clock = false;
        else if (!clock.empty() && clock != "reference") reader_.find(node, "clock is reference or model");
        Variables common;
        if (const YamlNode* variables = node.find("variables")) add_variables(*variables, common);
        const YamlNode* cases = node.find("cases");
        if (!cases || cases->kind != Kind::List || cases->items.empty()) reader_.find(cases ? *cases : node, "has no cases");
        else
            for (const YamlNode& item : cases->items) one(item, common);
        suite_.groups.push_back(std::move(g));
    }

    void one(const YamlNode& item, const Variables& common) {
        SuiteCase c{reader_.word(item, "id", true), common, suite_.groups.size(), item.line};
        if (!ids_.insert(c.id).second) reader_.find(item, fmt::format("case {} is there twice", config::in_quotes(c.id)));
        add_variables(item, c.variables);
        suite_.cases.push_back(std::move(c));
    }

    NodeReader reader_;
    Suite suite_;
    std::set<std::string> ids_;
};

} // namespace

Suite read_suite(const std::filesystem::path& path) { return SuiteReader(path).read(); }

void require_same_split(const Suite& suite, const std::string& gpu, const std::vector<ReferenceRow>& rows) {
    std::vector<Diagnostic> findings;
    const auto listed = [&](const std::string& name) {
        return std::any_of(suite.fitted.begin(), suite.fitted.end(), [&](const Mark& m) { return m.gpu == gpu && m.name == name; });
    };
    for (const ReferenceRow& row : rows)
        if (row.use == Use::Fitted && !listed(row.name))
            findings.push_back({row.file, row.line, 0, fmt::format("{} is fitted here, but not in {}", row.name, suite.path.string()), "the split is written down in the suite first"});
    for (const Mark& mark : suite.fitted) {
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const ReferenceRow& r) { return r.name == mark.name; });
        if (mark.gpu == gpu && (row == rows.end() || row->use != Use::Fitted))
            findings.push_back({suite.path.string(), mark.line, 0, fmt::format("{} is fitted here, but not in the reference of {}", mark.name, gpu), "change the column use there, or this line"});
    }
    if (!findings.empty()) throw UserError(std::move(findings));
}

} // namespace heddle::validation
