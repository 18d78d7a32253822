// Measured numbers of validation/reference/<gpu>/*.csv: one line a number, with where it is from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heddle::validation {

enum class Use : std::uint8_t { Fitted, HeldOut }; // a parameter of the model was, or was not, chosen by this number

struct ReferenceRow {
    std::string name, metric, unit; // the column `case` is `name`
    double value = 0;
    std::string spread;           // as published; may be empty
    std::optional<double> clock_mhz; // of the SM when measured
    std::string device;           // what was measured, if not just this GPU
    std::string origin;
    Use use = Use::HeldOut;
    std::string file;
    std::uint64_t line = 0;
};

// Rows of one file with columns case, metric, unit, value, spread, clock_mhz, device, origin, use (in any order).
// Errors: UserError with every finding: a missing column, a value that is no positive number, a case and metric given twice,
// a row without origin, a use that is neither fitted nor held_out.
std::vector<ReferenceRow> read_reference(const std::filesystem::path& file);

} // namespace heddle::validation
