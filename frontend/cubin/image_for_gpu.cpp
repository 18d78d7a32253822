#include "frontend/cubin/image_for_gpu.hpp"

#include "frontend/cubin/elf.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "sim/base/error.hpp"

namespace heddle::cubin {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find_last_not_of('\0') + 1);
}

// PTX begins with comments and the directive `.version`.
bool looks_like_ptx(std::string_view text) {
    return text.find('\0') == std::string_view::npos && text.find(".version") != std::string_view::npos &&
           text.find(".target") != std::string_view::npos;
}

Cubin ready(Cubin cubin, unsigned architecture) {
    if (!runs_on(cubin, architecture))
        fail_at(cubin.name(), 0, 0,
                fmt::format("code for sm_{}{} does not run on sm_{}", cubin.architecture(), cubin.accelerated() ? "a" : "", architecture),
                fmt::format("compile for the modelled GPU: nvcc -arch=sm_{}", architecture));
    if (!cubin.relocatable()) return cubin;
    const std::vector<std::byte> open(cubin.bytes().begin(), cubin.bytes().end());
    return Cubin::parse(link_cubins(std::span(&open, 1), cubin.architecture(), cubin.accelerated(), cubin.name()), cubin.name());
}

} // namespace

bool runs_on(const Cubin& cubin, unsigned architecture) {
    if (cubin.accelerated()) return cubin.architecture() == architecture;
    return cubin.architecture() / 10 == architecture / 10 && cubin.architecture() <= architecture;
}

Cubin image_for_gpu(std::span<const FatbinEntry> entries, unsigned architecture, const std::string& name) {
    const FatbinEntry* entry = choose_image(entries, architecture);
    if (!entry)
        fail_at(name, 0, 0, why_no_image(entries, architecture),
                fmt::format("compile for the modelled GPU: nvcc -arch=sm_{}", architecture));
    const std::vector<std::byte> image = entry->decompress();
    if (entry->kind == ImageKind::Elf) return ready(Cubin::parse(image, name), architecture);
    return Cubin::parse(compile_ptx(text_of(image), architecture, name), name);
}

Cubin image_for_gpu(std::span<const std::byte> bytes, unsigned architecture, const std::string& name) {
    if (bytes.size() >= 4 && number_at<std::uint32_t>(bytes, 0) == kFatbinMagic)
        return image_for_gpu(read_fatbin(bytes, name), architecture, name);
    if (const std::string_view text = text_of(bytes); looks_like_ptx(text))
        return Cubin::parse(compile_ptx(text, architecture, name), name);
    return ready(Cubin::parse(bytes, name), architecture);
}

} // namespace heddle::cubin
