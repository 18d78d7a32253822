#include "tools/heddle/cubin_text.hpp"

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/fatbin.hpp"
#include "frontend/sass/decoder.hpp"
#include "sim/base/error.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <vector>

namespace heddle {

namespace {

std::vector<std::byte> read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_at(path, 0, 0, "cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}

constexpr std::uint16_t kElfMachineCuda = 190;

bool is_cubin(const std::vector<std::byte>& bytes) {
    return bytes.size() > 20 && (std::to_integer<unsigned>(bytes[18]) | std::to_integer<unsigned>(bytes[19]) << 8) == kElfMachineCuda;
}

// "B--2---:R0:W-:Y:S05"
std::string control_text(const ControlBits& c) {
    std::string wait;
    for (unsigned i = 0; i < 6; ++i) wait += (c.wait_mask >> i) & 1 ? static_cast<char>('0' + i) : '-';
    const auto counter = [](unsigned n) { return n < 6 ? std::string(1, static_cast<char>('0' + n)) : std::string("-"); };
    return fmt::format("B{}:R{}:W{}:{}:S{:02}", wait, counter(c.read_counter), counter(c.write_counter), c.yield ? 'Y' : '-', c.stall);
}

std::string disassembly(const cubin::Cubin& cubin, const std::string& function) {
    std::string out;
    for (const cubin::Symbol& symbol : cubin.symbols()) {
        if (symbol.kind != cubin::SymbolKind::Kernel && symbol.kind != cubin::SymbolKind::Function) continue;
        if (symbol.name.find(function) == std::string::npos) continue;
        out += fmt::format("{} (sm_{}{})\n", symbol.name, cubin.architecture(), cubin.accelerated() ? "a" : "");
        for (const auto& i : sass::decode(cubin.code(symbol), cubin.architecture(), cubin.name() + ": " + symbol.name))
            out += fmt::format("  {:04x}  {}  {}\n", i.address, control_text(i.control), sass::text(i));
    }
    return out;
}

// Calls visit(cubin) for the image itself or each machine-code image inside a host program.
template <class Visit> void for_each_cubin(const std::string& path, Visit visit) {
    const std::vector<std::byte> bytes = read_bytes(path);
    if (is_cubin(bytes)) return visit(cubin::Cubin::parse(bytes, path));
    std::size_t found = 0;
    for (const auto& container : cubin::find_fatbins(bytes, path)) {
        for (const auto& entry : container.entries) {
            if (entry.kind != cubin::ImageKind::Elf) continue;
            const auto image = entry.decompress();
            visit(cubin::Cubin::parse(image, path));
            ++found;
        }
    }
    if (found == 0) fail_at(path, 0, 0, "holds no CUDA machine code");
}

} // namespace

bool is_elf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    return file.read(magic, 4) && std::string_view(magic, 4) == "\177ELF";
}

std::string cubin_info(const std::string& path) {
    std::string out;
    for_each_cubin(path, [&](const cubin::Cubin& cubin) { out += cubin::describe(cubin); });
    return out;
}

std::string disassembly(const std::string& path, const std::string& function) {
    std::string out;
    for_each_cubin(path, [&](const cubin::Cubin& cubin) { out += disassembly(cubin, function); });
    if (out.empty()) fail_at(path, 0, 0, function.empty() ? "holds no code" : fmt::format("no function's name contains \"{}\"", function));
    return out;
}

} // namespace heddle
