#include "sim/config/number.hpp"

#include "sim/config/decimal.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/unit_table.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace heddle::config {

namespace {

constexpr std::size_t kQuotedLength = 60;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string_view base_word(Unit unit) {
    for (const UnitWord& word : unit_words(unit))
        if (word.binary == 0 && word.decimal == 0) return word.word;
    return {};
}

std::uint64_t scale_of(const UnitWord& word) {
    std::uint64_t scale = std::uint64_t{1} << word.binary;
    for (int i = 0; i < word.decimal; ++i) scale *= 10;
    return scale;
}

Problem missing_unit(Unit unit, std::string_view text) {
    const std::string example = fmt::format("'{} {}'", text, base_word(unit));
    const std::string words = unit_word_list(unit);
    const bool one_word = unit == Unit::Cycles;
    return {fmt::format("{} has no unit", in_quotes(text)),
            one_word ? fmt::format("write {}", example) : fmt::format("write {} or another unit of {}", example, words)};
}

Problem wrong_unit(Unit unit, std::string_view text, std::string_view number, std::string_view word) {
    if (unit_words(unit).empty())
        return {fmt::format("{} has a unit, but a plain number is wanted", in_quotes(text)), fmt::format("write '{}'", number)};
    const std::string_view quantity = quantity_of(word);
    if (!quantity.empty() && quantity != quantity_of(base_word(unit)))
        return {fmt::format("{} is {}, but {} is wanted", in_quotes(text), quantity, quantity_of(base_word(unit))),
                fmt::format("use one of {}", unit_word_list(unit))};
    const std::string_view kind = quantity_of(base_word(unit)); // with its article
    std::vector<std::string> words;
    for (const UnitWord& known : unit_words(unit)) words.emplace_back(known.word);
    const std::string near = closest(word, words);
    return {fmt::format("{}: {} is not a unit of {}", in_quotes(text), in_quotes(word), kind.substr(kind.find(' ') + 1)),
            (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) + fmt::format("use one of {}", unit_word_list(unit))};
}

std::string word_for(Unit unit, const UnitWord& word, bool one) {
    return unit == Unit::Cycles && one ? " cycle" : fmt::format(" {}", word.word);
}

Problem out_of_range(const Field& field, std::string_view text) {
    return {fmt::format("{} is out of range", in_quotes(text)), fmt::format("give {}", format_range(field))};
}

std::variant<Field::Scalar, Problem> whole(const Field& field, const Decimal& number, const UnitWord& unit, std::string_view text) {
    if (number.negative) return Problem{fmt::format("{} is negative", in_quotes(text)), fmt::format("give {}", format_range(field))};
    const WholeNumber value = to_whole(number, unit.binary, unit.decimal);
    if (value.exactness == Exactness::Fraction)
        return Problem{fmt::format("{} is not a whole number{}", in_quotes(text),
                                   unit_words(field.unit).empty() ? "" : fmt::format(" of {}", unit_name(field.unit))),
                       {}};
    if (value.exactness == Exactness::TooLarge) return out_of_range(field, text);
    const auto as_real = static_cast<double>(value.value);
    if (value.value > field.integer_max || as_real < field.range.low || as_real > field.range.high) return out_of_range(field, text);
    return Field::Scalar{value.value};
}

std::variant<Field::Scalar, Problem> real(const Field& field, const Decimal& number, const UnitWord& unit, std::string_view text) {
    const std::optional<double> value = to_real(number, unit.binary, unit.decimal);
    if (!value || *value < field.range.low || *value > field.range.high) return out_of_range(field, text);
    return Field::Scalar{*value};
}

std::string format_bound(const Field& field, double bound) {
    if (field.kind == Field::Kind::Real) return format_number(field.unit, bound);
    return format_number(field.unit, static_cast<std::uint64_t>(std::max(0.0, std::ceil(bound))));
}

} // namespace

std::variant<Field::Scalar, Problem> parse_number(const Field& field, std::string_view text) {
    text = trimmed(text);
    std::string_view word;
    const std::optional<Decimal> number = take_decimal(text, word);
    if (!number) return Problem{fmt::format("{} is not a number", in_quotes(text)), fmt::format("give {}", format_range(field))};
    const std::string_view digits = trimmed(text.substr(0, text.size() - word.size()));
    word = trimmed(word);
    UnitWord unit{};
    if (!unit_words(field.unit).empty()) {
        if (word.empty()) return missing_unit(field.unit, digits);
        const UnitWord* found = find_unit_word(field.unit, word);
        if (found == nullptr) return wrong_unit(field.unit, text, digits, word);
        unit = *found;
    } else if (!word.empty()) {
        return wrong_unit(field.unit, text, digits, word);
    }
    return field.kind == Field::Kind::Real ? real(field, *number, unit, text) : whole(field, *number, unit, text);
}

std::string format_number(Unit unit, std::uint64_t value) {
    const UnitWord* best = nullptr;
    for (const UnitWord& word : unit_words(unit)) {
        if (!word.written || word.decimal < 0) continue;
        if (best == nullptr || (value != 0 && value % scale_of(word) == 0)) best = &word;
    }
    if (best == nullptr) return fmt::format("{}", value);
    const std::uint64_t shown = value / scale_of(*best);
    return fmt::format("{}{}", shown, word_for(unit, *best, shown == 1));
}

std::string format_number(Unit unit, double value) {
    value += 0.0; // no negative zero
    if (unit_words(unit).empty()) return fmt::format("{}", value);
    if (value == 0) return fmt::format("0 {}", unit == Unit::Cycles ? "cycles" : base_word(unit));
    // The largest unit not above the value, else the smallest; only units that give exactly `value` back, as the base
    // unit always does.
    std::string best;
    for (const UnitWord& word : unit_words(unit)) {
        if (!word.written) continue;
        const double scale = std::ldexp(std::pow(10.0, word.decimal), word.binary);
        const double shown = scale == 1 ? value : value / scale;
        const std::string digits = fmt::format("{}", shown);
        std::string_view rest;
        const std::optional<Decimal> number = take_decimal(digits, rest);
        if (!number || to_real(*number, word.binary, word.decimal) != value) continue;
        if (best.empty() || std::fabs(value) >= scale) best = digits + word_for(unit, word, shown == 1);
    }
    return best;
}

std::string format_range(const Field& field) {
    const bool whole = field.kind != Field::Kind::Real;
    const double low = whole ? std::max(0.0, field.range.low) : field.range.low;
    const bool has_high = std::isfinite(field.range.high) && !(whole && field.range.high >= static_cast<double>(field.integer_max));
    const bool has_low = std::isfinite(low);
    if (has_low && has_high) return fmt::format("{} to {}", format_bound(field, low), format_bound(field, field.range.high));
    if (has_low) return fmt::format("at least {}", format_bound(field, low));
    if (has_high) return fmt::format("at most {}", format_bound(field, field.range.high));
    return "any number";
}

std::string_view unit_name(Unit unit) { return base_word(unit) == "B" ? "bytes" : base_word(unit); }

std::string in_quotes(std::string_view text) {
    std::string shown = "'";
    std::size_t length = std::min(text.size(), kQuotedLength);
    // Do not cut a UTF-8 character in two.
    while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    for (const char c : text.substr(0, length)) {
        if (c == '\n') shown += "\\n";
        else if (c == '\t') shown += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else shown += c;
    }
    return shown + (length < text.size() ? "...'" : "'");
}

} // namespace heddle::config
