#include "sim/config/hash.hpp"

#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"

#include <fmt/format.h>
#include <map>

namespace heddle::config {

std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
    return hash;
}

std::string hash(const Section& root) {
    std::map<std::string, std::string> values;
    for_each_field(root, [&](const std::string& path, const Field& field) { values[path] = canonical_text(field); });
    std::string lines;
    for (const auto& [path, value] : values) lines += fmt::format("{}={}\n", path, value);
    return fmt::format("{:016x}", fnv1a(lines));
}

} // namespace heddle::config
