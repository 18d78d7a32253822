// Rows of the matrix family.
#include "frontend/sass/table.hpp"

namespace heddle::sass {

void add_matrix_rows(Table&) {}

} // namespace heddle::sass
