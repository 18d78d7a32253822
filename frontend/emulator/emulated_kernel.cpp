#include "frontend/emulator/emulated_kernel.hpp"

#include "frontend/emulator/generic_spaces.hpp"
#include "frontend/emulator/move_code.hpp"
#include "frontend/emulator/recorded_stream.hpp"

namespace heddle::emulator {

EmulatedKernel::EmulatedKernel(std::unique_ptr<Grid> grid, std::uint64_t id, std::string name) : grid_(std::move(grid)) {
    const LaunchRequest& request = grid_->request();
    launch_.name = std::move(name);
    launch_.id = id;
    launch_.grid = request.grid;
    launch_.block = request.block;
    launch_.cluster = request.cluster;
    launch_.registers_per_thread = grid_->function().registers;
    launch_.shared_bytes = grid_->function().static_shared + request.dynamic_shared;
    launch_.stream = request.stream;
    launch_.architecture = grid_->module().architecture();
}

// Addresses count from the kernel's start, and so do those of functions that belong to it (their names begin with '$'); those of
// functions linked to it, from their own.
InstructionText EmulatedKernel::describe(const StaticInstruction& row) const {
    const Module& module = grid_->module();
    const std::string_view function = module.function_at(row.pc);
    const bool own = function == grid_->function().name, part = function.starts_with("$" + grid_->function().name);
    const std::uint32_t start = own || part ? grid_->function().entry : module.function_start(row.pc);
    InstructionText text{row.text, own ? std::string{} : std::string{function}, row.pc - start};
    if (const sass::Instruction* known = module.instruction(row.pc / sass::kWordBytes)) {
        sass::Instruction instruction = *known;
        move_code(instruction, -std::int64_t{start});
        text.sass = sass::text(instruction);
    }
    return text;
}

std::optional<CtaInstructions> EmulatedKernel::next_cta() {
    auto recorded = grid_->next_recorded();
    if (!recorded) return std::nullopt;
    Module& module = grid_->module();
    CtaInstructions cta;
    cta.index = recorded->index;
    const Dim3 c = launch_.cluster, at = recorded->index;
    const std::uint32_t rank = at.x % c.x + c.x * (at.y % c.y + c.y * (at.z % c.z));
    for (auto& recorder : recorded->warps) {
        for (const WarpRecorder::Run& run : recorder->runs())
            for (std::uint32_t i = 0; i < run.count; ++i) module.timing_row(run.first + i);
        place_generic(*recorder, module, rank);
        cta.warps.push_back(std::make_unique<RecordedStream>(std::move(recorder), module.timing_rows()));
    }
    return cta;
}

} // namespace heddle::emulator
