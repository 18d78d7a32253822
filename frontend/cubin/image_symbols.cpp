#include "frontend/cubin/image_parts.hpp"
#include "sim/base/error.hpp"

#include <algorithm>

namespace heddle::cubin {
namespace {

constexpr std::size_t kSymbolBytes = 24, kRelBytes = 16, kRelaBytes = 24;
constexpr std::uint32_t kExtendedIndices = 18;                                     // section type SHT_SYMTAB_SHNDX
constexpr std::uint16_t kCommon = 0xfff2, kAbsolute = 0xfff1, kElsewhere = 0xffff; // symbol section numbers
constexpr std::uint8_t kObject = 1, kFunction = 2, kSectionType = 3, kFirstVendorType = 10;
constexpr std::uint8_t kEntryFlag = 0x10, kManagedFlag = 0x04; // st_other
constexpr std::uint8_t kLocal = 0, kWeak = 2;                  // binding

std::size_t only_symbol_table(const ElfFile& elf) {
    std::size_t found = 0;
    for (std::size_t i = 1; i < elf.sections().size(); ++i)
        if (elf.sections()[i].type == elf::kSymbolTable) {
            if (found) elf.fail(fmt::format("{} and {} are both symbol tables", elf.place(found), elf.place(i)));
            found = i;
        }
    if (!found) elf.fail("no symbol table");
    return found;
}

std::span<const std::byte> extended_indices(const ElfFile& elf, std::size_t table) {
    for (const ElfSection& section : elf.sections())
        if (section.type == kExtendedIndices && section.link == table) return section.data;
    return {};
}

SymbolKind kind_of(const Symbol& symbol, std::uint32_t section) {
    if (section == elf::kUndefined || section == kCommon) return symbol.name.empty() ? SymbolKind::None : SymbolKind::Undefined;
    if (symbol.type == kSectionType) return SymbolKind::Section;
    if (symbol.type == kFunction) return symbol.other & kEntryFlag ? SymbolKind::Kernel : SymbolKind::Function;
    return symbol.type == kObject || symbol.type >= kFirstVendorType ? SymbolKind::Object : SymbolKind::None;
}

bool is_loaded(const Section& section) {
    return section.role == SectionRole::Text || section.role == SectionRole::Global || section.role == SectionRole::Constant;
}

} // namespace

std::vector<Symbol> read_symbols(const ElfFile& elf, std::span<const Section> sections) {
    const std::size_t table = only_symbol_table(elf);
    const ElfSection& from = elf.sections()[table];
    if (from.entry_bytes != kSymbolBytes || from.data.size() % kSymbolBytes != 0)
        elf.fail(fmt::format("{}: {} bytes with entries of {} are no symbols of {} bytes", elf.place(table), from.data.size(),
                             from.entry_bytes, kSymbolBytes));
    const std::span<const std::byte> more = extended_indices(elf, table);
    std::vector<Symbol> symbols(from.data.size() / kSymbolBytes);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const auto entry = from.data.subspan(i * kSymbolBytes, kSymbolBytes);
        Symbol& symbol = symbols[i];
        const auto information = number_at<std::uint8_t>(entry, 4);
        symbol.name = elf.text(from.link, number_at<std::uint32_t>(entry, 0), "the name of a symbol");
        symbol.type = information & 15;
        symbol.global = information >> 4 != kLocal;
        symbol.weak = information >> 4 == kWeak;
        symbol.other = number_at<std::uint8_t>(entry, 5);
        symbol.managed = symbol.type != kFunction && (symbol.other & kManagedFlag) != 0;
        symbol.value = number_at<std::uint64_t>(entry, 8);
        symbol.size = number_at<std::uint64_t>(entry, 16);
        std::uint32_t section = number_at<std::uint16_t>(entry, 6);
        const auto fail = [&](const std::string& what) { elf.fail(fmt::format("symbol {} ({}): {}", i, symbol.name, what)); };
        if (section == kElsewhere) {
            if ((i + 1) * 4 > more.size()) fail("its section number is missing");
            section = number_at<std::uint32_t>(more, i * 4);
        } else if (section >= elf::kFirstReserved && section != kAbsolute && section != kCommon) {
            fail(fmt::format("it is in the reserved section {:#x}", section));
        }
        symbol.kind = kind_of(symbol, section);
        if (section == elf::kUndefined || section == kCommon || section == kAbsolute) continue;
        if (section >= sections.size()) fail(fmt::format("it is in section {} of {}", section, sections.size()));
        symbol.section = static_cast<std::int32_t>(section);
        const Section& home = sections[section];
        if (is_loaded(home) && (symbol.value > home.size || symbol.size > home.size - symbol.value))
            fail(fmt::format("bytes {} to {} lie outside {}, which has {}", symbol.value, symbol.value + symbol.size, elf.place(section),
                             home.size));
        if ((symbol.kind == SymbolKind::Kernel || symbol.kind == SymbolKind::Function) && home.role != SectionRole::Text)
            fail(fmt::format("a function in {}, which holds no code", elf.place(section)));
    }
    return symbols;
}

void read_relocations(const ElfFile& elf, std::span<const Symbol> symbols, std::span<Section> sections) {
    for (std::size_t i = 1; i < sections.size(); ++i) {
        const ElfSection& from = elf.sections()[i];
        if ((from.type != elf::kRel && from.type != elf::kRela) || from.data.empty()) continue;
        if (from.info >= sections.size())
            elf.fail(fmt::format("{}: relocations of section {} of {}", elf.place(i), from.info, sections.size()));
        Section& to = sections[from.info];
        if (!is_loaded(to)) continue;
        const bool with_addend = from.type == elf::kRela;
        const std::size_t bytes = with_addend ? kRelaBytes : kRelBytes;
        if (from.entry_bytes != bytes || from.data.size() % bytes != 0)
            elf.fail(fmt::format("{}: {} bytes with entries of {} are no relocations of {} bytes", elf.place(i), from.data.size(),
                                 from.entry_bytes, bytes));
        for (std::size_t at = 0; at < from.data.size(); at += bytes) {
            Relocation relocation{number_at<std::uint64_t>(from.data, at), RelocationKind{number_at<std::uint32_t>(from.data, at + 8)},
                                  number_at<std::uint32_t>(from.data, at + 12), 0};
            const auto fail = [&](const std::string& what) { elf.fail(fmt::format("{}, entry {}: {}", elf.place(i), at / bytes, what)); };
            if (relocation.symbol >= symbols.size()) fail(fmt::format("symbol {} of {}", relocation.symbol, symbols.size()));
            const std::size_t needed = patched_bytes(relocation.kind);
            if (relocation.offset > to.data.size() || needed > to.data.size() - relocation.offset)
                fail(fmt::format("byte {} of {}, which has {}", relocation.offset, elf.place(from.info), to.data.size()));
            if (to.role == SectionRole::Text && relocation.offset % 16 != 0)
                fail(fmt::format("byte {} is no code word", relocation.offset));
            relocation.addend = with_addend ? number_at<std::int64_t>(from.data, at + 16)
                                            : field(relocation.kind, to.data.subspan(relocation.offset, needed));
            to.relocations.push_back(relocation);
        }
    }
    for (Section& section : sections) std::ranges::stable_sort(section.relocations, {}, &Relocation::offset);
}

} // namespace heddle::cubin
