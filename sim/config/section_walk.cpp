#include "sim/config/section_walk.hpp"

#include "sim/config/number.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/value.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace heddle::config {

namespace {

template <class Visit> void walk_fields(const Section& section, const std::string& prefix, const Visit& visit) {
    for (const Field& field : section.fields()) visit(join_path(prefix, field.name), field);
    for (const auto& child : section.children()) walk_fields(*child.section, join_path(prefix, child.name), visit);
}

template <class Visit> void walk_sections(const Section& section, const std::string& prefix, const Visit& visit) {
    for (const auto& child : section.children()) {
        visit(join_path(prefix, child.name), child);
        walk_sections(*child.section, join_path(prefix, child.name), visit);
    }
}

// Paths of fields and sections called `name`, anywhere.
std::vector<std::string> places_of(const Section& root, std::string_view name) {
    std::vector<std::string> places;
    for_each_field(root, [&](const std::string& path, const Field& field) {
        if (field.name == name) places.push_back(path);
    });
    for_each_section(root, [&](const std::string& path, const Section::Child& child) {
        if (child.name == name) places.push_back(path);
    });
    return places;
}

std::string range_fault(const std::string& path, const Field& field) {
    const auto outside = [&](double value) { return value < field.range.low || value > field.range.high; };
    if (field.kind == Field::Kind::Choice) {
        const auto word = std::get<std::string>(field.get());
        if (std::find(field.choices.begin(), field.choices.end(), word) == field.choices.end())
            return fmt::format("{}: the default is none of the choices", path);
    }
    bool bad = false;
    if (field.kind == Field::Kind::Integer) bad = outside(static_cast<double>(std::get<std::uint64_t>(field.get())));
    if (field.kind == Field::Kind::Real) bad = outside(std::get<double>(field.get()));
    if (field.kind == Field::Kind::IntegerList)
        for (const std::uint64_t value : field.get_list()) bad = bad || outside(static_cast<double>(value));
    return bad ? fmt::format("{}: the default {} is outside its range, {}", path, value_text(field), format_range(field)) : std::string{};
}

void find_faults(const Section& section, const std::string& prefix, std::vector<std::string>& faults) {
    std::set<std::string> seen;
    const auto check_name = [&](const std::string& name, const std::string& doc) {
        const std::string path = join_path(prefix, name);
        if (!seen.insert(name).second) faults.push_back(fmt::format("{}: described twice", path));
        if (doc.empty()) faults.push_back(fmt::format("{}: has no documentation", path));
        if (name.empty() || name == "extends" || name.find_first_of(". =:#") != std::string::npos)
            faults.push_back(fmt::format("{}: not a usable name", path));
    };
    for (const Field& field : section.fields()) {
        check_name(field.name, field.doc);
        if (const std::string fault = range_fault(join_path(prefix, field.name), field); !fault.empty()) faults.push_back(fault);
    }
    for (const auto& child : section.children()) {
        check_name(child.name, child.doc);
        find_faults(*child.section, join_path(prefix, child.name), faults);
    }
    for (const auto& check : section.checks())
        if (!find(section, check.key))
            faults.push_back(fmt::format("{}: a check names it, but it is not described", join_path(prefix, check.key)));
}

} // namespace

std::string join_path(std::string_view prefix, std::string_view name) {
    if (prefix.empty()) return std::string{name};
    return name.empty() ? std::string{prefix} : fmt::format("{}.{}", prefix, name);
}

void for_each_field(const Section& root, const std::function<void(const std::string&, const Field&)>& visit) {
    walk_fields(root, {}, visit);
}

void for_each_section(const Section& root, const std::function<void(const std::string&, const Section::Child&)>& visit) {
    walk_sections(root, {}, visit);
}

Target find(const Section& root, std::string_view path) {
    Target at{nullptr, &root, {}};
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        const bool last = dot == std::string_view::npos;
        path.remove_prefix(last ? path.size() : dot + 1);
        if (at.section == nullptr || (!last && path.empty())) return {}; // below a field, or a trailing dot
        const Section* section = at.section;
        at = {};
        for (const Field& field : section->fields())
            if (field.name == name) at = {&field, nullptr, field.doc};
        for (const auto& child : section->children())
            if (child.name == name) at = {nullptr, child.section.get(), child.doc};
        if (!at) return {};
    }
    return at;
}

std::vector<std::string> names_in(const Section& section) {
    std::vector<std::string> names;
    for (const Field& field : section.fields()) names.push_back(field.name);
    for (const auto& child : section.children()) names.push_back(child.name);
    return names;
}

std::string suggest(const Section& root, std::string_view path, std::string_view name) {
    const Target here = find(root, path);
    const std::string dotted = join_path(path, name);
    if (name.find('.') != std::string_view::npos && find(root, dotted)) return fmt::format("write {} as nested sections", in_quotes(name));
    if (here.section != nullptr)
        if (const std::string near = closest(name, names_in(*here.section)); !near.empty()) return fmt::format("did you mean '{}'?", near);
    const std::vector<std::string> places = places_of(root, name);
    if (places.empty()) return {};
    return fmt::format("there is '{}'{}", places.front(),
                       places.size() > 1 ? fmt::format(" (and {} more of that name)", places.size() - 1) : "");
}

std::string suggest_path(const Section& root, std::string_view path) {
    // The part that exists, and the first name that does not.
    std::size_t good = 0;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1))
        if (find(root, path.substr(0, dot)).section != nullptr) good = dot;
    const std::string_view prefix = path.substr(0, good);
    std::string_view name = path.substr(good == 0 ? 0 : good + 1);
    const std::string_view first = name.substr(0, name.find('.'));
    if (const Target here = find(root, prefix); here.section != nullptr)
        if (const std::string near = closest(first, names_in(*here.section)); !near.empty()) {
            const std::string candidate =
                join_path(join_path(prefix, near), first.size() < name.size() ? name.substr(first.size() + 1) : "");
            return fmt::format("did you mean '{}'?", find(root, candidate) ? candidate : join_path(prefix, near));
        }
    const std::size_t last_dot = path.rfind('.');
    return suggest(root, prefix, path.substr(last_dot == std::string_view::npos ? 0 : last_dot + 1));
}

std::vector<std::string> description_faults(const Section& root) {
    std::vector<std::string> faults;
    find_faults(root, {}, faults);
    return faults;
}

} // namespace heddle::config
