// Statistics of an SM's sub-cores.
#pragma once

#include "sim/isa/instruction.hpp"
#include "sim/sm/stall.hpp"

namespace heddle {

// Tensor-core operations by the element type of the multiply, two per multiply-add: how flops_tensor divides.
using TensorOperations = std::array<std::uint64_t, static_cast<unsigned>(MmaType::E5M2) + 1>;

class SubCoreStats : public StatGroup {
  public:
    Stat active_cycles{this, "active_cycles", "cycles", "Issue slots: cycles in which the SM had a CTA."};
    Stat warp_instructions{this, "inst_executed", "instructions", "Warp instructions issued."};
    Stat thread_instructions{this, "thread_inst_executed", "instructions", "Lanes, active and predicate true, of issued instructions."};
    Stat predicated_off{this, "inst_predicated_off", "instructions", "Warp instructions issued for no lane."};
    Stat warp_cycles{this, "warps_active", "warp-cycles", "Resident warps, summed over cycles."};
    Stat flops_fp16{this, "flops_fp16", "operations", "Half-precision operations outside tensor cores."};
    Stat flops_fp32{this, "flops_fp32", "operations", "Single-precision operations."};
    Stat flops_fp64{this, "flops_fp64", "operations", "Double-precision operations outside tensor cores."};
    Stat flops_tensor{this, "flops_tensor", "operations", "Tensor-core operations, two per multiply-add."};
    Stat register_port_delay{this, "register_port_delay", "cycles", "Delay of operand reads by bank conflicts."};
    Stat branches_taken{this, "branches_taken", "instructions", "Instructions after which the warp's path was not sequential."};
};

// Warp instructions by pipe.
class PipeStats : public StatGroup {
  public:
    Stat alu{this, "alu", "instructions", "Warp instructions on the ALU pipe."};
    Stat fma{this, "fma", "instructions", "Warp instructions on the FMA pipe."};
    Stat fp16{this, "fp16", "instructions", "Warp instructions on the FP16 pipe."};
    Stat fp64{this, "fp64", "instructions", "Warp instructions on the FP64 pipe."};
    Stat xu{this, "xu", "instructions", "Warp instructions on the XU pipe."};
    Stat tensor{this, "tensor", "instructions", "Warp instructions on the tensor pipe."};
    Stat lsu{this, "lsu", "instructions", "Warp instructions on the LSU pipe."};
    Stat tex{this, "tex", "instructions", "Warp instructions on the TEX pipe."};
    Stat tma{this, "tma", "instructions", "Warp instructions on the TMA pipe."};
    Stat uniform{this, "uniform", "instructions", "Warp instructions on the uniform pipe."};
    Stat adu{this, "adu", "instructions", "Warp instructions on the ADU pipe."};
    Stat cbu{this, "cbu", "instructions", "Warp instructions on the CBU pipe."};
    Stat tensor_busy{this, "tensor_busy", "cycles", "Cycles a tensor core's input was taken."};
    Stat& of(Pipe pipe) { return *by_pipe_[static_cast<unsigned>(pipe)]; }

  private:
    std::array<Stat*, kPipes> by_pipe_{&alu, &fma, &fp16, &fp64, &xu, &tensor, &lsu, &tex, &tma, &uniform, &adu, &cbu};
};

} // namespace heddle
