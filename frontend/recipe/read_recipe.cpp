#include "frontend/recipe/recipe.hpp"

#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/yaml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heddle::recipe {

namespace {

using config::YamlNode;
using Kind = YamlNode::Kind;

constexpr Bytes kMostBufferBytes = 64 * kGiB;

struct TypeName {
    const char* name;
    ElementType type;
};
constexpr TypeName kTypes[] = {{"u8", ElementType::U8},   {"u16", ElementType::U16}, {"f16", ElementType::F16}, {"bf16", ElementType::Bf16},
                               {"i32", ElementType::I32}, {"u32", ElementType::U32}, {"f32", ElementType::F32}, {"i64", ElementType::I64},
                               {"u64", ElementType::U64}, {"f64", ElementType::F64}};

// Reads a tree with findings at their places.
class Reader {
  public:
    explicit Reader(const std::filesystem::path& path) : name_(path.string()) { recipe_.path = path; }

    Recipe read() {
        const auto text = config::read_text_file(recipe_.path);
        if (const auto* problem = std::get_if<config::Problem>(&text)) fail_at(name_, 0, 0, problem->what, problem->hint);
        const YamlNode root = config::parse_yaml(std::get<std::string>(text), name_, findings_);
        if (findings_.empty()) {
            if (root.kind != Kind::Map) find(root, "is no recipe", "want keys code, buffers and launches");
            else top(root);
        }
        if (!findings_.empty()) throw UserError(std::move(findings_));
        return std::move(recipe_);
    }

  private:
    void find(const YamlNode& at, std::string what, std::string hint = {}) {
        findings_.push_back({name_, at.line, at.column, std::move(what), std::move(hint)});
    }
    void check_keys(const YamlNode& map, std::initializer_list<const char*> known) {
        for (const auto& entry : map.entries) {
            if (std::any_of(known.begin(), known.end(), [&](const char* k) { return entry.key == k; })) continue;
            const std::string near = config::closest(entry.key, std::vector<std::string>(known.begin(), known.end()));
            findings_.push_back({name_, entry.line, entry.column, fmt::format("unknown key {}", config::in_quotes(entry.key)),
                                 near.empty() ? fmt::format("known: {}", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near)});
        }
    }
    std::uint64_t number(const YamlNode& node, std::uint64_t least, std::uint64_t most) {
        std::uint64_t value = 0;
        const std::string& t = node.text;
        const bool hex = t.starts_with("0x");
        const auto [end, error] = std::from_chars(t.data() + (hex ? 2 : 0), t.data() + t.size(), value, hex ? 16 : 10);
        if (node.kind != Kind::Scalar || error != std::errc{} || end != t.data() + t.size() || t.empty() || value < least || value > most) {
            find(node, fmt::format("{} is no whole number from {} to {}", config::in_quotes(t), least, most));
            return least;
        }
        return value;
    }
    double real(const YamlNode& node) {
        double value = 0;
        const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
        if (node.kind != Kind::Scalar || error != std::errc{} || end != node.text.data() + node.text.size())
            find(node, fmt::format("{} is no number", config::in_quotes(node.text)));
        return value;
    }
    bool yes(const YamlNode& node) {
        if (node.text != "true" && node.text != "false") find(node, fmt::format("{} is neither true nor false", config::in_quotes(node.text)));
        return node.text == "true";
    }
    Dim3 extent(const YamlNode& node) {
        Dim3 d;
        std::uint32_t* parts[] = {&d.x, &d.y, &d.z};
        if (node.kind == Kind::List) {
            if (node.items.empty() || node.items.size() > 3) find(node, "an extent has one to three numbers");
            for (std::size_t i = 0; i < std::min<std::size_t>(node.items.size(), 3); ++i)
                *parts[i] = static_cast<std::uint32_t>(number(node.items[i], 1, 0x7fffffff));
        } else {
            d.x = static_cast<std::uint32_t>(number(node, 1, 0x7fffffff));
        }
        return d;
    }
    std::filesystem::path beside(const YamlNode& node) {
        if (node.kind != Kind::Scalar || node.text.empty()) find(node, "want the name of a file");
        return recipe_.path.parent_path() / node.text;
    }

    void top(const YamlNode& root) {
        check_keys(root, {"code", "buffers", "launches", "description"});
        const YamlNode* code = root.find("code");
        if (!code) find(root, "names no code", "add `code: file.cubin`");
        else if (code->kind == Kind::List)
            for (const YamlNode& item : code->items) recipe_.code.push_back(beside(item));
        else recipe_.code.push_back(beside(*code));
        if (const YamlNode* buffers = root.find("buffers")) {
            if (buffers->kind != Kind::Map) find(*buffers, "want buffers by name");
            for (const auto& entry : buffers->entries) buffer(entry);
        }
        const YamlNode* launches = root.find("launches");
        if (!launches || launches->kind != Kind::List || launches->items.empty()) find(launches ? *launches : root, "launches nothing", "add a list `launches:`");
        else
            for (const YamlNode& item : launches->items) launch(item);
    }

    std::uint64_t digest_of(const YamlNode& node) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), value, 16);
        if (node.kind != Kind::Scalar || error != std::errc{} || end != node.text.data() + node.text.size()) find(node, "a digest is 16 hexadecimal digits");
        return value;
    }

    void buffer(const YamlNode::Entry& entry) {
        Buffer b;
        b.name = entry.key;
        b.line = entry.line;
        const YamlNode& node = entry.value;
        if (node.kind != Kind::Map) return find(node, "want {type: ..., count: ...}");
        check_keys(node, {"type", "count", "fill", "value", "seed", "below", "file", "address", "variable", "expect", "expect_file"});
        const YamlNode* type = node.find("type");
        const auto known = type ? std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return type->text == t.name; }) : std::end(kTypes);
        if (known == std::end(kTypes)) find(type ? *type : node, "needs a type", "u8 u16 f16 bf16 i32 u32 f32 i64 u64 f64");
        else b.type = known->type;
        if (const YamlNode* count = node.find("count")) b.count = number(*count, 1, kMostBufferBytes / size_of(b.type));
        else find(node, "needs a count of elements");
        if (const YamlNode* seed = node.find("seed")) b.seed = number(*seed, 0, ~0ULL);
        if (const YamlNode* below = node.find("below")) b.below = number(*below, 1, ~0ULL);
        if (const YamlNode* file = node.find("file")) {
            b.file = beside(*file);
            b.fill = Fill::File;
        }
        if (const YamlNode* value = node.find("value")) {
            b.value = real(*value);
            b.fill = Fill::Value;
        }
        if (const YamlNode* fill = node.find("fill")) {
            if (fill->text == "zero") b.fill = Fill::Zero;
            else if (fill->text == "iota") b.fill = Fill::Iota;
            else if (fill->text == "random") b.fill = Fill::Random;
            else find(*fill, fmt::format("unknown filling {}", config::in_quotes(fill->text)), "zero, iota, random; or keys value, file");
        }
        if (const YamlNode* address = node.find("address")) b.address = number(*address, 1, (1ULL << 56) - 1);
        if (const YamlNode* variable = node.find("variable")) {
            b.variable = variable->text;
            if (b.address != 0) find(*variable, "a variable has no address of its own choice", "leave out variable or address");
        }
        if (const YamlNode* file = node.find("expect_file")) b.expect_file = beside(*file);
        if (const YamlNode* expect = node.find("expect")) {
            if (expect->kind != Kind::List) b.expect.push_back(digest_of(*expect));
            for (const YamlNode& item : expect->items) b.expect.push_back(digest_of(item));
        }
        recipe_.buffers.push_back(std::move(b));
    }

    template <class T> static std::vector<std::byte> bytes_of(T value) {
        std::vector<std::byte> bytes(sizeof value);
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    }

    // "i32 5", "f32 0.5", "buffer x", "buffer x + 16"
    Argument argument(const YamlNode& node) {
        Argument a;
        a.line = node.line;
        a.column = node.column;
        const auto space = node.text.find(' ');
        if (node.kind != Kind::Scalar || space == std::string::npos) {
            find(node, fmt::format("{} is no argument", config::in_quotes(node.text)), "i32 5, u64 7, f32 0.5, f64 0.5, buffer NAME, buffer NAME + BYTES");
            return a;
        }
        const std::string type = node.text.substr(0, space);
        YamlNode value = node;
        value.text = node.text.substr(space + 1);
        if (type == "buffer") {
            a.kind = Argument::Kind::Buffer;
            const auto plus = value.text.find(" + ");
            a.buffer = value.text.substr(0, plus);
            const auto known = std::find_if(recipe_.buffers.begin(), recipe_.buffers.end(), [&](const Buffer& b) { return b.name == a.buffer; });
            if (known == recipe_.buffers.end()) find(node, fmt::format("there is no buffer {}", config::in_quotes(a.buffer)));
            else if (plus != std::string::npos) {
                value.text = value.text.substr(plus + 3);
                a.offset = number(value, 0, known->bytes());
            }
        } else if (type == "f32") a.bytes = bytes_of(static_cast<float>(real(value)));
        else if (type == "f64") a.bytes = bytes_of(real(value));
        else if (type == "i32" || type == "u32" || type == "i64" || type == "u64" || type == "u8" || type == "u16") {
            const bool negative = type[0] == 'i' && value.text.starts_with('-');
            if (negative) value.text.erase(0, 1);
            const unsigned bits = static_cast<unsigned>(std::stoul(type.substr(1)));
            const std::uint64_t most = type[0] == 'i' ? (1ULL << (bits - 1)) - (negative ? 0 : 1) : bits == 64 ? ~0ULL : (1ULL << bits) - 1;
            std::uint64_t n = number(value, 0, most);
            if (negative) n = 0 - n;
            a.bytes = bytes_of(n);
            a.bytes.resize(bits / 8);
        } else find(node, fmt::format("unknown type {} of an argument", config::in_quotes(type)), "u8 u16 i32 u32 i64 u64 f32 f64 buffer");
        return a;
    }

    // "00ff..": bytes in the order of memory.
    std::vector<std::byte> hexadecimal(const YamlNode& node) {
        std::vector<std::byte> bytes;
        for (std::size_t i = 0; i + 1 < node.text.size(); i += 2) {
            unsigned value = 0;
            const char* const at = node.text.data() + i;
            if (std::from_chars(at, at + 2, value, 16).ptr != at + 2) break;
            bytes.push_back(static_cast<std::byte>(value));
        }
        if (node.kind != Kind::Scalar || bytes.empty() || bytes.size() * 2 != node.text.size()) find(node, "want bytes as pairs of hexadecimal digits");
        return bytes;
    }

    void launch(const YamlNode& node) {
        if (node.kind != Kind::Map) return find(node, "want {kernel: ..., grid: ..., block: ..., arguments: [...]}");
        check_keys(node, {"kernel", "grid", "block", "cluster", "shared", "cooperative", "stream", "arguments", "parameters", "repeat"});
        Launch l;
        l.line = node.line;
        if (const YamlNode* kernel = node.find("kernel")) l.kernel = kernel->text;
        else find(node, "needs a kernel");
        if (const YamlNode* grid = node.find("grid")) l.grid = extent(*grid);
        else find(node, "needs a grid");
        if (const YamlNode* block = node.find("block")) l.block = extent(*block);
        else find(node, "needs a block");
        if (const YamlNode* cluster = node.find("cluster")) l.cluster = extent(*cluster);
        if (const YamlNode* shared = node.find("shared")) l.dynamic_shared = number(*shared, 0, kMiB);
        if (const YamlNode* cooperative = node.find("cooperative")) l.cooperative = yes(*cooperative);
        if (const YamlNode* stream = node.find("stream")) l.stream = number(*stream, 0, 1 << 16);
        if (const YamlNode* arguments = node.find("arguments")) {
            if (arguments->kind != Kind::List) find(*arguments, "want a list of arguments");
            for (const YamlNode& item : arguments->items) l.arguments.push_back(argument(item));
        }
        if (const YamlNode* parameters = node.find("parameters")) {
            l.parameters = hexadecimal(*parameters);
            if (!l.arguments.empty()) find(*parameters, "a launch has arguments or parameters, not both");
        }
        std::uint64_t repeat = 1;
        if (const YamlNode* times = node.find("repeat")) repeat = number(*times, 1, kMostLaunches);
        if (recipe_.launches.size() + repeat > kMostLaunches) return find(node, fmt::format("more than {} launches", kMostLaunches));
        recipe_.launches.insert(recipe_.launches.end(), repeat, l);
    }

    std::string name_;
    Recipe recipe_;
    std::vector<Diagnostic> findings_;
};

} // namespace

Bytes size_of(ElementType type) {
    switch (type) {
    case ElementType::U8: return 1;
    case ElementType::U16:
    case ElementType::F16:
    case ElementType::Bf16: return 2;
    case ElementType::I32:
    case ElementType::U32:
    case ElementType::F32: return 4;
    default: return 8;
    }
}

bool is_recipe(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".yaml" || extension == ".yml";
}

Recipe read_recipe(const std::filesystem::path& path) { return Reader(path).read(); }

} // namespace heddle::recipe
