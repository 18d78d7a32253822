// A launch as the timing model takes it: CTAs are emulated when they are asked for, and their instructions streamed.
//
// What is modelled: bounded memory: a CTA is emulated when it is dispatched, and forgotten when it has run. CTAs that
// wait for each other are emulated together. What is not: the influence of time on what a kernel does: a value read
// while another CTA races to write it is the one the emulator's fixed order gives; clocks advance by instructions.
#pragma once

#include "frontend/emulator/grid.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <memory>

namespace heddle::emulator {

class EmulatedKernel final : public Kernel {
  public:
    // `id`: position in the workload, from 1. `name`: for reports.
    EmulatedKernel(std::unique_ptr<Grid> grid, std::uint64_t id, std::string name);
    const KernelLaunch& launch() const override { return launch_; }
    const KernelCode& code() const override { return grid_->module().timing_code(); }
    InstructionText describe(const StaticInstruction& row) const override;
    std::optional<CtaInstructions> next_cta() override;
    bool has_effects() const override { return true; }
    void execute_only() override { grid_->run(); }

  private:
    std::unique_ptr<Grid> grid_;
    KernelLaunch launch_;
};

} // namespace heddle::emulator
