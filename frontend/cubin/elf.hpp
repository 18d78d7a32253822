// ELF-64 files, as far as cubins and the host programs that hold fat binaries need them.
//
// What hardware this is: none; a file format. What is modelled: the file header, section headers, section names and contents,
// string tables, of little-endian 64-bit files. What is not: program headers, dynamic linking, compressed sections.
// Every offset and size is checked against the file. Sources: System V ABI, ELF-64 object file format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::cubin {

inline constexpr std::uint16_t kMachineCuda = 190; // e_machine

namespace elf {
// Section types (sh_type) and flags, symbol section numbers.
inline constexpr std::uint32_t kSymbolTable = 2, kStringTable = 3, kRela = 4, kNoBits = 8, kRel = 9;
inline constexpr std::uint16_t kUndefined = 0, kFirstReserved = 0xff00;
} // namespace elf

// A number of type T at `offset`. Requires: offset + sizeof(T) <= bytes.size().
template <class T> T number_at(std::span<const std::byte> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

struct ElfSection {
    std::string name;
    std::uint32_t type = 0;
    std::uint64_t flags = 0;
    std::uint64_t offset = 0; // in the file
    std::uint64_t size = 0;   // bytes in memory
    std::uint32_t link = 0, info = 0;
    std::uint64_t alignment = 0, entry_bytes = 0;
    std::span<const std::byte> data; // empty for sections without content
};

class ElfFile {
  public:
    // `bytes` must outlive the object. Errors: UserError naming `name` and what is wrong.
    ElfFile(std::span<const std::byte> bytes, std::string name);

    std::uint16_t type() const { return type_; } // 1 relocatable, 2 executable, 3 shared
    std::uint16_t machine() const { return machine_; }
    std::uint32_t flags() const { return flags_; }
    std::uint8_t os_abi() const { return os_abi_; }
    std::uint8_t abi_version() const { return abi_version_; }
    std::span<const ElfSection> sections() const { return sections_; }

    // "section 12 (.text.k)" for messages.
    std::string place(std::size_t section) const;
    // The text at `offset` of string table `section`, up to its zero byte. `what` names the text in errors.
    std::string_view text(std::size_t section, std::uint64_t offset, std::string_view what) const;
    [[noreturn]] void fail(std::string what, std::string hint = {}) const;

  private:
    void read_sections(std::uint64_t table, std::uint16_t entry_bytes, std::uint64_t count, std::uint32_t names);

    std::span<const std::byte> bytes_;
    std::string name_;
    std::uint16_t type_ = 0, machine_ = 0;
    std::uint32_t flags_ = 0;
    std::uint8_t os_abi_ = 0, abi_version_ = 0;
    std::vector<ElfSection> sections_;
};

} // namespace heddle::cubin
