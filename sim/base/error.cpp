#include "sim/base/error.hpp"

namespace heddle {

namespace {

std::string join(const std::vector<Diagnostic>& findings) {
    std::string text;
    for (const auto& finding : findings) {
        if (!text.empty()) text += '\n';
        text += finding.text();
    }
    return text;
}

} // namespace

std::string Diagnostic::text() const {
    std::string place = file;
    if (line != 0) place += fmt::format(":{}", line);
    if (line != 0 && column != 0) place += fmt::format(":{}", column);
    std::string result = place.empty() ? what : fmt::format("{}: {}", place, what);
    if (!hint.empty()) result += " - " + hint;
    return result;
}

UserError::UserError(std::vector<Diagnostic> findings) : std::runtime_error(join(findings)), findings_(std::move(findings)) {}

UserError::UserError(Diagnostic finding) : UserError(std::vector<Diagnostic>{std::move(finding)}) {}

void fail_at(std::string file, std::uint64_t line, std::uint64_t column, std::string what, std::string hint) {
    throw UserError(Diagnostic{std::move(file), line, column, std::move(what), std::move(hint)});
}

void panic(const char* file, int line, const char* condition, const std::string& message) {
    throw InternalError(fmt::format("{}:{}: internal error: {} does not hold: {}", file, line, condition, message));
}

} // namespace heddle
