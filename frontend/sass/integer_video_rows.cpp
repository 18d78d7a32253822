// Video and dynamic-programming instructions: absolute differences; sm_90: VIADD, VIMNMX, VIADDMNMX.
#include "frontend/sass/integer_rows.hpp"

namespace heddle::sass::integer {

void add_video_rows(Table& t) {
    for (const AluForm form : kSecondSource) {
        Row& r = form_row(t, Op::VABSDIFF4, 0x015, form);
        r.fix(81, 3, 7).modifier(choice(Field::Signed, 73, 1, {"U8", "S8"})).modifier(flag(Field::M0, 75, "ACC"));
        r.operand(at::rd()).operand(source_a(Sign::None));
        add_sources_bc(r, form, {});
    }
}

} // namespace heddle::sass::integer
