// What a launch tells its kernel in constant bank 0; a time limit below a second.
#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/elf.hpp"
#include "frontend/emulator/device.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

using namespace heddle;
using namespace heddle::emulator;

TEST_CASE("Constant bank 0 holds the generic address of the __constant__ variables") {
    for (const unsigned architecture : {80U, 90U}) {
        const std::string path =
            std::string(HEDDLE_SOURCE_DIR) + "/traces/cubins/features_sm" + (architecture == 90 ? "90a" : "80") + ".cubin";
        const auto image = cubin::Cubin::read_file(path);
        DeviceProperties properties;
        properties.architecture = architecture;
        properties.memory_bytes = 64 << 20;
        Device device(properties);
        const auto module = Module::load(image, device.memory(), "features");
        const Variable* variable = module->find_variable("coefficients");
        REQUIRE(variable != nullptr);
        REQUIRE_FALSE(module->functions().empty());
        LaunchRequest request;
        request.function = &module->functions().begin()->second;
        request.grid = {1, 1, 1};
        request.block = {32, 1, 1};
        if (request.function->required_block.x) request.block = request.function->required_block;
        if (request.function->cluster.x) request.cluster = request.grid = request.function->cluster;
        request.parameters.resize(request.function->parameter_bytes);
        const Grid grid(device, request);
        const auto bank = grid.constant_bank(0);
        Address base = 0;
        std::memcpy(&base, bank.data() + (architecture == 90 ? 0xd0 : 0x50), sizeof base); // what cvta.const adds
        CHECK(variable->address >= base);
        CHECK(variable->address + variable->bytes <= base + module->constant_bank(3).size());
    }
}

TEST_CASE("a jump to a fixed address where there is no code is a fault when it is executed, not before") {
    const std::string path = HEDDLE_SOURCE_DIR "/traces/cubins/vector_add_sm90a.cubin";
    std::vector<std::byte> bytes = cubin::read_binary_file(path);
    const auto image = cubin::Cubin::parse(bytes, path);
    const auto symbols = image.symbols();
    const auto kernel = std::find_if(symbols.begin(), symbols.end(), [](const cubin::Symbol& s) { return s.kind == cubin::SymbolKind::Kernel; });
    REQUIRE(kernel != symbols.end());
    const auto code = image.code(*kernel);
    const auto at = std::search(bytes.begin(), bytes.end(), code.begin(), code.end()) - bytes.begin();
    const std::uint64_t far[2] = {0x00fffff000007947, 0x000fc00003800000}; // BRA 0x1000000
    const auto run = [&](std::ptrdiff_t place, unsigned threads) {
        std::vector<std::byte> damaged = bytes;
        std::memcpy(damaged.data() + at + place, far, sizeof far);
        Device device(DeviceProperties{});
        const auto module = Module::load(cubin::Cubin::parse(damaged, "damaged"), device.memory(), "damaged");
        LaunchRequest request;
        request.function = module->find_function("vector_add");
        request.grid = {1, 1, 1};
        request.block = {threads, 1, 1};
        request.parameters.resize(request.function->parameter_bytes); // no elements
        device.execute(request);
    };
    try {
        run(0, 32);
        FAIL("no fault");
    } catch (const DeviceFault& fault) {
        CHECK(fault.kind == FaultKind::InvalidPc);
        CHECK(std::string(fault.what()).find("where there is no code") != std::string::npos);
    }
    CHECK_NOTHROW(run(static_cast<std::ptrdiff_t>(code.size()) - 16, 32)); // behind the exit
}
