// Rows of the float family.
#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_float_rows(Table&) {}

} // namespace heddle::sass
