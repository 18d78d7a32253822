#include "frontend/cubin/loader.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <map>

namespace heddle::cubin {
namespace {

constexpr std::uint32_t kUserBank = 3; // __constant__ variables

bool has_address(const Section& section) {
    return section.role == SectionRole::Text || section.role == SectionRole::Global ||
           (section.role == SectionRole::Constant && section.bank == kUserBank && section.owner.empty());
}

class Loader {
  public:
    Loader(const Cubin& cubin, const Placement& placement) : cubin_(cubin), placement_(placement) {}

    LoadedImage run() {
        place_sections();
        place_symbols();
        for (LoadedSection& loaded : image_.sections)
            for (const Relocation& relocation : cubin_.sections()[loaded.section].relocations) relocate(loaded, relocation);
        report_missing();
        return std::move(image_);
    }

  private:
    void place_sections();
    void place_symbols();
    void relocate(LoadedSection& loaded, const Relocation& relocation);
    void report_missing() const;
    std::uint64_t value_of(const Relocation& relocation);

    const Cubin& cubin_;
    const Placement& placement_;
    LoadedImage image_;
    std::vector<Address> section_address_;         // of all sections, 0 where there is none
    std::vector<bool> asked_;                      // undefined symbols by index
    std::map<std::uint32_t, std::string> missing_; // symbol: where it is used first
};

void Loader::place_sections() {
    section_address_.resize(cubin_.sections().size());
    for (std::uint32_t i = 0; i < cubin_.sections().size(); ++i) {
        const Section& section = cubin_.sections()[i];
        if (section.role != SectionRole::Text && section.role != SectionRole::Global && section.role != SectionRole::Constant) continue;
        if (has_address(section)) section_address_[i] = placement_.section_address(section);
        image_.sections.push_back({i, section_address_[i], {section.data.begin(), section.data.end()}});
    }
}

void Loader::place_symbols() {
    asked_.resize(cubin_.symbols().size());
    image_.symbol_address.resize(cubin_.symbols().size());
    for (std::size_t i = 0; i < cubin_.symbols().size(); ++i) {
        const Symbol& symbol = cubin_.symbols()[i];
        if (symbol.section < 0) continue;
        const auto section = static_cast<std::size_t>(symbol.section);
        if (has_address(cubin_.sections()[section]) || cubin_.sections()[section].role == SectionRole::Shared)
            image_.symbol_address[i] = section_address_[section] + symbol.value;
    }
}

// The symbol's value, without the addend.
std::uint64_t Loader::value_of(const Relocation& relocation) {
    const Symbol& symbol = cubin_.symbols()[relocation.symbol];
    if (symbol.kind == SymbolKind::Undefined) {
        if (!asked_[relocation.symbol]) {
            asked_[relocation.symbol] = true;
            const std::optional<Address> address = placement_.undefined_address ? placement_.undefined_address(symbol) : std::nullopt;
            if (address) image_.symbol_address[relocation.symbol] = *address;
            else if (!symbol.weak) missing_.emplace(relocation.symbol, "");
        }
        return image_.symbol_address[relocation.symbol];
    }
    if (symbol.section < 0) return symbol.value;
    // A __constant__ variable is an offset into its bank for all but generic addresses.
    if (cubin_.sections()[static_cast<std::size_t>(symbol.section)].role == SectionRole::Constant && !is_generic(relocation.kind))
        return symbol.value;
    return image_.symbol_address[relocation.symbol];
}

void Loader::relocate(LoadedSection& loaded, const Relocation& relocation) {
    const std::string place = fmt::format("{}+{:#x}", cubin_.sections()[loaded.section].name, relocation.offset);
    const std::uint64_t value = value_of(relocation) + static_cast<std::uint64_t>(relocation.addend);
    if (const auto missing = missing_.find(relocation.symbol); missing != missing_.end()) {
        if (missing->second.empty()) missing->second = place;
        return;
    }
    const Symbol& symbol = cubin_.symbols()[relocation.symbol];
    const unsigned bank = symbol.section < 0 ? 0 : cubin_.sections()[static_cast<std::size_t>(symbol.section)].bank;
    apply(relocation.kind, std::span(loaded.data).subspan(relocation.offset), value, bank, cubin_.name(), place);
}

void Loader::report_missing() const {
    std::vector<Diagnostic> findings;
    for (const auto& [symbol, place] : missing_)
        findings.push_back({cubin_.name(), 0, 0, fmt::format("{} is undefined; it is used at {}", cubin_.symbols()[symbol].name, place),
                            "was the image linked with everything it needs?"});
    if (!findings.empty()) throw UserError(std::move(findings));
}

} // namespace

const LoadedSection* LoadedImage::find(std::uint32_t section) const {
    const auto found = std::ranges::lower_bound(sections, section, {}, &LoadedSection::section);
    return found != sections.end() && found->section == section ? &*found : nullptr;
}

LoadedImage load(const Cubin& cubin, const Placement& placement) {
    if (cubin.relocatable())
        fail_at(cubin.name(), 0, 0, "a relocatable image (-rdc=true) that was not linked",
                "link it: nvcc -arch=sm_90 -dlink a.cubin -cubin -o b.cubin");
    HEDDLE_EXPECT(placement.section_address, "no section_address");
    return Loader(cubin, placement).run();
}

} // namespace heddle::cubin
