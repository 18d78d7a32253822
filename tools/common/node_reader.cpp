#include "tools/common/node_reader.hpp"

#include "sim/config/spelling.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/ranges.h>

namespace heddle {

using config::YamlNode;
using Kind = YamlNode::Kind;

void NodeReader::find(std::uint64_t line, std::uint64_t column, std::string what, std::string hint) {
    findings_.push_back({file_, line, column, std::move(what), std::move(hint)});
}

void NodeReader::find(const YamlNode& at, std::string what, std::string hint) { find(at.line, at.column, std::move(what), std::move(hint)); }

void NodeReader::check_keys(const YamlNode& map, const std::vector<std::string>& known) {
    for (const auto& entry : map.entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        const std::string near = config::closest(entry.key, known);
        find(entry.line, entry.column, fmt::format("unknown key {}", config::in_quotes(entry.key)),
             near.empty() ? fmt::format("known: {}", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near));
    }
}

std::string NodeReader::word(const YamlNode& map, const char* key, bool needed) {
    const YamlNode* node = map.find(key);
    if (!node) {
        if (needed) find(map, fmt::format("needs a key {}", key));
        return {};
    }
    if (node->kind != Kind::Scalar || node->text.empty()) find(*node, fmt::format("{} wants a text", key));
    return node->text;
}

bool NodeReader::flag(const YamlNode& map, const char* key, bool otherwise) {
    const YamlNode* node = map.find(key);
    if (!node) return otherwise;
    if (node->kind != Kind::Scalar || (node->text != "true" && node->text != "false")) find(*node, fmt::format("{} wants true or false", key));
    return node->text == "true";
}

std::optional<std::uint64_t> NodeReader::whole(const YamlNode& node) {
    std::uint64_t value = 0;
    const char* last = node.text.data() + node.text.size();
    const auto [end, error] = std::from_chars(node.text.data(), last, value);
    if (node.kind == Kind::Scalar && !node.text.empty() && error == std::errc{} && end == last) return value;
    find(node, "want a whole number");
    return std::nullopt;
}

std::vector<std::string> NodeReader::words(const YamlNode& node) {
    if (node.kind == Kind::Scalar && !node.text.empty()) return {node.text};
    if (node.kind != Kind::List || node.items.empty()) find(node, "want a text, or a list of them");
    std::vector<std::string> result;
    for (const YamlNode& item : node.items) {
        if (item.kind != Kind::Scalar) find(item, "want a text");
        result.push_back(item.text);
    }
    return result;
}

std::string NodeReader::value_words(const YamlNode& node) {
    if (node.kind == Kind::Scalar && !node.text.empty()) return node.text;
    if (node.kind == Kind::List && !node.items.empty()) return fmt::format("[{}]", fmt::join(words(node), ", "));
    find(node, "want a value");
    return {};
}

} // namespace heddle
