#include "tools/report/html_page.hpp"

#include "sim/base/error.hpp"
#include "tools/report/assets.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

TEST_CASE("text is escaped for HTML") {
    CHECK(report::escaped("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    CHECK(report::escaped("") == "");
}

TEST_CASE("embedded JSON cannot end its element and reads back as it was") {
    const Json data = {{"name", "</script><script>alert('x')</script><!-- & \xe2\x80\xa8\xe2\x80\xa9 \xe2\x82\xac"},
                       {"</script>", 1.5},
                       {"none", nullptr}};
    const std::string text = report::embedded(data);
    for (const char* never : {"<", ">", "&", "\xe2\x80\xa8", "\xe2\x80\xa9"}) CHECK(text.find(never) == std::string::npos);
    CHECK(text.find("\xe2\x82\xac") != std::string::npos); // other characters stay
    CHECK(Json::parse(text) == data);
}

TEST_CASE("bytes that are not UTF-8 are replaced, not refused") {
    const std::string text = report::embedded({{"name", "kernel\xff\xfe"}});
    CHECK(Json::parse(text)["name"] == "kernel\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("a page is whole, or says what is missing") {
    const Json data = {{"kind", "run"}, {"title", "t"}};
    if (!report::page_assets().there()) {
        CHECK_THROWS_AS(report::html_page("t", data), UserError);
        return;
    }
    const std::string page = report::html_page("a </title> b", data);
    CHECK(page.find("<title>a &lt;/title&gt; b</title>") != std::string::npos);
    CHECK(page.find("default-src 'none'") != std::string::npos);
    CHECK(page.find(report::page_assets().script) != std::string::npos);
    CHECK(page.ends_with("</html>\n"));
}
