#include "sim/config/yaml_reader.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::config;

namespace {

std::vector<std::string> findings_of(const std::string& text) {
    std::vector<Diagnostic> findings;
    parse_yaml(text, "f.yaml", findings);
    std::vector<std::string> lines;
    for (const auto& finding : findings) lines.push_back(finding.text());
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("the tree keeps text, tags and places") {
    std::vector<Diagnostic> findings;
    const YamlNode root = parse_yaml("a: !measured 33 cycles\nb:\n  - no\n  - \"x: y\"\nc: {d: ~}\n", "f.yaml", findings);
    REQUIRE(findings.empty());
    REQUIRE(root.kind == YamlNode::Kind::Map);
    const YamlNode* a = root.find("a");
    REQUIRE(a != nullptr);
    CHECK(a->text == "33 cycles");
    CHECK(a->tag == "measured");
    CHECK(a->line == 1);
    CHECK(a->column == 4);
    const YamlNode* b = root.find("b");
    REQUIRE(b != nullptr);
    REQUIRE(b->items.size() == 2);
    CHECK(b->items[0].text == "no"); // a text, no boolean
    CHECK(b->items[1].text == "x: y");
    CHECK(b->items[1].tag.empty());
    CHECK(b->items[1].line == 4);
    CHECK(root.find("c")->find("d")->kind == YamlNode::Kind::Null);
    CHECK(root.find("e") == nullptr);
}

TEST_CASE("what YAML lets pass and a configuration must not") {
    CHECK(findings_of("a: 1\nb: 2\na: 3\n") == Lines{"f.yaml:3:1: the key 'a' is already given in line 1 - keep one of the two"});
    CHECK(findings_of("a: {b: 1, b: 2}\n") == Lines{"f.yaml:1:11: the key 'b' is already given in line 1 - keep one of the two"});
    CHECK(findings_of("a: &x 1\n") ==
          Lines{"f.yaml:1:4: YAML anchors are not supported - write the value out, or share values with 'extends'"});
    CHECK(findings_of("a: &x 1\nb: *x\n") ==
          Lines{"f.yaml:1:4: YAML anchors are not supported - write the value out, or share values with 'extends'",
                "f.yaml:2:4: YAML aliases are not supported - write the value out, or share values with 'extends'"});
    CHECK(findings_of("<<: {a: 1}\n") == Lines{"f.yaml:1:1: YAML merge keys are not supported - share values with 'extends'"});
    CHECK(findings_of("[a, b]: 1\n") == Lines{"f.yaml:1:1: a key must be a word - write `name: value`"});
    CHECK(findings_of("!measured a: 1\n") ==
          Lines{"f.yaml:1:1: the tag '!measured' stands before the key 'a' - write it after the colon, before the value"});
    CHECK(findings_of("a: 1\n---\nb: 2\n") == Lines{"f.yaml:2:1: a second YAML document begins - keep one document to a file"});
}

TEST_CASE("syntax errors are findings with a place") {
    CHECK(findings_of("a: [1, 2\n") == Lines{"f.yaml:2:1: not valid YAML: end of sequence flow not found"});
    CHECK(findings_of("a: 1\n  b: 2\n") == Lines{"f.yaml:2:4: not valid YAML: illegal map value"});
    CHECK(findings_of("a: *nowhere\n") == Lines{"f.yaml:1:4: not valid YAML: the referenced anchor is not defined"});
    // A quote that nobody closes must not swallow the rest of the file.
    for (const char* open : {"a: \"open\n", "a: \"open\nb: 2\n", "a: 'open\n\n  \n", "a: \"open\\\n", "a: \"open", "a: \"open # x\n"}) {
        CAPTURE(open);
        REQUIRE(findings_of(open).size() == 1);
        CHECK(findings_of(open).front().find("illegal EOF in scalar") != std::string::npos);
    }
}

TEST_CASE("nesting is limited") {
    const auto nested = [](std::size_t depth) { return "a: " + std::string(depth - 1, '[') + std::string(depth - 1, ']'); };
    CHECK(findings_of(nested(kMaxYamlDepth)).empty());
    CHECK(findings_of(nested(kMaxYamlDepth + 1)) == Lines{"f.yaml:1:35: not valid YAML: nested deeper than 32 levels"});
    CHECK(findings_of(std::string(500000, '[')).size() == 1);
    CHECK(findings_of(std::string(500000, '{')).size() == 1);
}

TEST_CASE("a file must be UTF-8 text") {
    CHECK(findings_of("a: 1\nb: \xff\n") == Lines{"f.yaml:2:4: byte 0xff is not UTF-8 text - is this a text file?"});
    CHECK(findings_of(std::string("a: \0b", 5)) == Lines{"f.yaml:1:4: control character 0x00 - is this a text file?"});
    CHECK(findings_of("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n").empty());
    for (const char* bad : {"\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\x80"})
        CHECK(text_fault(bad, "f.yaml"));
    for (const char* good : {"\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\t\r\n"}) CHECK_FALSE(text_fault(good, "f.yaml"));
}
