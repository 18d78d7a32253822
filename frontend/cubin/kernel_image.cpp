#include "frontend/cubin/image_parts.hpp"
#include "frontend/cubin/nv_info.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <map>

namespace heddle::cubin {
namespace {

constexpr std::uint32_t kMostRegisters = 255, kMostBarriers = 16;
constexpr std::uint32_t kMostStackBytes = 1 << 20; // twice the 512 KiB of local memory a thread can have
constexpr std::uint32_t kNotKnown = 0xffffffff;
constexpr std::uint32_t kReservedShared = 0x400; // from sm_90

// Where parameters begin in constant bank 0.
std::uint32_t default_parameter_base(unsigned architecture) { return architecture < 90 ? 0x160 : architecture < 100 ? 0x210 : 0x380; }

// Builds the kernels of one image.
class KernelReader {
  public:
    KernelReader(const ElfFile& elf, const Target& target, std::span<const Section> sections, std::span<const Symbol> symbols)
        : elf_(elf), target_(target), sections_(sections), symbols_(symbols) {
        for (std::uint32_t i = 0; i < symbols.size(); ++i)
            if (symbols[i].kind == SymbolKind::Kernel) add_kernel(i);
        for (std::size_t i = 1; i < sections.size(); ++i) read_section(i);
        for (auto& [name, kernel] : kernels_) finish(kernel);
    }
    std::vector<KernelImage> kernels() && {
        std::vector<KernelImage> result;
        for (auto& [name, kernel] : kernels_) result.push_back(std::move(kernel));
        return result;
    }

  private:
    void add_kernel(std::uint32_t index);
    void read_section(std::size_t index);
    void read_function_attribute(const Attribute& entry, const std::string& place);
    void read_kernel_attribute(KernelImage& kernel, const Attribute& entry, const std::string& place);
    void read_parameter_bank(KernelImage& kernel, const Attribute& entry, const std::string& place);
    void finish(KernelImage& kernel);
    void check_parameters(KernelImage& kernel, const std::string& place) const;

    std::uint32_t number(const Attribute& entry, std::size_t index, const std::string& place) const {
        if (entry.data.size() < 4 * (index + 1))
            elf_.fail(fmt::format("{}: attribute {:#x} of {} bytes is too short", place, entry.kind, entry.data.size()));
        return number_at<std::uint32_t>(entry.data, 4 * index);
    }
    std::vector<std::uint32_t> numbers(const Attribute& entry, const std::string& place) const {
        if (entry.data.size() % 4)
            elf_.fail(fmt::format("{}: attribute {:#x} of {} bytes is no list of numbers", place, entry.kind, entry.data.size()));
        std::vector<std::uint32_t> list(entry.data.size() / 4);
        for (std::size_t i = 0; i < list.size(); ++i) list[i] = number_at<std::uint32_t>(entry.data, 4 * i);
        return list;
    }
    // Offsets of instructions in the kernel's section.
    std::vector<std::uint32_t> code_offsets(const KernelImage& kernel, const Attribute& entry, const std::string& place) const {
        std::vector<std::uint32_t> list = numbers(entry, place);
        for (const std::uint32_t offset : list)
            if (offset >= sections_[kernel.section].size)
                elf_.fail(fmt::format("{}: attribute {:#x} names byte {} of {}", place, entry.kind, offset, elf_.place(kernel.section)));
        return list;
    }
    Dim3 extent(const Attribute& entry, const std::string& place) const {
        const Dim3 dim{number(entry, 0, place), number(entry, 1, place), number(entry, 2, place)};
        if (dim.x == 0 || dim.y == 0 || dim.z == 0 || dim.x > 1024 || dim.y > 1024 || dim.z > 1024)
            elf_.fail(fmt::format("{}: attribute {:#x} is the extent {} x {} x {}", place, entry.kind, dim.x, dim.y, dim.z));
        return dim;
    }
    // `value`, checked. Each of `what` is a count with a limit of its own.
    std::uint32_t at_most(std::uint32_t most, std::uint32_t value, const char* what, const std::string& place) const {
        if (value > most) elf_.fail(fmt::format("{}: {} {}, at most {} are possible", place, value, what, most));
        return value;
    }
    KernelImage* kernel_of(std::uint32_t symbol) {
        const auto found = by_symbol_.find(symbol);
        return found == by_symbol_.end() ? nullptr : found->second;
    }

    const ElfFile& elf_;
    Target target_;
    std::span<const Section> sections_;
    std::span<const Symbol> symbols_;
    std::map<std::string, KernelImage, std::less<>> kernels_;
    std::map<std::uint32_t, KernelImage*> by_symbol_;
    std::map<std::string, std::size_t, std::less<>> shared_, constant0_; // sections by their kernel's name
};

void KernelReader::add_kernel(std::uint32_t index) {
    const Symbol& symbol = symbols_[index];
    const auto [place, added] = kernels_.try_emplace(symbol.name);
    const auto fail = [&](const std::string& what) { elf_.fail(fmt::format("kernel {}: {}", symbol.name, what)); };
    if (!added) fail("there are two kernels of this name");
    KernelImage& kernel = place->second;
    kernel.name = symbol.name;
    kernel.symbol = index;
    kernel.section = static_cast<std::uint32_t>(symbol.section);
    const Section& text = sections_[kernel.section];
    kernel.entry = symbol.value;
    kernel.code_bytes = symbol.size ? symbol.size : text.size - symbol.value;
    if (kernel.entry % 16 || kernel.code_bytes % 16)
        fail(fmt::format("bytes {} + {} of its section are no code words", kernel.entry, kernel.code_bytes));
    if (kernel.code_bytes == 0) fail("it has no code");
    kernel.reserved_shared = target_.architecture >= 90 ? kReservedShared : 0;
    kernel.parameter_base = default_parameter_base(target_.architecture);
    by_symbol_.emplace(index, &kernel);
}

void KernelReader::read_section(std::size_t index) {
    constexpr std::string_view kInformation = ".nv.info";
    const Section& section = sections_[index];
    if (section.role == SectionRole::Shared) shared_.emplace(section.owner, index);
    if (section.role == SectionRole::Constant && section.bank == 0) constant0_.emplace(section.owner, index);
    if (!section.name.starts_with(kInformation)) return;
    if (section.name == kInformation) {
        for (const Attribute& entry : read_attributes(elf_, index)) read_function_attribute(entry, elf_.place(index));
    } else if (const auto kernel = kernels_.find(std::string_view(section.name).substr(kInformation.size() + 1));
               kernel != kernels_.end()) {
        kernel->second.attributes = read_attributes(elf_, index);
        for (const Attribute& entry : kernel->second.attributes) read_kernel_attribute(kernel->second, entry, elf_.place(index));
    }
}

void KernelReader::read_function_attribute(const Attribute& entry, const std::string& place) {
    switch (entry.kind) {
    case attribute::kRegisterCount:
    case attribute::kFrameSize:
    case attribute::kMinStackSize:
    case attribute::kMaxStackSize: break;
    default: return;
    }
    KernelImage* kernel = kernel_of(number(entry, 0, place));
    if (!kernel) return; // of a device function
    const std::uint32_t value = number(entry, 1, place);
    const std::string where = fmt::format("{}, kernel {}", place, kernel->name);
    if (entry.kind == attribute::kRegisterCount) {
        kernel->registers = at_most(kMostRegisters, value, "registers", where);
    } else if (entry.kind == attribute::kFrameSize) {
        kernel->frame_bytes = at_most(kMostStackBytes, value, "bytes of stack", where);
    } else if (value == kNotKnown) {
        kernel->stack_unknown = true;
    } else {
        kernel->stack_bytes = std::max(kernel->stack_bytes, at_most(kMostStackBytes, value, "bytes of stack", where));
    }
}

void KernelReader::read_kernel_attribute(KernelImage& kernel, const Attribute& entry, const std::string& place) {
    switch (entry.kind) {
    case attribute::kMaxThreads: kernel.max_block = extent(entry, place); break;
    case attribute::kRequiredThreads: kernel.required_block = extent(entry, place); break;
    case attribute::kClusterExtent: kernel.cluster = extent(entry, place); break;
    case attribute::kExplicitCluster: kernel.needs_cluster = true; break;
    case attribute::kMaxClusterRank: kernel.max_cluster_ctas = number(entry, 0, place); break;
    case attribute::kGridInClusters: kernel.grid_in_clusters = true; break;
    case attribute::kBarrierCount: kernel.barriers = at_most(kMostBarriers, entry.value, "barriers", place); break;
    case attribute::kExitOffsets: kernel.exit_offsets = code_offsets(kernel, entry, place); break;
    case attribute::kSyscallOffsets: kernel.syscall_offsets = code_offsets(kernel, entry, place); break;
    case attribute::kParameterBank: read_parameter_bank(kernel, entry, place); break;
    case attribute::kExterns:
        kernel.externs = numbers(entry, place);
        for (const std::uint32_t symbol : kernel.externs)
            if (symbol >= symbols_.size()) elf_.fail(fmt::format("{}: it calls symbol {} of {}", place, symbol, symbols_.size()));
        break;
    case attribute::kParameterInfo:
    case attribute::kParameterInfoLarge: {
        const std::uint32_t where = number(entry, 1, place), size = number(entry, 2, place);
        kernel.parameters.push_back({where & 0xffff, where >> 16, entry.kind == attribute::kParameterInfo ? size >> 18 : size & 0xffffff});
        break;
    }
    default: break;
    }
}

void KernelReader::read_parameter_bank(KernelImage& kernel, const Attribute& entry, const std::string& place) {
    const std::uint32_t value = number(entry, 1, place);
    kernel.parameter_base = value & 0xffff;
    kernel.parameter_bytes = value >> 16;
}

void KernelReader::finish(KernelImage& kernel) {
    const std::string place = fmt::format("kernel {}", kernel.name);
    // Images of CUDA 9 and earlier keep the number in the upper byte of the section's sh_info only.
    if (kernel.registers == 0) kernel.registers = elf_.sections()[kernel.section].info >> 24;
    if (kernel.registers == 0) elf_.fail(place + ": its number of registers is missing");
    kernel.stack_bytes = std::max(kernel.stack_bytes, kernel.frame_bytes);
    if (const auto shared = shared_.find(kernel.name); shared != shared_.end()) {
        const std::uint64_t size = sections_[shared->second].size;
        if (size > kMiB) elf_.fail(fmt::format("{}: {} bytes of static shared memory are absurd", place, size));
        // Images that are ready to run count the reserved bytes in, relocatable ones do not.
        const bool counted = elf_.type() != 1 && size >= kernel.reserved_shared;
        kernel.static_shared = static_cast<std::uint32_t>(size - (counted ? kernel.reserved_shared : 0));
    }
    check_parameters(kernel, place);
}

void KernelReader::check_parameters(KernelImage& kernel, const std::string& place) const {
    std::ranges::sort(kernel.parameters, {}, &Parameter::ordinal);
    for (std::uint32_t i = 0; i < kernel.parameters.size(); ++i) {
        const Parameter& parameter = kernel.parameters[i];
        if (parameter.ordinal != i)
            elf_.fail(fmt::format("{}: parameter {} is missing or described twice", place, std::min(i, parameter.ordinal)));
        if (std::uint64_t{parameter.offset} + parameter.size > kernel.parameter_bytes)
            elf_.fail(fmt::format("{}: parameter {}, {} bytes at {}, lies outside the {} bytes of all parameters", place, i, parameter.size,
                                  parameter.offset, kernel.parameter_bytes));
    }
    if (kernel.parameter_base + kernel.parameter_bytes > 64 * kKiB) elf_.fail(place + ": its parameters lie outside constant bank 0");
    const auto bank = constant0_.find(kernel.name);
    const std::uint32_t end = kernel.parameter_base + kernel.parameter_bytes;
    if (bank != constant0_.end() && kernel.parameter_bytes && sections_[bank->second].size < end)
        elf_.fail(fmt::format("{}: parameters up to byte {} lie outside {}", place, end, elf_.place(bank->second)));
}

} // namespace

std::vector<KernelImage> read_kernels(const ElfFile& elf, const Target& target, std::span<const Section> sections,
                                      std::span<const Symbol> symbols) {
    return KernelReader(elf, target, sections, symbols).kernels();
}

} // namespace heddle::cubin
