// What a launch tells its kernel in constant bank 0; a time limit below a second.
#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/elf.hpp"
#include "frontend/emulator/device.hpp"

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
