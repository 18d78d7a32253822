// The emulated GPU: memory, loaded modules, launches. This is what a CUDA runtime stands on.
//
//   Device device(DeviceProperties::of(...));
//   auto module = Module::load(Cubin::parse(bytes, "k.cubin"), device.memory(), "k.cubin");
//   device.execute({.function = module->find_function("saxpy"), .grid = {8}, .block = {128}, .parameters = ...});
#pragma once

#include "frontend/emulator/device_launch.hpp"
#include "frontend/emulator/device_memory.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/texture.hpp"

#include <cstdio>
#include <functional>
#include <map>
#include <string>

namespace heddle::emulator {

// What the program sees of the modelled GPU; filled in from its YAML description.
struct DeviceProperties {
    std::string name = "Heddle GPU";
    unsigned architecture = 90;           // compute capability 9.0
    std::uint32_t sms = 132;
    std::uint32_t warps_per_sm = 64, ctas_per_sm = 32;
    std::uint32_t registers_per_sm = 65536;
    Bytes shared_per_sm = 228 * 1024, shared_per_cta = 48 * 1024, shared_per_cta_optin = 227 * 1024, reserved_shared = 1024;
    Bytes l2_bytes = 50ULL << 20;
    Bytes memory_bytes = 80ULL << 30;
    std::uint64_t sm_clock_hz = 1'980'000'000, memory_clock_hz = 2'619'000'000;
    std::uint32_t memory_bus_bits = 5120;
};

class Device {
  public:
    explicit Device(DeviceProperties properties);
    ~Device();

    const DeviceProperties& properties() const { return properties_; }
    DeviceMemory& memory() { return memory_; }
    // Objects kernels sample; their handles are what a program gets as cudaTextureObject_t and cudaSurfaceObject_t.
    TextureTable& textures() { return textures_; }
    LaneLevel lane_level() const { return lane_level_; }

    // Executes a launch and all that its kernel launches at once, without timing. Throws DeviceFault, UserError.
    void execute(const LaunchRequest& request);
    // Statistics of everything executed: by opcode text ("IMAD.WIDE"), filled by execute().
    std::map<std::string, InstructionCount>& opcode_counts() { return opcode_counts_; }
    std::uint64_t warp_instructions = 0, thread_instructions = 0, launches = 0;
    // Seconds of host time after which a launch is given up (0: never). Checked every few million instructions.
    double timeout_seconds = 0;

    // CTAs of `function` that fit on one SM at a time.
    std::uint32_t occupancy(const Function& function, std::uint32_t threads, Bytes dynamic_shared) const;

    // CTAs of a launch that may be under way at the same time: as many as the GPU could hold.
    std::size_t most_resident() const;

    // Stack of a thread where recursion or indirect calls leave it open (cudaLimitStackSize), in bytes.
    Bytes stack_limit = 1024;
    // Device printf goes here.
    std::FILE* output = stdout;
    // Device malloc heap: limit in bytes (cudaLimitMallocHeapSize).
    Bytes heap_limit = 8ULL << 20;
    Bytes heap_used = 0;
    // What kernels launched: to be executed, in order, once the kernel that launched them has ended.
    DeviceLaunches device_launches;

  private:
    DeviceProperties properties_;
    DeviceMemory memory_;
    TextureTable textures_;
    LaneLevel lane_level_;
    std::map<std::string, InstructionCount> opcode_counts_;
};

} // namespace heddle::emulator
