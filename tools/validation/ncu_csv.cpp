#include "tools/validation/ncu_csv.hpp"

#include "sim/base/error.hpp"
#include "tools/validation/csv_reader.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace heddle::validation {

namespace {

constexpr const char* kHint = "want the output of ncu --csv, with --page raw or --page details";

// The text from the header line on, with line numbers kept: what is before becomes blank lines.
std::string from_header(const std::string& text, const std::string& name) {
    std::size_t at = 0;
    std::string blank;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line(text.data() + at, end - at);
        if (line.starts_with("\"ID\",") || line.starts_with("ID,")) {
            // Messages may follow the table too.
            std::string rest = text.substr(at), kept;
            for (std::size_t from = 0; from < rest.size();) {
                const std::size_t stop = std::min(rest.find('\n', from), rest.size());
                const std::string_view one(rest.data() + from, stop - from);
                if (!one.starts_with("==")) kept.append(one);
                kept += '\n';
                from = stop + 1;
            }
            return blank + kept;
        }
        blank += '\n';
        at = end + 1;
    }
    fail_at(name, 0, 0, "has no line that begins with \"ID\"", kHint);
}

class Reader {
  public:
    Reader(const std::string& text, const std::string& name) : name_(name), rows_(parse_csv(from_header(text, name), name)) {}

    std::vector<NcuKernel> read() {
        const CsvRow& header = rows_.front();
        kernel_ = need("Kernel Name");
        id_ = need("ID");
        grid_ = column("Grid Size");
        block_ = column("Block Size");
        for (std::size_t i = 1; i < rows_.size(); ++i)
            if (rows_[i].fields.size() != header.fields.size())
                fail_at(name_, rows_[i].line, 0, fmt::format("has {} fields", rows_[i].fields.size()), fmt::format("the header has {}; is the file cut off?", header.fields.size()));
        if (column("Metric Name")) details();
        else wide();
        if (kernels_.empty()) fail_at(name_, rows_.front().line, 0, "has a header and no kernels", kHint);
        return std::move(kernels_);
    }

  private:
    std::optional<std::size_t> column(const char* title) const {
        const auto& fields = rows_.front().fields;
        const auto at = std::find(fields.begin(), fields.end(), title);
        return at == fields.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - fields.begin()));
    }
    std::size_t need(const char* title) const {
        const auto at = column(title);
        if (!at) fail_at(name_, rows_.front().line, 0, fmt::format("has no column \"{}\"", title), kHint);
        return *at;
    }
    NcuKernel kernel_of(const CsvRow& row) const {
        NcuKernel k;
        k.id = row.fields[id_];
        k.name = row.fields[kernel_];
        if (grid_) k.grid = row.fields[*grid_];
        if (block_) k.block = row.fields[*block_];
        k.line = row.line;
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(k.id.data(), k.id.data() + k.id.size(), number);
        if (k.id.empty() || error != std::errc{} || end != k.id.data() + k.id.size()) fail_at(name_, row.line, 0, fmt::format("ID \"{}\" is no number", k.id), kHint);
        if (k.name.empty()) fail_at(name_, row.line, 0, "names no kernel", kHint);
        return k;
    }
    void details() {
        const std::size_t metric = need("Metric Name"), unit = need("Metric Unit"), value = need("Metric Value");
        const auto section = column("Section Name");
        for (std::size_t i = 1; i < rows_.size(); ++i) {
            const CsvRow& row = rows_[i];
            if (kernels_.empty() || kernels_.back().id != row.fields[id_]) kernels_.push_back(kernel_of(row));
            if (row.fields[metric].empty()) continue; // a rule's text
            kernels_.back().metrics.push_back({section ? row.fields[*section] : "", row.fields[metric], row.fields[unit], row.fields[value]});
        }
    }
    void wide() {
        const auto& header = rows_.front().fields;
        const bool units = rows_.size() > 1 && rows_[1].fields[id_].empty();
        for (std::size_t i = units ? 2 : 1; i < rows_.size(); ++i) {
            NcuKernel k = kernel_of(rows_[i]);
            for (std::size_t c = 0; c < header.size(); ++c)
                if (c != id_ && c != kernel_ && header[c].find("__") != std::string::npos) k.metrics.push_back({"", header[c], units ? rows_[1].fields[c] : "", rows_[i].fields[c]});
            kernels_.push_back(std::move(k));
        }
    }

    std::string name_;
    std::vector<CsvRow> rows_;
    std::size_t kernel_ = 0, id_ = 0;
    std::optional<std::size_t> grid_, block_;
    std::vector<NcuKernel> kernels_;
};

} // namespace

std::vector<NcuKernel> parse_ncu_csv(const std::string& text, const std::string& name) { return Reader(text, name).read(); }

std::string plain_name(const std::string& demangled) {
    std::string out;
    int angle = 0;
    for (std::size_t i = 0; i < demangled.size(); ++i) {
        const char c = demangled[i];
        if (c == '(' && demangled.compare(i, 21, "(anonymous namespace)") == 0) {
            if (angle == 0) out += "(anonymous namespace)";
            i += 20;
            continue;
        }
        if (c == '<') ++angle;
        else if (c == '>') angle = std::max(0, angle - 1);
        else if (angle > 0) continue;
        else if (c == '(') break;
        else if (c == ' ') out.clear(); // what was before is a return type
        else out += c;
    }
    return out;
}

std::vector<std::uint64_t> parse_extent(const std::string& text) {
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] < '0' || text[i] > '9') {
            if (text[i] != '(' && text[i] != ')' && text[i] != ',' && text[i] != ' ' && text[i] != 'x') return {};
            ++i;
            continue;
        }
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
        if (error != std::errc{}) return {};
        numbers.push_back(value);
        i = static_cast<std::size_t>(end - text.data());
    }
    return numbers;
}

} // namespace heddle::validation
