// Rows of the hopper family.
#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_hopper_rows(Table&) {}

} // namespace heddle::sass
