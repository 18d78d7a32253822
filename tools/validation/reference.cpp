#include "tools/validation/reference.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/validation/csv_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <set>

namespace heddle::validation {

namespace {

constexpr std::array<const char*, 9> kColumns = {"case", "metric", "unit", "value", "spread", "clock_mhz", "device", "origin", "use"};
enum Column { Case, Metric, Unit, Value, Spread, ClockMhz, Device, Origin, UseColumn };

std::optional<double> positive(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) return std::nullopt;
    return value;
}

// Where each column of kColumns is in the file.
std::array<std::size_t, kColumns.size()> places(const CsvRow& header, const std::string& name, std::vector<Diagnostic>& findings) {
    std::array<std::size_t, kColumns.size()> result{};
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
        const auto at = std::find(header.fields.begin(), header.fields.end(), kColumns[c]);
        if (at == header.fields.end()) findings.push_back({name, header.line, 0, fmt::format("has no column {}", kColumns[c]), ""});
        result[c] = static_cast<std::size_t>(at - header.fields.begin());
    }
    return result;
}

} // namespace

std::vector<ReferenceRow> read_reference(const std::filesystem::path& file) {
    const std::string name = file.string();
    const std::vector<CsvRow> rows = parse_csv(read_whole_file(file), name);
    if (rows.empty()) fail_at(name, 0, 0, "is empty", "want a header and a line per number");
    std::vector<Diagnostic> findings;
    const auto place = places(rows.front(), name, findings);
    if (!findings.empty()) throw UserError(std::move(findings));
    std::vector<ReferenceRow> result;
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const CsvRow& row = rows[i];
        const auto fault = [&](std::string what, std::string hint = {}) { findings.push_back({name, row.line, 0, std::move(what), std::move(hint)}); };
        if (row.fields.size() != rows.front().fields.size()) {
            fault(fmt::format("has {} fields", row.fields.size()), fmt::format("the header has {}", rows.front().fields.size()));
            continue;
        }
        const auto text = [&](Column c) -> const std::string& { return row.fields[place[c]]; };
        ReferenceRow r{text(Case), text(Metric), text(Unit), 0, text(Spread), std::nullopt, text(Device), text(Origin), Use::HeldOut, name, row.line};
        if (const auto value = positive(text(Value))) r.value = *value;
        else fault(fmt::format("value \"{}\" is no number above 0", text(Value)));
        if (!text(ClockMhz).empty()) {
            r.clock_mhz = positive(text(ClockMhz));
            if (!r.clock_mhz) fault(fmt::format("clock_mhz \"{}\" is no number above 0", text(ClockMhz)));
        }
        if (text(UseColumn) == "fitted") r.use = Use::Fitted;
        else if (text(UseColumn) != "held_out") fault(fmt::format("use \"{}\" is neither fitted nor held_out", text(UseColumn)));
        if (r.name.empty() || r.metric.empty()) fault("names no case or no metric");
        if (r.origin.empty()) fault("says not where the number is from", "fill the column origin");
        if (!seen.insert({r.name, r.metric}).second) fault(fmt::format("gives {} of {} again", r.metric, r.name));
        result.push_back(std::move(r));
    }
    if (!findings.empty()) throw UserError(std::move(findings));
    return result;
}

} // namespace heddle::validation
