#include "frontend/cubin/cubin.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace heddle::cubin {
namespace {

std::string extent(const Dim3& dim) { return fmt::format("{} x {} x {}", dim.x, dim.y, dim.z); }

std::string describe(const KernelImage& kernel) {
    std::string text = fmt::format("kernel {}\n  code {} instructions, registers {}, barriers {}\n", kernel.name, kernel.code_bytes / 16,
                                   kernel.registers, kernel.barriers);
    text += fmt::format("  shared {} bytes{}, stack {} bytes{}\n", kernel.static_shared,
                        kernel.reserved_shared ? fmt::format(" behind {} reserved", kernel.reserved_shared) : "", kernel.stack_bytes,
                        kernel.stack_unknown ? " or more" : "");
    if (kernel.max_block) text += fmt::format("  block at most {} threads\n", kernel.max_block->volume());
    if (kernel.required_block) text += fmt::format("  block {}\n", extent(*kernel.required_block));
    if (kernel.cluster)
        text += fmt::format("  cluster {}{}\n", extent(*kernel.cluster), kernel.grid_in_clusters ? ", the grid counts clusters" : "");
    if (kernel.needs_cluster && !kernel.cluster) text += "  cluster given at launch\n";
    text += fmt::format("  parameters {} bytes at {:#x}", kernel.parameter_bytes, kernel.parameter_base);
    for (const Parameter& parameter : kernel.parameters)
        text += fmt::format("{} {}+{}", parameter.ordinal ? "," : ":", parameter.offset, parameter.size);
    return text + "\n";
}

} // namespace

std::string describe(const Cubin& cubin) {
    std::string text = fmt::format("{}: sm_{}{}{}", cubin.name(), cubin.architecture(), cubin.accelerated() ? "a" : "",
                                   cubin.relocatable() ? ", relocatable" : "");
    if (cubin.toolkit()) text += fmt::format(", CUDA {}.{}", cubin.toolkit() / 10, cubin.toolkit() % 10);
    text += fmt::format(", {} kernel{}\n", cubin.kernels().size(), cubin.kernels().size() == 1 ? "" : "s");
    for (const KernelImage& kernel : cubin.kernels()) text += describe(kernel);
    for (const Symbol& symbol : cubin.symbols())
        if (symbol.kind == SymbolKind::Object && symbol.section >= 0) {
            const Section& section = cubin.sections()[static_cast<std::size_t>(symbol.section)];
            if (section.role == SectionRole::Global || section.role == SectionRole::Constant)
                text += fmt::format("{} {} {} bytes\n",
                                    symbol.managed                        ? "managed"
                                    : section.role == SectionRole::Global ? "global"
                                                                          : "constant",
                                    symbol.name, symbol.size);
        }
    std::map<std::string, std::size_t> undefined;
    for (const UndefinedUse& use : cubin.undefined_uses()) ++undefined[cubin.symbols()[use.symbol].name];
    for (const auto& [name, uses] : undefined) text += fmt::format("undefined {}, used {} time{}\n", name, uses, uses == 1 ? "" : "s");
    return text;
}

} // namespace heddle::cubin
