#include "tools/report/html_page.hpp"

#include "sim/base/error.hpp"
#include "tools/report/assets.hpp"

namespace heddle::report {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string embedded(const nlohmann::json& data) {
    const std::string text = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
        case '<': out += "\\u003c"; break;
        case '>': out += "\\u003e"; break;
        case '&': out += "\\u0026"; break;
        case '\xe2': // U+2028 and U+2029 are E2 80 A8 and E2 80 A9
            if (text.compare(at, 3, "\xe2\x80\xa8") == 0 || text.compare(at, 3, "\xe2\x80\xa9") == 0) {
                out += text[at + 2] == '\xa8' ? "\\u2028" : "\\u2029";
                at += 2;
                break;
            }
            [[fallthrough]];
        default: out += text[at];
        }
    }
    return out;
}

std::string html_page(const std::string& title, const nlohmann::json& data) {
    const Assets assets = page_assets();
    if (!assets.there())
        fail_at("", 0, 0, "this Heddle was built without the script of its pages",
                "run tools/setup, which installs npm and the packages of tools/report/web, then build again");
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       // Nothing is fetched, and the browser is told so.
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
                       "style-src 'unsafe-inline'; img-src data: blob:\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>";
    page += escaped(title);
    page += "</title>\n<style>\n";
    page += assets.style;
    page += "</style>\n</head>\n<body>\n<noscript>This page draws its charts with JavaScript, which is switched off.</noscript>\n"
            "<script type=\"application/json\" id=\"data\">\n";
    page += embedded(data);
    page += "\n</script>\n<script>\n";
    page += assets.script;
    page += "</script>\n</body>\n</html>\n";
    return page;
}

} // namespace heddle::report
