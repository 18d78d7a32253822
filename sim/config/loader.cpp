#include "sim/config/loader.hpp"

#include "sim/config/hash.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/section_walk.hpp"
#include "sim/config/spelling.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>

namespace heddle::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxChain = 16;     // files that extend one another
constexpr std::size_t kMaxFiles = 64;     // files in all
constexpr std::size_t kMaxFindings = 100; // more are only counted

fs::path identity_of(const fs::path& path) {
    std::error_code failed;
    const fs::path result = fs::weakly_canonical(path, failed);
    return failed ? path : result;
}

// "did you mean" among the files of the folder that `path` should be in; empty if it is there.
std::string similar_file(const fs::path& path) {
    std::error_code failed;
    if (fs::exists(path, failed)) return {};
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::vector<std::string> names;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    const std::string near = closest(path.filename().string(), names);
    return near.empty() ? std::string{} : fmt::format("did you mean '{}'?", (path.parent_path() / near).string());
}

} // namespace

void Loader::report(const std::string& file, std::uint64_t line, std::uint64_t column, std::string what, std::string hint) {
    findings_.push_back({file, line, column, std::move(what), std::move(hint)});
}

void Loader::read_file(const fs::path& file) {
    const auto text = read_text_file(file);
    if (const auto* problem = std::get_if<Problem>(&text)) {
        broken_ = true;
        return report(file.string(), 0, 0, problem->what, problem->hint.empty() ? similar_file(file) : problem->hint);
    }
    active_.push_back(identity_of(file));
    apply_text(std::get<std::string>(text), file.string(), root_, {});
    active_.pop_back();
}

void Loader::read_text(const std::string& text, const std::string& name) {
    active_.push_back(identity_of(name));
    apply_text(text, name, root_, {});
    active_.pop_back();
}

void Loader::apply_text(const std::string& text, const std::string& name, const Section& section, const std::string& prefix) {
    ++files_read_;
    const std::size_t before = findings_.size();
    const YamlNode node = parse_yaml(text, name, findings_);
    if (node.kind != YamlNode::Kind::Map) {
        broken_ = true;
        if (findings_.size() != before) {
        } else if (node.kind == YamlNode::Kind::Null) report(name, 0, 0, "holds no configuration", "is the file empty or cut short?");
        else report(name, node.line, node.column, "is not a configuration", "write `name: value` lines");
    } else {
        if (findings_.size() != before) failed_.insert(prefix);
        apply(node, section, prefix, name);
    }
    if (std::find(files_.begin(), files_.end(), name) == files_.end()) files_.push_back(name);
}

void Loader::apply(const YamlNode& node, const Section& section, const std::string& prefix, const std::string& file) {
    if (node.refused) return;
    const std::size_t before = findings_.size();
    if (!node.tag.empty() && node.kind == YamlNode::Kind::Map)
        report(file, node.line, node.column, fmt::format("{}: the tag {} stands before a section", prefix, in_quotes("!" + node.tag)),
               "state the source of each value");
    if (node.kind == YamlNode::Kind::Scalar || node.kind == YamlNode::Kind::List) {
        std::string names;
        for (const std::string& name : names_in(section)) names += (names.empty() ? "" : ", ") + name;
        report(file, node.line, node.column, fmt::format("{} is a section, not a value", prefix), "it holds " + names);
    }
    if (findings_.size() != before) failed_.insert(prefix);
    if (const YamlNode* base = node.find("extends")) extend(*base, section, prefix, file);
    for (const YamlNode::Entry& entry : node.entries)
        if (entry.key != "extends") apply_entry(entry, section, prefix, file);
}

void Loader::apply_entry(const YamlNode::Entry& entry, const Section& section, const std::string& prefix, const std::string& file) {
    const std::string path = join_path(prefix, entry.key);
    for (const auto& child : section.children())
        if (child.name == entry.key) return apply(entry.value, *child.section, path, file);
    for (const Field& field : section.fields()) {
        if (field.name != entry.key) continue;
        YamlNode value = entry.value;
        if (value.kind == YamlNode::Kind::Null) { // the parser places nothing at whatever comes next
            value.line = entry.line;
            value.column = entry.column;
        }
        if (auto origin = read_value(field, path, value, {file, false}, findings_)) origins_[path] = std::move(*origin);
        else failed_.insert(path);
        return;
    }
    failed_.insert(prefix);
    const std::string where = prefix.empty() ? std::string{} : fmt::format(" in {}", prefix);
    report(file, entry.line, entry.column, fmt::format("unknown key {}{}", in_quotes(entry.key), where), suggest(root_, prefix, entry.key));
}

void Loader::extend(const YamlNode& node, const Section& section, const std::string& prefix, const std::string& file) {
    if (node.refused) return;
    const auto refuse = [&](std::string what, std::string hint = {}) {
        broken_ = true;
        report(file, node.line, node.column, std::move(what), std::move(hint));
    };
    if (node.kind != YamlNode::Kind::Scalar || node.text.empty() || !node.tag.empty())
        return refuse("'extends' must be the name of a file", "write `extends: base.yaml`");
    const fs::path beside = (fs::path(file).parent_path() / node.text).lexically_normal();
    fs::path found = beside;
    std::error_code ignored;
    for (auto folder = search_.begin(); folder != search_.end() && !fs::exists(found, ignored); ++folder)
        if (fs::exists(*folder / node.text, ignored)) found = (*folder / node.text).lexically_normal();
    const fs::path identity = identity_of(found);
    if (const auto again = std::find(active_.begin(), active_.end(), identity); again != active_.end()) {
        std::string chain;
        for (auto it = again; it != active_.end(); ++it) chain += it->filename().string() + " -> ";
        return refuse("the files extend one another in a circle: " + chain + identity.filename().string(), "remove one 'extends'");
    }
    if (active_.size() >= kMaxChain) return refuse(fmt::format("more than {} files extend one another", kMaxChain));
    if (files_read_ >= kMaxFiles) return refuse(fmt::format("more than {} files in one configuration", kMaxFiles));
    if (fs::exists(found, ignored) && !fs::is_regular_file(found, ignored)) // a pipe or a terminal would be waited for
        return refuse(fmt::format("cannot extend {}: it is not a file", in_quotes(found.string())));
    const auto text = read_text_file(found);
    if (const auto* problem = std::get_if<Problem>(&text))
        return refuse(fmt::format("cannot extend {}: {}", in_quotes(found.string()), problem->what),
                      problem->hint.empty() ? similar_file(beside) : problem->hint);
    active_.push_back(identity);
    apply_text(std::get<std::string>(text), found.string(), section, prefix);
    active_.pop_back();
}

void Loader::set(const std::string& override_text) {
    const std::optional<Override> given = parse_override(override_text, findings_);
    if (!given) return;
    const Target target = find(root_, given->path);
    if (target.field == nullptr) {
        if (!target)
            return report(given->place, 0, 0, fmt::format("there is no {}", in_quotes(given->path)), suggest_path(root_, given->path));
        std::string names;
        for (const std::string& name : names_in(*target.section)) names += (names.empty() ? "" : ", ") + name;
        return report(given->place, 0, 0, fmt::format("{} is a section, not a value", given->path), "set one of " + names);
    }
    const YamlNode node = override_node(*given, *target.field, findings_);
    if (auto origin = read_value(*target.field, given->path, node, {given->place, true}, findings_))
        origins_[given->path] = std::move(*origin);
    else failed_.insert(given->path);
}

bool Loader::failed_within(const std::string& prefix) const {
    if (prefix.empty()) return !failed_.empty();
    return std::any_of(failed_.begin(), failed_.end(), [&](const std::string& path) {
        return path == prefix || (path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '.');
    });
}

// A check sees the values below its section; where one of them is wrong, what the check says would mislead.
void Loader::run_checks(const Section& section, const std::string& prefix) {
    if (!failed_within(prefix)) {
        for (const auto& check : section.checks()) {
            const std::string wrong = check.test();
            if (wrong.empty()) continue;
            const std::string path = join_path(prefix, check.key);
            const auto origin = origins_.find(path);
            if (origin != origins_.end())
                report(origin->second.file, origin->second.line, origin->second.column, fmt::format("{}: {}", path, wrong));
            else report(files_.empty() ? "" : files_.back(), 0, 0, fmt::format("{}: {}", path, wrong), "the value is the code default");
        }
    }
    for (const auto& child : section.children()) run_checks(*child.section, join_path(prefix, child.name));
}

SourceCounts Loader::count_sources() const {
    std::map<Source, std::size_t> counts;
    for_each_field(root_, [&](const std::string& path, const Field& field) {
        const auto origin = origins_.find(path);
        if (origin != origins_.end() && origin->second.source) ++counts[*origin->second.source];
        else if (field.kind != Field::Kind::Text) ++counts[Source::Default];
    });
    SourceCounts result;
    for (const Source source : kWritableSources) result.emplace_back(source_word(source), counts[source]);
    result.emplace_back(source_word(Source::Default), counts[Source::Default]);
    return result;
}

void Loader::fail() {
    // In the order of the files, and within one in the order of its lines.
    std::map<std::string, std::size_t> rank;
    for (const Diagnostic& finding : findings_) rank.try_emplace(finding.file, rank.size());
    std::stable_sort(findings_.begin(), findings_.end(), [&](const Diagnostic& a, const Diagnostic& b) {
        return std::tuple(rank.at(a.file), a.line, a.column) < std::tuple(rank.at(b.file), b.line, b.column);
    });
    if (findings_.size() > kMaxFindings) {
        const std::size_t more = findings_.size() - kMaxFindings;
        findings_.resize(kMaxFindings);
        findings_.push_back({"", 0, 0, fmt::format("and {} more findings", more), {}});
    }
    throw UserError(std::move(findings_));
}

Configuration Loader::finish() {
    if (!broken_) run_checks(root_, {});
    if (!findings_.empty()) fail();
    SourceCounts counts = count_sources(); // before the origins are gone
    return {std::move(origins_), std::move(files_), hash(root_), std::move(counts)};
}

} // namespace heddle::config
