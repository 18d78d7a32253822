#include "sim/config/overrides.hpp"

#include <fmt/format.h>

namespace heddle::config {

namespace {

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string::npos ? std::string{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

std::optional<Override> parse_override(const std::string& text, std::vector<Diagnostic>& findings) {
    const std::string shown = in_quotes(text);
    Override given;
    given.place = "--set " + shown.substr(1, shown.size() - 2);
    const std::size_t equals = text.find('=');
    given.path = trimmed(text.substr(0, equals));
    if (equals == std::string::npos || given.path.empty()) {
        findings.push_back({given.place, 0, 0, "is not of the form path=value", "write for example --set 'l2.latency=90 cycles'"});
        return std::nullopt;
    }
    given.value = trimmed(text.substr(equals + 1));
    return given;
}

YamlNode override_node(const Override& given, const Field& field, std::vector<Diagnostic>& findings) {
    const bool raw =
        field.kind == Field::Kind::Text && (given.value.empty() || std::string("\"'!{").find(given.value[0]) == std::string::npos);
    const std::size_t before = findings.size();
    YamlNode node;
    if (!raw) {
        node = parse_yaml(given.value, given.place, findings);
    } else if (auto fault = text_fault(given.value, given.place)) {
        findings.push_back(std::move(*fault));
    } else {
        node.kind = YamlNode::Kind::Scalar;
        node.text = given.value;
    }
    node.refused = findings.size() != before;
    for (std::size_t i = before; i < findings.size(); ++i) findings[i].line = findings[i].column = 0; // it is one line
    return node;
}

} // namespace heddle::config
