#include "frontend/cubin/cubin.hpp"

#include "frontend/cubin/image_parts.hpp"
#include "frontend/cubin/nv_info.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace heddle::cubin {

Cubin Cubin::parse(std::span<const std::byte> bytes, std::string name) {
    auto content = std::make_shared<Content>();
    content->bytes.assign(bytes.begin(), bytes.end());
    content->name = std::move(name);
    const ElfFile elf(content->bytes, content->name);
    content->target = read_target(elf);
    content->relocatable = elf.type() == 1;
    content->sections = read_sections(elf);
    content->symbols = read_symbols(elf, content->sections);
    read_relocations(elf, content->symbols, content->sections);
    content->kernels = read_kernels(elf, content->target, content->sections, content->symbols);
    for (const KernelImage& kernel : content->kernels)
        for (const Attribute& entry : kernel.attributes)
            if (entry.kind == attribute::kToolkit && entry.data.size() >= 4)
                content->toolkit = std::max(content->toolkit, number_at<std::uint32_t>(entry.data, 0));
    return Cubin(std::move(content));
}

Cubin Cubin::read_file(const std::string& path) { return parse(read_binary_file(path), path); }

const std::string& Cubin::name() const { return content_->name; }
unsigned Cubin::architecture() const { return content_->target.architecture; }
bool Cubin::accelerated() const { return content_->target.accelerated; }
bool Cubin::relocatable() const { return content_->relocatable; }
unsigned Cubin::toolkit() const { return content_->toolkit; }
std::span<const Section> Cubin::sections() const { return content_->sections; }
std::span<const Symbol> Cubin::symbols() const { return content_->symbols; }
std::span<const KernelImage> Cubin::kernels() const { return content_->kernels; }
std::span<const std::byte> Cubin::bytes() const { return content_->bytes; }

const KernelImage* Cubin::find_kernel(std::string_view name) const {
    const auto found = std::ranges::lower_bound(content_->kernels, name, {}, &KernelImage::name);
    return found != content_->kernels.end() && found->name == name ? &*found : nullptr;
}

const Section* Cubin::find_section(std::string_view name) const {
    const auto found = std::ranges::find(content_->sections, name, &Section::name);
    return found == content_->sections.end() ? nullptr : &*found;
}

const Symbol* Cubin::find_symbol(std::string_view name) const {
    const Symbol* local = nullptr;
    for (const Symbol& symbol : content_->symbols) {
        if (symbol.name != name || symbol.kind == SymbolKind::Section) continue;
        if (symbol.global) return &symbol;
        if (!local) local = &symbol;
    }
    return local;
}

const Section* Cubin::constant_bank(const KernelImage& kernel, unsigned bank) const {
    const Section* shared = nullptr;
    for (const Section& section : content_->sections) {
        if (section.role != SectionRole::Constant || section.bank != bank) continue;
        if (section.owner == kernel.name) return &section;
        if (section.owner.empty()) shared = &section;
    }
    return shared;
}

std::span<const std::byte> Cubin::code(const Symbol& function) const {
    HEDDLE_EXPECT(function.section >= 0 && content_->sections[static_cast<std::size_t>(function.section)].role == SectionRole::Text,
                  "{} is no function with code", function.name);
    const auto text = content_->sections[static_cast<std::size_t>(function.section)].data.subspan(function.value);
    return function.size ? text.first(function.size) : text;
}

std::vector<UndefinedUse> Cubin::undefined_uses() const {
    std::vector<UndefinedUse> uses;
    for (std::uint32_t i = 0; i < content_->sections.size(); ++i)
        for (const Relocation& relocation : content_->sections[i].relocations)
            if (content_->symbols[relocation.symbol].kind == SymbolKind::Undefined)
                uses.push_back({relocation.symbol, i, relocation.offset});
    return uses;
}

std::vector<std::byte> read_binary_file(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) fail_at(path, 0, 0, "no such file");
    if (!std::filesystem::is_regular_file(status)) fail_at(path, 0, 0, "not a regular file");
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_at(path, 0, 0, fmt::format("cannot be opened: {}", std::strerror(errno)));
    std::vector<std::byte> bytes(std::filesystem::file_size(path));
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (static_cast<std::size_t>(file.gcount()) != bytes.size()) fail_at(path, 0, 0, "cannot be read to its end");
    return bytes;
}

} // namespace heddle::cubin
