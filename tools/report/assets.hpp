// Script and style sheet of the pages, bundled from tools/report/web when Heddle is built.
#pragma once

#include <string_view>

namespace heddle::report {

// Both are empty in a Heddle built without Node.js or without the packages of tools/report/web.
struct Assets {
    std::string_view script, style;
    bool there() const { return !script.empty(); }
};
Assets page_assets();

} // namespace heddle::report
