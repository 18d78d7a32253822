// What a configuration struct says about itself.
//
// A unit's parameters are a plain struct beside the unit, with one describe() that names, types, bounds and documents
// every field:
//
//   struct L2Config {
//       Bytes size = 50 * kMiB;
//       Cycles latency = 90;
//       Replacement replacement = Replacement::Lru;
//       void describe(config::Section& s) {
//           s.field("size", size, Unit::Bytes, {64 * kKiB, 1 * kGiB}, "Total capacity of all slices.");
//           s.field("latency", latency, Unit::Cycles, {1, 1000}, "Tag lookup to data of a hit, L2 clock.");
//           s.choice("replacement", replacement, {{"lru", Replacement::Lru}, {"random", Replacement::Random}}, "…");
//           s.section("mshr", mshr, "Outstanding misses.");
//       }
//   };
//
// From this one place come reading with file:line:col, unknown-key errors with suggestions, unit and range checks,
// --set, the annotated dump, `heddle explain`, configs/REFERENCE.md and the configuration hash.
#pragma once

#include "sim/base/units.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace heddle::config {

// How a number is written in YAML. `33 cycles`, `256 KiB`, `1755 MHz`, `12.5 ns`; Count and Ratio have no unit.
enum class Unit { Count, Ratio, Bytes, Cycles, Nanoseconds, Hertz, BytesPerCycle, BitsPerSecond, Watts, Picojoules, Volts, SquareMillimetres };

// Where a value comes from; `Default` is a code default nobody set (counted with the assumed ones).
enum class Source { Vendor, Measured, Paper, Fitted, Assumed, Default };

// Inclusive bounds.
struct Range {
    double low = 0;
    double high = std::numeric_limits<double>::infinity();
};

class Section;

struct Field {
    using Scalar = std::variant<bool, std::uint64_t, double, std::string>;
    enum class Kind { Boolean, Integer, Real, Text, Choice, IntegerList };

    std::string name;
    Kind kind = Kind::Integer;
    Unit unit = Unit::Count;
    Range range;
    std::uint64_t integer_max = std::numeric_limits<std::uint64_t>::max(); // largest value the member can hold
    std::vector<std::string> choices;        // Kind::Choice: the accepted words, in order
    std::string doc;                         // one or two sentences
    std::function<Scalar()> get;             // current value (Choice: the word); not for lists
    std::function<void(const Scalar&)> set;  // value already checked against kind, range and choices
    std::function<std::vector<std::uint64_t>()> get_list;
    std::function<void(const std::vector<std::uint64_t>&)> set_list;
};

// Fields and sub-sections in the order described. Holds references into the described struct, which must outlive it.
class Section {
  public:
    struct Child {
        std::string name;
        std::string doc;
        std::unique_ptr<Section> section;
    };

    template <class Int>
        requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>)
    void field(std::string name, Int& value, Unit unit, Range range, std::string doc) {
        Field f = make(std::move(name), Field::Kind::Integer, unit, range, std::move(doc));
        f.get = [&value] { return Field::Scalar{static_cast<std::uint64_t>(value)}; };
        f.set = [&value](const Field::Scalar& v) { value = static_cast<Int>(std::get<std::uint64_t>(v)); };
        f.integer_max = static_cast<std::uint64_t>(std::numeric_limits<Int>::max());
        f.range.high = std::min(f.range.high, static_cast<double>(std::numeric_limits<Int>::max()));
        fields_.push_back(std::move(f));
    }
    void field(std::string name, double& value, Unit unit, Range range, std::string doc) {
        Field f = make(std::move(name), Field::Kind::Real, unit, range, std::move(doc));
        f.get = [&value] { return Field::Scalar{value}; };
        f.set = [&value](const Field::Scalar& v) { value = std::get<double>(v); };
        fields_.push_back(std::move(f));
    }
    void field(std::string name, bool& value, std::string doc) {
        Field f = make(std::move(name), Field::Kind::Boolean, Unit::Count, {}, std::move(doc));
        f.get = [&value] { return Field::Scalar{value}; };
        f.set = [&value](const Field::Scalar& v) { value = std::get<bool>(v); };
        fields_.push_back(std::move(f));
    }
    void field(std::string name, std::string& value, std::string doc) {
        Field f = make(std::move(name), Field::Kind::Text, Unit::Count, {}, std::move(doc));
        f.get = [&value] { return Field::Scalar{value}; };
        f.set = [&value](const Field::Scalar& v) { value = std::get<std::string>(v); };
        fields_.push_back(std::move(f));
    }
    template <class Enum>
        requires std::is_enum_v<Enum>
    void choice(std::string name, Enum& value, std::vector<std::pair<std::string, Enum>> words, std::string doc) {
        Field f = make(std::move(name), Field::Kind::Choice, Unit::Count, {}, std::move(doc));
        for (const auto& [word, meaning] : words) f.choices.push_back(word);
        f.get = [&value, words] {
            for (const auto& [word, meaning] : words)
                if (meaning == value) return Field::Scalar{word};
            return Field::Scalar{std::string{"?"}};
        };
        f.set = [&value, words](const Field::Scalar& v) {
            for (const auto& [word, meaning] : words)
                if (word == std::get<std::string>(v)) value = meaning;
        };
        fields_.push_back(std::move(f));
    }
    // A sequence of integers, each with the unit and within the range.
    template <class Int>
        requires std::is_integral_v<Int>
    void list(std::string name, std::vector<Int>& value, Unit unit, Range range, std::string doc) {
        Field f = make(std::move(name), Field::Kind::IntegerList, unit, range, std::move(doc));
        f.integer_max = static_cast<std::uint64_t>(std::numeric_limits<Int>::max());
        f.get_list = [&value] { return std::vector<std::uint64_t>(value.begin(), value.end()); };
        f.set_list = [&value](const std::vector<std::uint64_t>& v) { value.assign(v.begin(), v.end()); };
        fields_.push_back(std::move(f));
    }
    // A nested struct with a describe() of its own.
    template <class Config> void section(std::string name, Config& config, std::string doc) {
        auto child = std::make_unique<Section>();
        config.describe(*child);
        children_.push_back({std::move(name), std::move(doc), std::move(child)});
    }
    // A check across fields, run after all of them are read: returns an empty string, or what is wrong. `key` names
    // the field (relative path) the message is attached to.
    void check(std::string key, std::function<std::string()> test) { checks_.push_back({std::move(key), std::move(test)}); }

    struct Check {
        std::string key;
        std::function<std::string()> test;
    };
    const std::vector<Field>& fields() const { return fields_; }
    const std::vector<Child>& children() const { return children_; }
    const std::vector<Check>& checks() const { return checks_; }

  private:
    static Field make(std::string name, Field::Kind kind, Unit unit, Range range, std::string doc) {
        Field f;
        f.name = std::move(name);
        f.kind = kind;
        f.unit = unit;
        f.range = range;
        f.doc = std::move(doc);
        return f;
    }
    std::vector<Field> fields_;
    std::vector<Child> children_;
    std::vector<Check> checks_;
};

} // namespace heddle::config
