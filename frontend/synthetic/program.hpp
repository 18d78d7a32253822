// Kernels written by hand: for tests of theory, for benchmarks, for questions about the machine itself.
//
//   Program program("chain", 90);
//   const auto& ffma = program.row("FFMA", {4}, {4, 5, 6});
//   workload.add_kernel(program, {.ctas = 132}, [&](auto, auto, WarpCode& warp) { warp.add(ffma); });
//
// What is modelled: straight code with any addresses; register operands and opcodes pass through the opcode tables of
// frontend/isa, so a row is what a trace would have given. The program counter runs on with every row.
#pragma once

#include "frontend/isa/decode.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <functional>
#include <initializer_list>
#include <string>

namespace heddle {

// The instructions of one warp as they are put together.
class WarpCode {
  public:
    void add(const StaticInstruction& row, std::uint32_t mask = 0xffffffff) { instructions_.push_back({&row, mask, kNoAddress}); }
    // Lane i accesses base + stride * i.
    void add_strided(const StaticInstruction& row, Address base, std::int64_t stride, std::uint32_t mask = 0xffffffff);
    // The k-th active lane accesses addresses[k].
    void add_list(const StaticInstruction& row, const std::vector<Address>& addresses, std::uint32_t mask = 0xffffffff);
    std::size_t size() const { return instructions_.size(); }

  private:
    friend class WarpCodeStream;
    std::vector<DynamicInstruction> instructions_;
    std::vector<AddressPattern> patterns_;
    std::vector<Address> list_;
};

// A kernel's code: rows with ascending program counters.
class Program {
  public:
    Program(std::string name, unsigned architecture) : name_(std::move(name)), architecture_(architecture), code_(std::make_shared<KernelCode>()) {}

    // Appends a row. Requires: the opcode has a row in the table of the architecture.
    const StaticInstruction& row(const std::string& text, std::initializer_list<std::uint16_t> destinations,
                                 std::initializer_list<std::uint16_t> sources, std::optional<std::int64_t> immediate = std::nullopt);
    StaticInstruction& last() { return code_->instructions.back(); }
    const std::string& name() const { return name_; }
    unsigned architecture() const { return architecture_; }
    std::shared_ptr<KernelCode> code() const { return code_; }

  private:
    std::string name_;
    unsigned architecture_;
    std::shared_ptr<KernelCode> code_;
};

// What warp `warp` of CTA `cta` (linear indices) executes.
using WarpMaker = std::function<void(std::uint64_t cta, std::uint32_t warp, WarpCode& code)>;

struct SyntheticLaunch {
    std::uint64_t ctas = 1;
    std::uint32_t threads = 32;
    std::uint32_t registers = 32;
    Bytes shared_bytes = 0;
    std::uint64_t stream = 0;
};

// A workload of launches and copies in the order they were added.
class SyntheticWorkload final : public Workload {
  public:
    explicit SyntheticWorkload(std::string name = "synthetic") : name_(std::move(name)) {}
    void add_copy(Address address, Bytes bytes);
    void add_kernel(const Program& program, const SyntheticLaunch& launch, WarpMaker maker);

    std::string description() const override { return name_; }
    std::string digest() const override { return "synthetic"; }
    std::optional<Command> next_command() override;
    std::uint64_t launches() const override { return launches_; }
    FrontendNotes notes() const override { return {}; }

  private:
    std::string name_;
    std::deque<Command> commands_;
    std::uint64_t launches_ = 0;
};

} // namespace heddle
