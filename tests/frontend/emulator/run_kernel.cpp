// Runs one kernel of a cubin on the emulator, by hand.
//
//   run_kernel FILE.cubin KERNEL [--grid X[,Y,Z]] [--block X[,Y,Z]] [--shared BYTES] [--cooperative] [--counts] ARGUMENT...
//
// ARGUMENT, in the order of the parameters: i32:5, u32:5, f32:1.5, i64:5, f64:1.5 (a value); buf:BYTES, iota:COUNT (32-bit 0, 1, 2...),
// ramp:COUNT (floats 0.5, 1.5, ...), rand:COUNT (random floats in 0..1), randi:COUNT (random 32-bit). Buffers are printed at the end: the first values as integers and floats,
// and a checksum. Exit status 0, 1 after a fault.
#include "frontend/cubin/cubin.hpp"
#include "frontend/emulator/device.hpp"
#include "sim/base/error.hpp"

#include <bit>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <iostream>
#include <random>

using namespace heddle;
using namespace heddle::emulator;

namespace {

Dim3 extent(const std::string& text) {
    Dim3 d;
    std::sscanf(text.c_str(), "%u,%u,%u", &d.x, &d.y, &d.z);
    return d;
}

int run(const std::vector<std::string>& words) {
    const auto cubin = cubin::Cubin::read_file(words.at(0));
    DeviceProperties properties;
    properties.architecture = cubin.architecture();
    Device device(properties);
    const auto module = Module::load(cubin, device.memory(), words[0]);
    LaunchRequest request;
    request.function = module->find_function(words.at(1));
    if (!request.function) {
        for (const auto& [name, f] : module->functions()) std::cout << name << "\n";
        return 2;
    }
    std::vector<std::pair<Address, std::size_t>> buffers;
    std::size_t parameter = 0;
    bool counts = false;
    std::mt19937 random(1);
    request.parameters.resize(request.function->parameter_bytes);
    const auto put = [&](const auto& value) {
        std::memcpy(request.parameters.data() + request.function->parameters.at(parameter++).offset, &value, sizeof value);
    };
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::string& w = words[i];
        const std::string value = w.substr(w.find(':') + 1);
        if (w == "--grid") request.grid = extent(words.at(++i));
        else if (w == "--block") request.block = extent(words.at(++i));
        else if (w == "--shared") request.dynamic_shared = std::stoull(words.at(++i));
        else if (w == "--cooperative") request.cooperative = true;
        else if (w == "--counts") counts = true;
        else if (w.starts_with("i32:") || w.starts_with("u32:")) put(static_cast<std::uint32_t>(std::stoll(value)));
        else if (w.starts_with("i64:")) put(static_cast<std::uint64_t>(std::stoll(value)));
        else if (w.starts_with("f32:")) put(std::stof(value));
        else if (w.starts_with("f64:")) put(std::stod(value));
        else {
            const bool bytes_given = w.starts_with("buf:");
            const std::size_t count = bytes_given ? std::stoull(value) / 4 : std::stoull(value);
            const Address a = device.memory().allocate(count * 4, AllocationKind::Device, "argument");
            auto* data = reinterpret_cast<std::uint32_t*>(device.memory().bytes(a, count * 4));
            for (std::size_t k = 0; k < count && !bytes_given; ++k)
                data[k] = w.starts_with("iota:")    ? static_cast<std::uint32_t>(k)
                          : w.starts_with("ramp:")  ? std::bit_cast<std::uint32_t>(static_cast<float>(k) + 0.5f)
                          : w.starts_with("rand:") ? std::bit_cast<std::uint32_t>(static_cast<float>(random() >> 8) * 0x1p-24f)
                                                   : static_cast<std::uint32_t>(random());
            buffers.emplace_back(a, count);
            put(a);
        }
    }
    const auto start = std::chrono::steady_clock::now();
    device.execute(request);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::cout << fmt::format("{} warp instructions, {} thread instructions, {:.3f} s, {:.2f} M warp instructions/s ({})\n", device.warp_instructions,
                             device.thread_instructions, seconds, static_cast<double>(device.warp_instructions) / seconds * 1e-6, name(device.lane_level()));
    if (counts)
        for (const auto& [opcode, c] : device.opcode_counts()) std::cout << fmt::format("{:10} {:12} {}\n", c.warps, c.threads, opcode);
    for (const auto& [a, count] : buffers) {
        const auto* data = reinterpret_cast<const std::uint32_t*>(device.memory().bytes(a, count * 4));
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < count; ++k) sum = sum * 1000003 + data[k];
        std::cout << fmt::format("0x{:x}: {} words, checksum {:016x}:", a, count, sum);
        for (std::size_t k = 0; k < std::min<std::size_t>(count, 12); ++k) std::cout << fmt::format(" {}/{}", data[k], std::bit_cast<float>(data[k]));
        std::cout << "\n";
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const DeviceFault& fault) {
        std::cerr << fault.report() << "\n";
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
    }
    return 1;
}
