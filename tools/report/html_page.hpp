// One self-contained HTML file: script, style and data inside, no request to anywhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heddle::report {

// The text as content or attribute value of HTML.
std::string escaped(std::string_view text);

// JSON that may stand inside a <script> element, whatever its texts hold: no '<', '>', '&' and no line separators of
// JavaScript; bytes that are not UTF-8 become replacement characters. Reads back as the same JSON.
std::string embedded(const nlohmann::json& data);

// The page that shows `data` (run_page.hpp, sweep_page.hpp say what it holds). `title` is plain text.
// Errors: UserError, with what to do, if this Heddle was built without the script of the pages.
std::string html_page(const std::string& title, const nlohmann::json& data);

} // namespace heddle::report
