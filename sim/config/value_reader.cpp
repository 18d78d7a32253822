#include "sim/config/value_reader.hpp"

#include "sim/config/spelling.hpp"
#include "sim/config/value.hpp"

#include <fmt/format.h>

namespace heddle::config {

namespace {

class ValueReader {
  public:
    ValueReader(const Field& field, const std::string& path, const ReadingPlace& place, std::vector<Diagnostic>& findings)
        : field_(field), path_(path), place_(place), findings_(findings), before_(findings.size()) {}

    std::optional<Origin> read(const YamlNode& node) {
        if (node.refused) return std::nullopt;
        origin_.file = place_.file;
        origin_.line = place_.command_line ? 0 : node.line;
        origin_.column = place_.command_line ? 0 : node.column;
        origin_.source.reset();
        take_tag(node);
        const YamlNode* value = node.kind == YamlNode::Kind::Map ? read_map(node) : &node;
        if (value != nullptr) {
            if (!origin_.source && !source_refused_) settle_source(node);
            store(*value);
        }
        if (findings_.size() != before_) return std::nullopt;
        return std::move(origin_);
    }

  private:
    void report(const YamlNode& node, const std::string& what, std::string hint) {
        const bool placed = !place_.command_line;
        findings_.push_back(
            {place_.file, placed ? node.line : 0, placed ? node.column : 0, fmt::format("{}: {}", path_, what), std::move(hint)});
    }

    void state_source(const YamlNode& node, const std::string& word) {
        if (origin_.source || source_refused_) {
            report(node, "the source is given twice", "keep one of the two");
            return;
        }
        origin_.source = parse_source(word);
        if (origin_.source) return;
        source_refused_ = true;
        std::vector<std::string> words;
        for (const Source source : kWritableSources) words.emplace_back(source_word(source));
        const std::string near = closest(word, words);
        report(node, fmt::format("{} is not a source", in_quotes(word)),
               (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) + "use one of " + source_words());
    }

    void take_tag(const YamlNode& node) {
        if (!node.tag.empty()) state_source(node, node.tag);
    }

    // The map form `{value: 33 cycles, source: measured, note: "..."}`; returns the value's node.
    const YamlNode* read_map(const YamlNode& node) {
        const std::vector<std::string> keys{"value", "source", "note"};
        const YamlNode* value = nullptr;
        for (const auto& [key, line, column, child] : node.entries) {
            if (key == "value") {
                value = &child;
                if (!child.refused) take_tag(child);
            } else if (key == "source") {
                if (const std::string* word = text_of(child, "source")) state_source(child, *word);
                else source_refused_ = true;
            } else if (key == "note") {
                if (const std::string* note = text_of(child, "note")) origin_.note = *note;
            } else {
                const std::string near = closest(key, keys);
                YamlNode at;
                at.line = line;
                at.column = column;
                report(at, fmt::format("unknown key {}; this is a single value, not a section", in_quotes(key)),
                       near.empty()
                           ? fmt::format("write `{}: {{value: {}, source: measured, note: \"...\"}}`", field_.name, example_text(field_))
                           : fmt::format("did you mean '{}'?", near));
            }
        }
        if (value == nullptr && findings_.size() == before_)
            report(node, "has no value",
                   fmt::format("write `{}: {{value: {}, source: measured, note: \"...\"}}`", field_.name, example_text(field_)));
        return value;
    }

    const std::string* text_of(const YamlNode& node, const char* key) {
        if (node.kind == YamlNode::Kind::Scalar && node.tag.empty()) return &node.text;
        if (!node.refused) report(node, fmt::format("'{}' must be a text", key), {});
        return nullptr;
    }

    // No source is stated.
    void settle_source(const YamlNode& node) {
        if (place_.command_line) {
            origin_.source = Source::Assumed;
            if (origin_.note.empty()) origin_.note = "--set";
        } else if (field_.kind != Field::Kind::Text) {
            const std::string example = written(node).empty() ? example_text(field_) : written(node);
            report(node, "the value has no source",
                   fmt::format("write `{}: !measured {}`, with one of {}", field_.name, example, source_words()));
        }
    }

    // The value as written, shortened; empty for none.
    static std::string written(const YamlNode& node) {
        const YamlNode* value = node.kind == YamlNode::Kind::Map ? node.find("value") : &node;
        if (value == nullptr) return {};
        if (value->kind == YamlNode::Kind::Scalar) {
            const std::string text = in_quotes(value->text);
            return text.substr(1, text.size() - 2);
        }
        std::string text;
        for (const YamlNode& item : value->items) text += (text.empty() ? "" : ", ") + item.text;
        return value->kind == YamlNode::Kind::List ? fmt::format("[{}]", text.substr(0, 60)) : std::string{};
    }

    void store(const YamlNode& value) {
        if (value.refused) return;
        if (value.kind == YamlNode::Kind::Null ||
            (value.kind == YamlNode::Kind::Scalar && value.text.empty() && field_.kind != Field::Kind::Text))
            return report(value, "has no value", fmt::format("write for example {}", in_quotes(example_text(field_))));
        if (value.kind == YamlNode::Kind::Map)
            return report(value, "is a single value, not a section", fmt::format("write for example {}", example_text(field_)));
        if (value.kind == YamlNode::Kind::List) return store_items(value);
        origin_.text = value.text;
        if (const auto problem = store_scalar(target(), value.text)) report(value, problem->what, problem->hint);
    }

    void store_items(const YamlNode& value) {
        if (field_.kind != Field::Kind::IntegerList)
            return report(value, fmt::format("a list is given, but one value is wanted ({})", type_text(field_)), {});
        std::vector<std::string> elements;
        for (const YamlNode& item : value.items) {
            if (item.refused) continue;
            if (item.kind != YamlNode::Kind::Scalar) {
                report(item, "a list holds plain values", fmt::format("write for example {}", example_text(field_)));
                continue;
            }
            if (!item.tag.empty()) report(item, "the tag stands inside the list", "write the source once, before the list");
            elements.push_back(item.text);
            origin_.text += (origin_.text.empty() ? "" : ", ") + item.text;
        }
        origin_.text = fmt::format("[{}]", origin_.text);
        if (elements.size() != value.items.size()) return;
        for (const auto& [element, problem] : store_list(target(), elements)) report(value.items[element], problem.what, problem.hint);
    }

    // The field, or if something else about the value is already wrong, a stand-in that only checks.
    Field target() const {
        Field target = field_;
        if (findings_.size() != before_) {
            target.set = [](const Field::Scalar&) {};
            target.set_list = [](const std::vector<std::uint64_t>&) {};
        }
        return target;
    }

    const Field& field_;
    const std::string& path_;
    const ReadingPlace& place_;
    std::vector<Diagnostic>& findings_;
    std::size_t before_;
    Origin origin_;
    bool source_refused_ = false;
};

} // namespace

std::optional<Origin> read_value(const Field& field, const std::string& path, const YamlNode& node, const ReadingPlace& place,
                                 std::vector<Diagnostic>& findings) {
    return ValueReader(field, path, place, findings).read(node);
}

} // namespace heddle::config
