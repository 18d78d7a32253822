// Rows of the memory family.
#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_memory_rows(Table&) {}

} // namespace heddle::sass
