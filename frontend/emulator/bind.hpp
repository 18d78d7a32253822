// Binding: from a decoded instruction to a micro operation.
#pragma once

#include "frontend/emulator/module.hpp"

#include <map>
#include <tuple>

namespace heddle::emulator {

// Gives operands their rows and asks each family in turn for the function. One per module.
class Binder {
  public:
    Binder(std::vector<Module::ConstantRow>& constants, LaneLevel level) : constants_(constants), level_(level) {}

    // Errors: UserError if no family executes the instruction; `where` names it. The result refers to `instruction`.
    MicroOp bind(const sass::Instruction& instruction, std::uint32_t number, const std::string& where);

  private:
    RowRef source(const sass::Operand& operand);
    RowRef destination(const sass::Operand& operand) const;
    RowRef constant(const sass::Operand& operand);
    std::uint32_t constant_rows(const std::vector<Module::ConstantRow>& rows);

    std::vector<Module::ConstantRow>& constants_;
    LaneLevel level_;
    std::map<std::tuple<bool, unsigned, std::uint64_t, unsigned>, std::uint32_t> known_;
};

} // namespace heddle::emulator
