// One warp without a program: for tests of single instructions.
//
//   WarpBench bench(80);
//   bench.reg(4, [](unsigned lane) { return lane; });
//   bench.run("IADD3-word in hex", exec mask);    // or run(Word)
//   CHECK(bench.reg(5, 3) == ...);
#pragma once

#include "frontend/emulator/bind.hpp"
#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/sass/decoder.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>

namespace heddle::emulator {

class WarpBench {
  public:
    explicit WarpBench(unsigned architecture = 80, LaneLevel level = best_lane_level(), DeviceProperties properties = {}, std::uint32_t threads = 32,
                       Bytes static_shared = 48 * 1024)
        : architecture_(architecture), level_(level), device_(std::move(properties)), binder_(constants_, level) {
        // A kernel of one EXIT, so that there is a grid with a CTA around the warp.
        module_ = Module::empty(architecture, device_.memory());
        function_.name = "bench";
        function_.module = module_.get();
        function_.registers = 255;
        function_.static_shared = static_shared;
        function_.local_bytes = 1024;
        function_.constant_bytes = 0x400;
        function_.parameter_base = architecture >= 90 ? 0x210 : 0x160;
        LaunchRequest request;
        request.function = &function_;
        request.grid = {4, 1, 1};
        request.block = {threads, 1, 1};
        grid_ = std::make_unique<Grid>(device_, request);
        cta_ = std::make_unique<Cta>(*grid_, Dim3{1, 0, 0}, 1);
        warp().active = warp().exec = kAllLanes;
    }
    Warp& warp() { return *cta_->warps[warp_]; }
    // From now on everything is about warp `number` of the CTA.
    void use_warp(unsigned number) {
        warp_ = number;
        warp().active = warp().exec = kAllLanes;
    }
    Cta& cta() { return *cta_; }
    Device& device() { return device_; }
    Grid& grid() { return *grid_; }

    Row& reg(unsigned number) { return warp().row(kRegisterRow + number); }
    Row& ureg(unsigned number) { return warp().row(number); }
    std::uint32_t reg(unsigned number, unsigned lane) { return reg(number).lane[lane]; }
    template <class F> void set(unsigned number, F value) {
        for (unsigned l = 0; l < kLanes; ++l) reg(number).lane[l] = value(l);
    }
    void set_ureg(unsigned number, std::uint32_t value) { fill(ureg(number), value); }

    // Executes one word for the lanes of `mask` whose guard is true. Fails the test if it cannot be decoded.
    void run(const sass::Word& word, Mask mask = kAllLanes) {
        std::string reason;
        auto decoded = sass::decode_word(word, architecture_, 0x100, &reason);
        INFO(reason);
        REQUIRE(decoded.has_value());
        instruction_ = *decoded;
        MicroOp op = binder_.bind(instruction_, 16, "bench");
        rows_.resize(constants_.size());
        for (std::size_t i = 0; i < constants_.size(); ++i) {
            std::uint32_t value = static_cast<std::uint32_t>(constants_[i].value);
            if (!constants_[i].immediate) {
                value = 0;
                const auto bank = grid_->constant_bank(constants_[i].bank);
                if (constants_[i].value + 4 <= bank.size()) std::memcpy(&value, bank.data() + constants_[i].value, 4);
            }
            fill(rows_[i], value);
        }
        Warp& w = warp();
        w.set_constants(rows_.data());
        w.pc = 0x110;
        w.active = mask;
        w.splits[0].mask = mask;
        w.exec = mask & w.predicate({op.guard, op.guard_negate, op.guard_uniform});
        if (w.exec != 0 || op.always) op.execute(w, op);
    }
    // "00000000078e00ff00000a00ff017624": 32 hexadecimal digits, highest first.
    void run(const std::string& hex, Mask mask = kAllLanes) {
        run(sass::Word{std::stoull(hex.substr(16), nullptr, 16), std::stoull(hex.substr(0, 16), nullptr, 16)}, mask);
    }
    const sass::Instruction& instruction() const { return instruction_; }

  private:
    unsigned architecture_, warp_ = 0;
    LaneLevel level_;
    Device device_;
    std::vector<Module::ConstantRow> constants_;
    Binder binder_;
    std::vector<Row> rows_;
    std::unique_ptr<Module> module_;
    Function function_;
    std::unique_ptr<Grid> grid_;
    std::unique_ptr<Cta> cta_;
    sass::Instruction instruction_;
};

} // namespace heddle::emulator
