// Parts of the rows of sm_90: what add_hopper_rows() calls.
#pragma once

#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_warpgroup_rows(Table& table); // HGMMA, IGMMA, QGMMA, BGMMA, WARPGROUP
void add_bulk_rows(Table& table);      // UTMA*, UBLK*

// "[R6+URZ+0x80]", "[UR5]": how SYNCS spells its address.
std::string two_part_address(const Operand& operand);
// Completes a Memory operand in `slot` whose uniform part stands in bits 64-69.
bool uniform_at_64(const Word& word, Instruction& instruction, Slot slot);

} // namespace heddle::sass
