#include "sim/config/yaml_reader.hpp"

#include <fmt/format.h>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace heddle::config {

namespace {

std::uint64_t from_one(int zero_based) { return zero_based < 0 ? 0 : static_cast<std::uint64_t>(zero_based) + 1; }

// "!measured" is a tag of ours; "?" and "!" are what the parser says of plain and quoted scalars without a tag.
std::string tag_name(const std::string& tag) {
    if (tag == "?" || tag == "!") return {};
    return !tag.empty() && tag[0] == '!' ? tag.substr(1) : tag;
}

// Builds the tree from parser events.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(const std::string& name, std::vector<Diagnostic>& findings) : name_(name), findings_(findings) {}
    YamlNode take() { return std::move(root_); }
    int documents() const { return documents_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) report(mark, "a second YAML document begins", "keep one document to a file");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        add(node_at(mark, YamlNode::Kind::Null, {}));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        report(mark, "YAML aliases are not supported", "write the value out, or share values with 'extends'");
        YamlNode node = node_at(mark, YamlNode::Kind::Null, {});
        node.refused = true;
        add(std::move(node));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        refuse_anchor(mark, anchor);
        YamlNode node = node_at(mark, YamlNode::Kind::Scalar, tag);
        node.text = value;
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, YamlNode::Kind::List, tag, anchor);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, YamlNode::Kind::Map, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

  private:
    struct Open {
        YamlNode node;
        bool has_key = false; // Map: the next node is the value of `key`
        bool drop = false;    // Map: the key was refused, so its value is not kept
        YamlNode::Entry entry;
        std::map<std::string, std::uint64_t> lines; // Map: keys so far
    };

    YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag) const {
        YamlNode node;
        node.kind = kind;
        node.tag = tag_name(tag);
        node.line = from_one(mark.line);
        node.column = from_one(mark.column);
        return node;
    }
    void report(const YAML::Mark& mark, std::string what, std::string hint) {
        findings_.push_back({name_, from_one(mark.line), from_one(mark.column), std::move(what), std::move(hint)});
    }
    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0) report(mark, "YAML anchors are not supported", "write the value out, or share values with 'extends'");
    }
    void open(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag, YAML::anchor_t anchor) {
        refuse_anchor(mark, anchor);
        if (open_.size() >= kMaxYamlDepth) throw YAML::ParserException(mark, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
        open_.emplace_back();
        open_.back().node = node_at(mark, kind, tag);
    }
    void close() {
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
    }
    void add(YamlNode node) {
        if (open_.empty()) {
            if (documents_ == 1) root_ = std::move(node);
            return;
        }
        Open& top = open_.back();
        if (top.node.kind == YamlNode::Kind::List) {
            top.node.items.push_back(std::move(node));
        } else if (!top.has_key) {
            take_key(top, std::move(node));
        } else {
            top.has_key = false;
            top.entry.value = std::move(node);
            if (!top.drop) top.node.entries.push_back(std::move(top.entry));
        }
    }
    void take_key(Open& top, YamlNode node) {
        top.has_key = true;
        top.drop = false;
        top.entry = {std::move(node.text), node.line, node.column, {}};
        const auto refuse = [&](std::string what, std::string hint) {
            findings_.push_back({name_, node.line, node.column, std::move(what), std::move(hint)});
            top.drop = true;
        };
        if (node.kind != YamlNode::Kind::Scalar) {
            if (!node.refused) refuse("a key must be a word", "write `name: value`");
            top.drop = true;
        } else if (!node.tag.empty()) {
            refuse(fmt::format("the tag {} stands before the key {}", in_quotes("!" + node.tag), in_quotes(top.entry.key)),
                   "write it after the colon, before the value");
        } else if (top.entry.key == "<<") {
            refuse("YAML merge keys are not supported", "share values with 'extends'");
        } else if (const auto [first, fresh] = top.lines.try_emplace(top.entry.key, node.line); !fresh) {
            refuse(fmt::format("the key {} is already given in line {}", in_quotes(top.entry.key), first->second), "keep one of the two");
        }
    }

    const std::string& name_;
    std::vector<Diagnostic>& findings_;
    std::vector<Open> open_;
    YamlNode root_;
    int documents_ = 0;
};

// Length of the UTF-8 character at the front of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool too_high = first == 0xF4 && byte(1) > 0x8F;
        return follows(1) && follows(2) && follows(3) && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

} // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

std::optional<Diagnostic> text_fault(std::string_view text, const std::string& name) {
    std::uint64_t line = 1;
    std::uint64_t column = 1;
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text[0]);
        const std::size_t length = utf8_length(text);
        const std::string hint = "is this a text file?";
        if (length == 0) return Diagnostic{name, line, column, fmt::format("byte 0x{:02x} is not UTF-8 text", byte), hint};
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
            return Diagnostic{name, line, column, fmt::format("control character 0x{:02x}", byte), hint};
        column = byte == '\n' ? 1 : column + length;
        line += byte == '\n' ? 1 : 0;
        text.remove_prefix(length);
    }
    return std::nullopt;
}

YamlNode parse_yaml(const std::string& text, const std::string& name, std::vector<Diagnostic>& findings) {
    if (auto fault = text_fault(text, name)) {
        findings.push_back(std::move(*fault));
        return {};
    }
    TreeBuilder builder(name, findings);
    try {
        // An empty comment at the end: yaml-cpp 0.7 takes a quote that is open at a final line end as closed, and so would
        // swallow the rest of a file without a word.
        std::istringstream stream(text + (text.ends_with('\n') ? "#" : "\n#"));
        YAML::Parser parser(stream);
        while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        findings.push_back({name, from_one(error.mark.line), from_one(error.mark.column), "not valid YAML: " + error.msg, {}});
        return {};
    } catch (const std::runtime_error& error) { // a few of the library's own checks throw no better
        findings.push_back({name, 0, 0, fmt::format("not valid YAML: {}", error.what()), {}});
        return {};
    }
    return builder.take();
}

std::variant<std::string, Problem> read_text_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return Problem{"is a folder, not a file", {}};
    if (!std::filesystem::exists(path, ignored)) return Problem{"there is no such file", {}};
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return Problem{"the file cannot be opened", "check its permissions"};
    std::string text(kMaxYamlBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) return Problem{"the file cannot be read", {}};
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaxYamlBytes)
        return Problem{fmt::format("the file is larger than {} MiB", kMaxYamlBytes >> 20), "is this a configuration?"};
    return text;
}

} // namespace heddle::config
