#include "frontend/cubin/image_parts.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace heddle::cubin {
namespace {

constexpr std::uint8_t kAbiCuda11 = 7, kAbiCuda13 = 8; // e_ident[EI_ABIVERSION]
constexpr std::uint32_t kAcceleratedCuda11 = 0x800, kAcceleratedCuda13 = 0x8;
constexpr unsigned kOldestArchitecture = 70;
constexpr std::uint64_t kMostBytes = 1ULL << 40; // of a section without content: more than any GPU's memory
constexpr std::uint64_t kMostAlignment = 1ULL << 20;
constexpr std::uint64_t kCodeWordBytes = 16;

// Entry 9 of .nv.compat, {u8 format, u8 number, u8 value, u8 0}: 1 in code for exactly one architecture.
bool compat_says_accelerated(std::span<const std::byte> data) {
    for (std::size_t at = 0; at + 4 <= data.size();) {
        const auto format = number_at<std::uint8_t>(data, at), kind = number_at<std::uint8_t>(data, at + 1);
        if (format == 2 && kind == 9) return number_at<std::uint8_t>(data, at + 2) == 1;
        at += 4;
        if (format == 4) at += number_at<std::uint16_t>(data, at - 2);
    }
    return false;
}

// What follows `prefix`, after a dot: the owner of ".text.k" is "k". False if the name is another one.
bool owned(std::string_view name, std::string_view prefix, std::string& owner) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    if (!name.empty() && name.front() != '.') return false;
    owner = name.empty() ? std::string() : std::string(name.substr(1));
    return true;
}

// The role, owner and bank that a section's name says.
void classify(Section& section) {
    constexpr std::string_view kConstant = ".nv.constant";
    const std::string_view name = section.name;
    if (owned(name, ".text", section.owner)) {
        section.role = SectionRole::Text;
    } else if (name == ".nv.global" || name == ".nv.global.init") {
        section.role = SectionRole::Global;
    } else if (owned(name, ".nv.shared", section.owner) || name == ".nv_debug.shared") {
        section.role = SectionRole::Shared;
    } else if (owned(name, ".nv.local", section.owner)) {
        section.role = SectionRole::Local;
    } else if (name.starts_with(kConstant)) {
        const char* end = name.data() + name.size();
        const auto [after, error] = std::from_chars(name.data() + kConstant.size(), end, section.bank);
        if (error == std::errc() && section.bank < 32 && (after == end || *after == '.')) {
            section.role = SectionRole::Constant;
            if (after != end) section.owner = std::string(after + 1, end);
        } else {
            section.bank = 0;
        }
    }
}

} // namespace

Target read_target(const ElfFile& elf) {
    if (elf.machine() != kMachineCuda)
        elf.fail(fmt::format("an ELF file for machine {}, not for a GPU ({})", elf.machine(), kMachineCuda),
                 "is it a host program? its kernels are in fat binaries inside");
    Target target;
    switch (elf.abi_version()) {
    case kAbiCuda11: target = {elf.flags() & 0xff, (elf.flags() & kAcceleratedCuda11) != 0}; break;
    case kAbiCuda13: target = {elf.flags() >> 8 & 0xff, (elf.flags() & kAcceleratedCuda13) != 0}; break;
    default:
        elf.fail(fmt::format("GPU code of ABI version {}; versions {} (CUDA 11 and 12) and {} (CUDA 13) are known", elf.abi_version(),
                             kAbiCuda11, kAbiCuda13));
    }
    if (target.architecture < kOldestArchitecture)
        elf.fail(fmt::format("code for sm_{}; sm_{} is the oldest that is understood", target.architecture, kOldestArchitecture));
    if (elf.type() != 1 && elf.type() != 2)
        elf.fail(fmt::format("ELF type {}; a cubin is of type 1 (relocatable) or 2 (executable)", elf.type()));
    for (const ElfSection& section : elf.sections())
        if (section.name == ".nv.compat") target.accelerated |= compat_says_accelerated(section.data);
    return target;
}

std::vector<Section> read_sections(const ElfFile& elf) {
    std::vector<Section> sections(elf.sections().size());
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const ElfSection& from = elf.sections()[i];
        Section& to = sections[i];
        to.name = from.name;
        to.type = from.type;
        to.flags = from.flags;
        to.alignment = std::max<std::uint64_t>(from.alignment, 1);
        to.size = from.size;
        to.data = from.data;
        classify(to);
        if (to.role == SectionRole::Other) continue;
        const auto fail = [&](const std::string& what) { elf.fail(fmt::format("{}: {}", elf.place(i), what)); };
        if (!std::has_single_bit(to.alignment) || to.alignment > kMostAlignment) fail(fmt::format("alignment {}", to.alignment));
        if (to.data.empty() && to.size > kMostBytes) fail(fmt::format("{} bytes of memory are absurd", to.size));
        if (to.role == SectionRole::Shared || to.role == SectionRole::Local) {
            to.data = {};
        } else if (to.role == SectionRole::Constant || to.role == SectionRole::Text) {
            if (to.data.size() != to.size) fail("no content");
            if (to.role == SectionRole::Constant && to.size > 64 * kKiB) fail(fmt::format("a constant bank of {} bytes", to.size));
            if (to.role == SectionRole::Text && to.size % kCodeWordBytes != 0)
                fail(fmt::format("{} bytes are no whole number of code words", to.size));
        }
    }
    return sections;
}

} // namespace heddle::cubin
