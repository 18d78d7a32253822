// The comparisons of set and setp: which relations of two floating-point values make each one true.
#pragma once

namespace heddle::ptx_fuzz {

struct Compare {
    const char* name;
    bool less, equal, greater, unordered;
};
inline constexpr Compare kCompares[] = {{"eq", false, true, false, false}, {"ne", true, false, true, false},  {"lt", true, false, false, false},
                                 {"le", true, true, false, false},  {"gt", false, false, true, false}, {"ge", false, true, true, false},
                                 {"equ", false, true, false, true}, {"neu", true, false, true, true},  {"ltu", true, false, false, true},
                                 {"leu", true, true, false, true},  {"gtu", false, false, true, true}, {"geu", false, true, true, true},
                                 {"num", true, true, true, false},  {"nan", false, false, false, true}};

} // namespace heddle::ptx_fuzz
