#include "tools/validation/csv_reader.hpp"

#include "frontend/cubin/decompress.hpp"
#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"

#include <span>
#include <zstd.h>

namespace heddle::validation {

namespace {

constexpr std::uintmax_t kMostBytes = 1ULL << 30;

} // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::vector<CsvRow> rows;
    CsvRow row;
    std::string field;
    std::uint64_t line = 1, quote_line = 0;
    bool quoted = false, closed = false; // inside quotes; behind a closing quote
    const auto end_field = [&] {
        row.fields.push_back(std::move(field));
        field.clear();
        closed = false;
    };
    const auto end_row = [&](bool last) {
        if (!(row.fields.empty() && field.empty() && !closed)) {
            end_field();
            rows.push_back(std::move(row));
        }
        row = {};
        if (!last) row.line = line;
    };
    row.line = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\0') fail_at(name, line, 0, "holds a NUL byte", "it is no CSV text");
        if (c == '\n') ++line;
        if (quoted) {
            if (c != '"') field += c;
            else if (i + 1 < text.size() && text[i + 1] == '"') field += text[++i];
            else quoted = false, closed = true;
        } else if (c == '"' && field.empty() && !closed) {
            quoted = true;
            quote_line = line;
        } else if (c == ',') {
            end_field();
        } else if (c == '\n') {
            end_row(false);
        } else if (c != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) {
            if (closed) fail_at(name, line, 0, "has text behind a closing quote", "a quote inside a quoted field is written twice");
            field += c;
        }
    }
    if (quoted) fail_at(name, quote_line, 0, "opens a quote that is never closed", "is the file cut off?");
    end_row(true);
    return rows;
}

std::string read_table_file(const std::filesystem::path& path) {
    std::filesystem::path packed = path;
    packed += ".zst";
    if (std::filesystem::exists(path) || !std::filesystem::exists(packed)) return read_whole_file(path);
    const std::string bytes = read_whole_file(packed);
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) fail_at(packed.string(), 0, 0, "is no Zstandard file that states its size");
    if (size > kMostBytes) fail_at(packed.string(), 0, 0, "holds more than 1 GiB");
    const auto text = cubin::decompress_zstd(std::as_bytes(std::span(bytes)), size, packed.string(), "");
    return {reinterpret_cast<const char*>(text.data()), text.size()};
}

} // namespace heddle::validation
