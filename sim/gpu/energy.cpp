#include "sim/gpu/energy.hpp"

#include <string>

namespace heddle {

namespace {

constexpr std::string_view kFamilies[] = {
    "gpu.sm.sub_core.inst_executed", "gpu.sm.sub_core.thread_inst_executed",
    "gpu.sm.sub_core.inst_executed_pipe.alu", "gpu.sm.sub_core.inst_executed_pipe.fma", "gpu.sm.sub_core.inst_executed_pipe.fp16",
    "gpu.sm.sub_core.inst_executed_pipe.fp64", "gpu.sm.sub_core.inst_executed_pipe.xu", "gpu.sm.sub_core.inst_executed_pipe.uniform",
    "gpu.sm.sub_core.inst_executed_pipe.adu", "gpu.sm.sub_core.inst_executed_pipe.cbu",
    "gpu.sm.lsu.shuffles", "gpu.sm.shared_memory.wavefronts_mem_shared",
    "gpu.sm.l1_cache.l1tex_t_sectors_ld_global", "gpu.sm.l1_cache.l1tex_t_sectors_ld_local", "gpu.sm.l1_cache.l1tex_t_sectors_st_global",
    "gpu.sm.l1_cache.l1tex_t_sectors_st_local", "gpu.sm.l1_cache.l1tex_t_sectors_atom_global", "gpu.sm.l1_cache.l1tex_t_sectors_red_global",
    "gpu.l2.lts_t_sectors_op_read", "gpu.l2.lts_t_sectors_op_write", "gpu.l2.lts_t_sectors_op_atom", "gpu.l2.lts_t_sectors_op_red",
    "gpu.dram.read_atoms", "gpu.dram.write_atoms", "gpu.dram.activates"};

} // namespace

std::span<const std::string_view> energy_families() { return kFamilies; }

EnergyEvents energy_events(const Counters& c, const TensorOperations& tensor, Duration duration, Hertz sm_clock, const EnergyInputs& inputs) {
    EnergyEvents e;
    e.seconds = static_cast<double>(duration) / static_cast<double>(kFemtosecondsPerSecond);
    e.sm_clock = sm_clock;
    e.l2_clock = inputs.l2_clock;
    e.sms = inputs.sms;
    e.l2_slices = inputs.l2_slices;
    e.dram_channels = inputs.dram_channels;
    e.instructions = c["gpu.sm.sub_core.inst_executed"];
    if (e.instructions > 0) e.lanes = static_cast<double>(c["gpu.sm.sub_core.thread_inst_executed"]) / static_cast<double>(e.instructions);
    const auto pipe = [&](const char* name) { return c[std::string("gpu.sm.sub_core.inst_executed_pipe.") + name]; };
    e.alu = pipe("alu");
    e.fma = pipe("fma");
    e.fp16 = pipe("fp16");
    e.fp64 = pipe("fp64");
    e.xu = pipe("xu");
    e.uniform = pipe("uniform") + pipe("adu") + pipe("cbu");
    e.shuffles = c["gpu.sm.lsu.shuffles"];
    const auto multiply_adds = [&](MmaType type) { return tensor[static_cast<unsigned>(type)] / 2; };
    e.tensor_f16 = multiply_adds(MmaType::F16);
    e.tensor_bf16 = multiply_adds(MmaType::Bf16);
    e.tensor_tf32 = multiply_adds(MmaType::Tf32);
    e.tensor_f64 = multiply_adds(MmaType::F64);
    e.tensor_int8 = multiply_adds(MmaType::S8);
    e.tensor_fp8 = multiply_adds(MmaType::E4M3) + multiply_adds(MmaType::E5M2);
    e.tensor_int4 = multiply_adds(MmaType::S4);
    e.tensor_b1 = multiply_adds(MmaType::B1);
    e.shared_wavefronts = c["gpu.sm.shared_memory.wavefronts_mem_shared"];
    for (const char* kind : {"ld_global", "ld_local", "st_global", "st_local", "atom_global", "red_global"}) e.l1_sectors += c[std::string("gpu.sm.l1_cache.l1tex_t_sectors_") + kind];
    e.l2_read_sectors = c["gpu.l2.lts_t_sectors_op_read"];
    e.l2_write_sectors = c["gpu.l2.lts_t_sectors_op_write"];
    e.l2_atomic_sectors = c["gpu.l2.lts_t_sectors_op_atom"] + c["gpu.l2.lts_t_sectors_op_red"];
    e.dram_sectors = c["gpu.dram.read_atoms"] + c["gpu.dram.write_atoms"];
    e.dram_activates = c["gpu.dram.activates"];
    return e;
}

namespace {

std::optional<Energy> energy_of_span(const Counters& counters, const TensorOperations& tensor, Duration duration, Hertz sm_clock, const EnergyInputs& inputs) {
    if (!inputs.power.enabled) return std::nullopt;
    return energy_of(energy_events(counters, tensor, duration, sm_clock, inputs), inputs.power);
}

} // namespace

std::optional<Energy> energy_of(const KernelRecord& kernel, const EnergyInputs& inputs) {
    if (inputs.power.enabled && kernel.energy_used) return kernel.energy_used;
    // The clock it ran at: a governor may have changed it since.
    const double seconds = static_cast<double>(kernel.end - kernel.start) / static_cast<double>(kFemtosecondsPerSecond);
    const Hertz clock = seconds > 0 ? static_cast<Hertz>(static_cast<double>(kernel.cycles) / seconds + 0.5) : inputs.sm_clock;
    return energy_of_span(kernel.counters, kernel.tensor_operations, kernel.end - kernel.start, clock, inputs);
}

std::optional<Energy> energy_of(const RunRecord& record) {
    if (record.energy.power.enabled && record.energy_used) return record.energy_used;
    return energy_of_span(record.total, record.tensor_operations, record.end, record.energy.sm_clock, record.energy);
}

} // namespace heddle
