#include "frontend/cubin/elf.hpp"

#include "sim/base/error.hpp"

#include <bit>

namespace heddle::cubin {
namespace {

static_assert(std::endian::native == std::endian::little, "images are little-endian and read in place");

constexpr std::size_t kHeaderBytes = 64, kSectionHeaderBytes = 64;
constexpr std::uint32_t kManySections = 0xffff; // e_shstrndx: the number is in section header 0

// Sections that take no room in the file. Relocatable cubins have types of their own for global and shared variables.
bool has_content(std::uint32_t type, std::uint16_t machine) {
    constexpr std::uint32_t kGlobal = 0x70000007, kShared = 0x7000000a, kReservedShared = 0x70000015;
    return type != elf::kNoBits && (machine != kMachineCuda || (type != kGlobal && type != kShared && type != kReservedShared));
}

} // namespace

ElfFile::ElfFile(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {
    if (bytes.size() < 4 || std::memcmp(bytes.data(),
                                        "\x7f"
                                        "ELF",
                                        4) != 0)
        fail("not an ELF file");
    if (bytes.size() < kHeaderBytes) fail(fmt::format("the file ends within the ELF header: {} bytes of {}", bytes.size(), kHeaderBytes));
    const auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
    if (byte(4) != 2) fail("a 32-bit ELF file", "only 64-bit images and programs are supported");
    if (byte(5) != 1) fail("a big-endian ELF file");
    os_abi_ = byte(7);
    abi_version_ = byte(8);
    type_ = number_at<std::uint16_t>(bytes, 16);
    machine_ = number_at<std::uint16_t>(bytes, 18);
    flags_ = number_at<std::uint32_t>(bytes, 48);
    read_sections(number_at<std::uint64_t>(bytes, 40), number_at<std::uint16_t>(bytes, 58), number_at<std::uint16_t>(bytes, 60),
                  number_at<std::uint16_t>(bytes, 62));
}

void ElfFile::read_sections(std::uint64_t table, std::uint16_t entry_bytes, std::uint64_t count, std::uint32_t names) {
    if (table == 0) return; // a program without section headers
    if (entry_bytes != kSectionHeaderBytes)
        fail(fmt::format("section headers of {} bytes instead of {}", entry_bytes, kSectionHeaderBytes));
    const auto room = table <= bytes_.size() ? (bytes_.size() - table) / kSectionHeaderBytes : 0;
    if (room == 0) fail(fmt::format("the section headers would start at byte {} of {}: the file is truncated", table, bytes_.size()));
    if (count == 0) count = number_at<std::uint64_t>(bytes_, table + 32);
    if (names == kManySections) names = number_at<std::uint32_t>(bytes_, table + 40);
    if (count > room)
        fail(fmt::format("{} section headers at byte {} reach beyond the file's {} bytes: the file is truncated", count, table,
                         bytes_.size()));

    sections_.resize(count);
    std::vector<std::uint32_t> name_offsets(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto header = bytes_.subspan(table + i * kSectionHeaderBytes, kSectionHeaderBytes);
        ElfSection& s = sections_[i];
        name_offsets[i] = number_at<std::uint32_t>(header, 0);
        s.type = number_at<std::uint32_t>(header, 4);
        s.flags = number_at<std::uint64_t>(header, 8);
        s.offset = number_at<std::uint64_t>(header, 24);
        s.size = number_at<std::uint64_t>(header, 32);
        s.link = number_at<std::uint32_t>(header, 40);
        s.info = number_at<std::uint32_t>(header, 44);
        s.alignment = number_at<std::uint64_t>(header, 48);
        s.entry_bytes = number_at<std::uint64_t>(header, 56);
        if (i == 0 || !has_content(s.type, machine_)) continue;
        if (s.offset > bytes_.size() || s.size > bytes_.size() - s.offset)
            fail(fmt::format("section {}: {} bytes at byte {} reach beyond the file's {} bytes: the file is truncated", i, s.size, s.offset,
                             bytes_.size()));
        s.data = bytes_.subspan(s.offset, s.size);
    }
    if (names == 0 && count <= 1) return;
    if (names >= count || sections_[names].type != elf::kStringTable)
        fail(fmt::format("section names should be in section {}, which is no string table", names));
    for (std::size_t i = 0; i < count; ++i) sections_[i].name = text(names, name_offsets[i], fmt::format("the name of section {}", i));
}

std::string ElfFile::place(std::size_t section) const { return fmt::format("section {} ({})", section, sections_[section].name); }

std::string_view ElfFile::text(std::size_t section, std::uint64_t offset, std::string_view what) const {
    const std::span<const std::byte> table = section < sections_.size() ? sections_[section].data : std::span<const std::byte>();
    if (offset < table.size()) {
        const char* start = reinterpret_cast<const char*>(table.data()) + offset;
        if (const void* end = std::memchr(start, 0, table.size() - offset))
            return {start, static_cast<std::size_t>(static_cast<const char*>(end) - start)};
    }
    fail(fmt::format("{} is not in string table {}: offset {} of {} bytes", what, section, offset, table.size()));
}

void ElfFile::fail(std::string what, std::string hint) const { fail_at(name_, 0, 0, std::move(what), std::move(hint)); }

} // namespace heddle::cubin
