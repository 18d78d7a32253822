#include "frontend/trace/compressed_reader.hpp"
#include "tests/frontend/trace/accelsim_fixture.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    LineReader reader(open_bytes(path), path.string());
    std::vector<std::string> lines;
    std::string_view line;
    while (reader.next(line)) {
        CHECK(line.data()[line.size()] == '\n'); // number parsers rely on it
        lines.emplace_back(line);
    }
    return lines;
}

std::string message_of(const std::filesystem::path& path) {
    try {
        lines_of(path);
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

std::string long_text() {
    std::string text;
    for (unsigned i = 0; i < 200'000; ++i) text += "line " + std::to_string(i * 2654435761U) + "\n";
    return text;
}

} // namespace

TEST_CASE("lines with any line end, and without one at the end", "[compressed_reader]") {
    TestFolder folder;
    CHECK(lines_of(folder.write("a", "one\ntwo\r\n\nlast")) == std::vector<std::string>{"one", "two", "", "last"});
    CHECK(lines_of(folder.write("b", "one\n")) == std::vector<std::string>{"one"});
    CHECK(lines_of(folder.write("c", "")).empty());
    CHECK(lines_of(folder.write("d", "\r\n\r")) == std::vector<std::string>{"", ""});
}

TEST_CASE("a line can be given back", "[compressed_reader]") {
    TestFolder folder;
    const auto path = folder.write("a", "one\ntwo\n");
    LineReader reader(open_bytes(path), path.string());
    std::string_view line;
    REQUIRE(reader.next(line));
    reader.unread();
    REQUIRE(reader.next(line));
    CHECK(line == "one");
    CHECK(reader.line_number() == 1);
    REQUIRE(reader.next(line));
    CHECK(line == "two");
    CHECK(reader.line_number() == 2);
    CHECK_FALSE(reader.next(line));
}

TEST_CASE("every compression gives the same lines as plain text", "[compressed_reader]") {
    TestFolder folder;
    const std::string text = long_text();
    const auto plain = lines_of(folder.write("t", text));
    REQUIRE(plain.size() == 200'000);
    CHECK(lines_of(folder.write("t.gz", gzip(text))) == plain);
    CHECK(lines_of(folder.write("t.xz", xz(text))) == plain);
    CHECK(lines_of(folder.write("t.zst", zstd(text))) == plain);
    // Two members or frames behind each other, as parallel compressors write them.
    const std::string first = text.substr(0, 12345), second = text.substr(12345);
    CHECK(lines_of(folder.write("u.gz", gzip(first) + gzip(second))) == plain);
    CHECK(lines_of(folder.write("u.xz", xz(first) + xz(second))) == plain);
    CHECK(lines_of(folder.write("u.zst", zstd(first) + zstd(second))) == plain);
}

TEST_CASE("truncated and damaged streams are errors", "[compressed_reader]") {
    TestFolder folder;
    const std::string text = long_text();
    const std::pair<const char*, std::string> files[] = {{"t.gz", gzip(text)}, {"t.xz", xz(text)}, {"t.zst", zstd(text)}};
    for (const auto& [name, bytes] : files) {
        INFO(name);
        for (const std::size_t keep : {bytes.size() - 1, bytes.size() / 2, std::size_t{20}}) {
            INFO(keep);
            const std::string message = message_of(folder.write(name, bytes.substr(0, keep)));
            CHECK(message.find("truncated") != std::string::npos);
            CHECK(message.find(name) != std::string::npos);
        }
        std::string damaged = bytes;
        for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 50; ++i) damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
        CHECK(message_of(folder.write(name, damaged)).find("damaged") != std::string::npos);
    }
}

TEST_CASE("content and name must agree", "[compressed_reader]") {
    TestFolder folder;
    CHECK(message_of(folder.write("t.xz", "plain")).find("the content is plain text, but the name says xz") != std::string::npos);
    CHECK(message_of(folder.write("t.gz", xz("x"))).find("the content is xz, but the name says gzip") != std::string::npos);
    CHECK(message_of(folder.write("t.zst", gzip("x"))).find("the content is gzip, but the name says zstd") != std::string::npos);
    CHECK(message_of(folder.write("t.traceg", zstd("x"))).find("the content is zstd, but the name says plain text") != std::string::npos);
    CHECK(message_of(folder.path() / "absent").find("no such file") != std::string::npos);
    CHECK(message_of(folder.path()).find("not a regular file") != std::string::npos);
}

TEST_CASE("an endless line is refused, a long one is not", "[compressed_reader]") {
    TestFolder folder;
    const auto lines = lines_of(folder.write("a", std::string(900'000, 'x') + "\ny\n"));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].size() == 900'000);
    CHECK(message_of(folder.write("b", std::string(3'000'000, 'x'))).find("longer than a megabyte") != std::string::npos);
}
