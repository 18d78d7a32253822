#include "tools/cuda_capture/bundle.hpp"

#include "frontend/recipe/recipe.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <zstd.h>

namespace heddle::capture {

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const void* bytes, std::size_t count) {
    // Under another name first: whoever stops in the middle leaves no half file.
    const fs::path part = path.string() + ".part";
    std::ofstream file(part, std::ios::binary);
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    file.close();
    if (!file) throw std::runtime_error(fmt::format("cannot write {}", path.string()));
    fs::rename(part, path);
}

std::string numbers(const Dim3& d) { return fmt::format("[{}, {}, {}]", d.x, d.y, d.z); }

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

std::string recipe_text(const CapturedLaunch& launch, const Provenance& from) {
    std::string text = fmt::format("# Launch {} of {} on {}, captured {}.\n", launch.number, quoted(from.program), from.gpu, from.date);
    text += fmt::format("code: {}\n", launch.code);
    if (!launch.pieces.empty()) text += "buffers:\n";
    for (const Piece& piece : launch.pieces) {
        const bool words = piece.bytes % 4 == 0;
        text += fmt::format("  {}: {{type: {}, count: {}", piece.name, words ? "u32" : "u8", words ? piece.bytes / 4 : piece.bytes);
        text += piece.variable.empty() ? fmt::format(", address: 0x{:x}", piece.address) : fmt::format(", variable: {}", quoted(piece.variable));
        if (piece.before != kZero) text += fmt::format(", file: memory/{}", piece.before);
        if (piece.after == kZero) text += fmt::format(", expect: {:016x}", recipe::digest_of_zeros(piece.bytes));
        else if (!piece.after.empty()) text += fmt::format(", expect_file: memory/{}", piece.after);
        text += "}\n";
    }
    text += fmt::format("launches:\n  - {{kernel: {}, grid: {}, block: {}", quoted(launch.kernel), numbers(launch.grid), numbers(launch.block));
    if (launch.cluster.volume() != 1) text += fmt::format(", cluster: {}", numbers(launch.cluster));
    if (launch.dynamic_shared != 0) text += fmt::format(", shared: {}", launch.dynamic_shared);
    if (launch.cooperative) text += ", cooperative: true";
    if (!launch.parameters.empty()) {
        text += ", parameters: \"";
        for (const std::byte b : launch.parameters) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
        text += '"';
    }
    return text + "}\n";
}

} // namespace

Bundle::Bundle(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    if (fs::exists(folder_ / "bundle.json", error)) throw std::runtime_error(fmt::format("{} holds a bundle already", folder_.string()));
    fs::create_directories(folder_ / "memory", error);
    if (error) throw std::runtime_error(fmt::format("cannot make the folder {}: {}", folder_.string(), error.message()));
}

std::string Bundle::add_memory(std::span<const std::byte> content) {
    if (std::all_of(content.begin(), content.end(), [](std::byte b) { return b == std::byte{0}; })) return kZero;
    std::string name = fmt::format("{:016x}-{}.bin.zst", recipe::digest(content.data(), content.size()), content.size());
    const fs::path path = folder_ / "memory" / name;
    if (fs::exists(path)) return name;
    std::vector<char> packed(ZSTD_compressBound(content.size()));
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 1);
    if (ZSTD_isError(size)) throw std::runtime_error(ZSTD_getErrorName(size));
    write(path, packed.data(), size);
    return name;
}

std::string Bundle::add_code(std::span<const std::byte> cubin) {
    std::string name = fmt::format("code-{:016x}.cubin", recipe::digest(cubin.data(), cubin.size()));
    if (!fs::exists(folder_ / name)) write(folder_ / name, cubin.data(), cubin.size());
    return name;
}

void Bundle::add_launch(const CapturedLaunch& launch) {
    const std::string name = fmt::format("launch-{:04}.yaml", launch.number);
    const std::string text = recipe_text(launch, provenance);
    write(folder_ / name, text.data(), text.size());
    captured_.push_back({launch.number, launch.kernel, name, {}});
    write_index();
}

void Bundle::skip(std::uint64_t number, const std::string& kernel, const std::string& reason) {
    skipped_.push_back({number, kernel, {}, reason});
    write_index();
}

void Bundle::write_index() const {
    nlohmann::ordered_json index;
    index["gpu"] = provenance.gpu;
    index["compute_capability"] = fmt::format("{}.{}", provenance.capability / 10, provenance.capability % 10);
    index["cuda_runtime"] = provenance.runtime;
    index["cuda_driver"] = provenance.driver;
    index["program"] = provenance.program;
    index["date"] = provenance.date;
    index["launches"] = nlohmann::json::array();
    for (const Entry& e : captured_) index["launches"].push_back({{"number", e.number}, {"kernel", e.kernel}, {"recipe", e.recipe}});
    index["skipped"] = nlohmann::json::array();
    for (const Entry& e : skipped_) index["skipped"].push_back({{"number", e.number}, {"kernel", e.kernel}, {"reason", e.reason}});
    const std::string text = index.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    write(folder_ / "bundle.json", text.data(), text.size());
}

} // namespace heddle::capture
