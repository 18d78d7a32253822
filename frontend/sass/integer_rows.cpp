// Integer, logic, moves, predicates, uniform datapath, special registers.
#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_integer_rows(Table&) {}

} // namespace heddle::sass
