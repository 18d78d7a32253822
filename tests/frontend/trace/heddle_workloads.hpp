// Workloads for the tests of the trace format: made up, kept as generators so that large ones need no memory.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <unistd.h>

namespace heddle::test {

struct Access {
    AddressPattern::Kind kind = AddressPattern::Kind::Stride;
    Address base = 0;
    std::int64_t stride = 0;
    std::vector<Address> list; // one per active lane
    friend bool operator==(const Access&, const Access&) = default;
};

struct Executed {
    std::uint32_t row = 0;
    std::uint32_t mask = 0xffffffff;
    std::optional<Access> access;
    friend bool operator==(const Executed&, const Executed&) = default;
};

using Warp = std::vector<Executed>;

struct TestKernel {
    KernelLaunch launch;
    std::shared_ptr<KernelCode> code = std::make_shared<KernelCode>();
    std::uint64_t ctas = 0;
    std::function<Dim3(std::uint64_t)> index;
    std::function<Warp(std::uint64_t cta, std::uint32_t warp)> warp;
};

struct TestCommand {
    Address address = 0;
    Bytes bytes = 0;
    std::optional<TestKernel> kernel; // else a copy
};

class TestStream final : public WarpStream {
  public:
    TestStream(std::shared_ptr<KernelCode> code, Warp warp) : code_(std::move(code)), warp_(std::move(warp)) {}
    InstructionChunk next_chunk() override {
        instructions_.clear(), patterns_.clear(), list_.clear();
        for (; at_ < warp_.size() && instructions_.size() < 37; ++at_) {
            const Executed& e = warp_[at_];
            DynamicInstruction d{&code_->instructions[e.row], e.mask, kNoAddress};
            if (e.access) {
                d.address = static_cast<std::uint32_t>(patterns_.size());
                patterns_.push_back({e.access->kind, e.access->base, e.access->stride, static_cast<std::uint32_t>(list_.size())});
                list_.insert(list_.end(), e.access->list.begin(), e.access->list.end());
            }
            instructions_.push_back(d);
        }
        return {instructions_, patterns_, list_};
    }

  private:
    std::shared_ptr<KernelCode> code_;
    Warp warp_;
    std::size_t at_ = 0;
    std::vector<DynamicInstruction> instructions_;
    std::vector<AddressPattern> patterns_;
    std::vector<Address> list_;
};

class TestWorkload final : public Workload {
  public:
    explicit TestWorkload(std::vector<TestCommand> commands, FrontendNotes notes = {})
        : commands_(std::move(commands)), notes_(std::move(notes)) {}
    std::string description() const override { return "test"; }
    std::string digest() const override { return "0"; }
    std::optional<Command> next_command() override {
        if (next_ == commands_.size()) return {};
        const TestCommand& c = commands_[next_++];
        if (!c.kernel) return Command{Command::Kind::CopyToDevice, c.address, c.bytes, nullptr};
        return Command{Command::Kind::Launch, 0, 0, std::make_unique<Running>(*c.kernel)};
    }
    FrontendNotes notes() const override { return notes_; }

  private:
    class Running final : public Kernel {
      public:
        explicit Running(TestKernel kernel) : kernel_(std::move(kernel)) {}
        const KernelLaunch& launch() const override { return kernel_.launch; }
        const KernelCode& code() const override { return *kernel_.code; }
        std::optional<CtaInstructions> next_cta() override {
            if (next_ == kernel_.ctas) return {};
            CtaInstructions cta;
            cta.index = kernel_.index(next_);
            for (std::uint32_t w = 0; w < kernel_.launch.warps_per_cta(); ++w)
                cta.warps.push_back(std::make_unique<TestStream>(kernel_.code, kernel_.warp(next_, w)));
            ++next_;
            return cta;
        }

      private:
        TestKernel kernel_;
        std::uint64_t next_ = 0;
    };
    std::vector<TestCommand> commands_;
    FrontendNotes notes_;
    std::size_t next_ = 0;
};

inline Executed executed(const InstructionChunk& chunk, const DynamicInstruction& d) {
    Executed e{d.code->index, d.active_mask, {}};
    if (d.address == kNoAddress) return e;
    const AddressPattern& p = chunk.patterns[d.address];
    Access access{p.kind, 0, 0, {}};
    if (p.kind == AddressPattern::Kind::Stride) access.base = p.base, access.stride = p.stride;
    else
        for (int k = 0; k < std::popcount(d.active_mask); ++k) access.list.push_back(chunk.list[p.first + static_cast<unsigned>(k)]);
    e.access = std::move(access);
    return e;
}

inline Warp drain(WarpStream& stream) {
    Warp warp;
    while (true) {
        const InstructionChunk chunk = stream.next_chunk();
        if (chunk.instructions.empty()) return warp;
        for (const DynamicInstruction& d : chunk.instructions) warp.push_back(executed(chunk, d));
    }
}

// Everything a workload says, as text; two workloads are equal if their texts are.
std::string describe(Workload& workload);
std::string describe_row(const StaticInstruction& row);

// A kernel of `ctas` CTAs in one dimension with `warps` warps each and the given rows.
TestKernel kernel_of(const std::string& name, std::uint64_t ctas, std::uint32_t warps, std::vector<StaticInstruction> rows);
StaticInstruction row_of(const std::string& text, Behaviour behaviour = Behaviour::Arithmetic, Space space = Space::None);

TestKernel streaming_kernel(std::uint64_t ctas);                                           // 8 loads of 128 bit per thread, unrolled by 4
TestKernel gemm_kernel(std::uint64_t tiles_x, std::uint64_t tiles_y, std::uint32_t steps); // LDG/STS/LDSM/HMMA tiles, swizzled
TestKernel gather_kernel(std::uint64_t ctas, std::uint32_t loads);                         // 32 random addresses each
TestKernel ffma_kernel(std::uint64_t ctas, std::uint32_t iterations);
// Anything the contract allows: all fields, masks, address kinds, loops and jumps.
std::vector<TestCommand> random_commands(std::uint32_t seed, std::uint32_t size);

// A file that is removed at the end.
class TemporaryPath {
  public:
    explicit TemporaryPath(const std::string& name)
        : path_(std::filesystem::temp_directory_path() / ("heddle_test_" + std::to_string(::getpid()) + "_" + name)) {}
    ~TemporaryPath() { std::filesystem::remove_all(path_); }
    std::string text() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

// Folders with a kernelslist.g: the committed traces, and the captures in nvbit/ of the folder that HEDDLE_TRACES names.
std::vector<std::filesystem::path> captures();

std::string read_all(const std::string& path);
void write_all(const std::string& path, const std::string& bytes);

} // namespace heddle::test
