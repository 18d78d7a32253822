// Lets tests written for Catch2 version 2 (Debian 12) build with version 3 (Ubuntu 24.04).
//
// Version 3 has no single header, keeps Approx in its namespace, and has its string matchers, Contains under another
// name, in a namespace of their own. The program's main() comes from tests/catch_main.cpp either way.
#pragma once

#include <catch2/catch_all.hpp>

using Catch::Approx;

namespace Catch {
inline auto Contains(const std::string& text, CaseSensitive sensitivity = CaseSensitive::Yes) {
    return Matchers::ContainsSubstring(text, sensitivity);
}
using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::Matches;
using Matchers::StartsWith;
} // namespace Catch

#ifdef CATCH_CONFIG_MAIN
int main(int count, char** arguments) { return Catch::Session().run(count, arguments); }
#endif
