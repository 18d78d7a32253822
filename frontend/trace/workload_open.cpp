#include "frontend/trace/workload_open.hpp"

#include "frontend/trace/heddle_format.hpp"
#include "frontend/trace/heddle_reader.hpp"

#include <algorithm>
#include <fstream>

namespace heddle {
namespace {

bool is_heddle_trace(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return false;
    std::ifstream file(path, std::ios::binary);
    std::array<char, trace::kMagic.size()> start{};
    file.read(start.data(), start.size());
    return file.gcount() == static_cast<std::streamsize>(start.size()) &&
           std::equal(start.begin(), start.end(), trace::kMagic.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

} // namespace

std::unique_ptr<Workload> open_trace(const std::filesystem::path& path, const TraceOptions& options) {
    // A damaged Heddle trace shall be reported as one, not as an odd text file.
    if (is_heddle_trace(path) || path.extension() == ".heddle") return open_heddle_trace(path.string());
    return open_accelsim(path, options);
}

} // namespace heddle
