#include "frontend/synthetic/program.hpp"

#include "sim/base/error.hpp"

namespace heddle {

class WarpCodeStream final : public WarpStream {
  public:
    explicit WarpCodeStream(WarpCode code) : code_(std::move(code)) {}
    InstructionChunk next_chunk() override {
        if (std::exchange(taken_, true)) return {};
        return {code_.instructions_, code_.patterns_, code_.list_};
    }

  private:
    WarpCode code_;
    bool taken_ = false;
};

namespace {

class SyntheticKernel final : public Kernel {
  public:
    SyntheticKernel(KernelLaunch launch, std::shared_ptr<KernelCode> code, WarpMaker maker)
        : launch_(std::move(launch)), code_(std::move(code)), maker_(std::move(maker)) {}
    const KernelLaunch& launch() const override { return launch_; }
    const KernelCode& code() const override { return *code_; }
    std::optional<CtaInstructions> next_cta() override {
        if (next_ == launch_.grid.volume()) return std::nullopt;
        CtaInstructions cta;
        cta.index = {static_cast<std::uint32_t>(next_), 0, 0};
        for (std::uint32_t warp = 0; warp < launch_.warps_per_cta(); ++warp) {
            WarpCode code;
            maker_(next_, warp, code);
            cta.warps.push_back(std::make_unique<WarpCodeStream>(std::move(code)));
        }
        ++next_;
        return cta;
    }

  private:
    KernelLaunch launch_;
    std::shared_ptr<KernelCode> code_;
    WarpMaker maker_;
    std::uint64_t next_ = 0;
};

} // namespace

void WarpCode::add_strided(const StaticInstruction& row, Address base, std::int64_t stride, std::uint32_t mask) {
    instructions_.push_back({&row, mask, static_cast<std::uint32_t>(patterns_.size())});
    patterns_.push_back({AddressPattern::Kind::Stride, base, stride, 0});
}

void WarpCode::add_list(const StaticInstruction& row, const std::vector<Address>& addresses, std::uint32_t mask) {
    HEDDLE_EXPECT(addresses.size() == static_cast<unsigned>(__builtin_popcount(mask)), "{} addresses for {} lanes", addresses.size(),
                  __builtin_popcount(mask));
    instructions_.push_back({&row, mask, static_cast<std::uint32_t>(patterns_.size())});
    patterns_.push_back({AddressPattern::Kind::List, 0, 0, static_cast<std::uint32_t>(list_.size())});
    list_.insert(list_.end(), addresses.begin(), addresses.end());
}

const StaticInstruction& Program::row(const std::string& text, std::initializer_list<std::uint16_t> destinations,
                                      std::initializer_list<std::uint16_t> sources, std::optional<std::int64_t> immediate) {
    OperandNames operands;
    operands.destinations = std::span(destinations.begin(), destinations.size());
    operands.sources = std::span(sources.begin(), sources.size());
    operands.immediate = immediate;
    Decoded decoded = decode(architecture_, text, operands);
    HEDDLE_EXPECT(decoded.instruction.known, "no row for opcode {}", text);
    decoded.instruction.text = text;
    decoded.instruction.index = static_cast<std::uint32_t>(code_->instructions.size());
    decoded.instruction.pc = decoded.instruction.index * 16;
    code_->instructions.push_back(std::move(decoded.instruction));
    return code_->instructions.back();
}

void SyntheticWorkload::add_copy(Address address, Bytes bytes) {
    Command command;
    command.kind = Command::Kind::CopyToDevice;
    command.address = address;
    command.bytes = bytes;
    commands_.push_back(std::move(command));
}

void SyntheticWorkload::add_kernel(const Program& program, const SyntheticLaunch& launch, WarpMaker maker) {
    KernelLaunch kernel;
    kernel.name = program.name();
    kernel.id = ++launches_;
    kernel.grid = {static_cast<std::uint32_t>(launch.ctas), 1, 1};
    kernel.block = {launch.threads, 1, 1};
    kernel.registers_per_thread = launch.registers;
    kernel.shared_bytes = launch.shared_bytes;
    kernel.stream = launch.stream;
    kernel.architecture = program.architecture();
    Command command;
    command.kernel = std::make_unique<SyntheticKernel>(std::move(kernel), program.code(), std::move(maker));
    commands_.push_back(std::move(command));
}

std::optional<Command> SyntheticWorkload::next_command() {
    if (commands_.empty()) return std::nullopt;
    Command command = std::move(commands_.front());
    commands_.pop_front();
    return command;
}

} // namespace heddle
