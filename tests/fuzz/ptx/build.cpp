#include "tests/fuzz/ptx/build.hpp"

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/toolkit.hpp"
#include "frontend/emulator/device.hpp"
#include "sim/base/error.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::ptx_fuzz {

using namespace emulator;

std::string Build::name() const { return fmt::format("sm_{}{} -O{}", architecture, architecture == 90 ? "a" : "", level); }

void Statistics::add(const Statistics& other) {
    programs += other.programs, kernels += other.kernels;
    warp_instructions += other.warp_instructions, thread_instructions += other.thread_instructions;
    for (const auto& [opcode, count] : other.opcodes) opcodes[opcode] += count;
}

std::vector<std::byte> compile(const std::vector<const Program*>& programs, const Build& build) {
    const std::string target = build.architecture == 90 ? "sm_90a" : fmt::format("sm_{}", build.architecture);
    const std::array<std::string, 1> options{fmt::format("-O{}", build.level)};
    return cubin::compile_ptx(print_module(programs, target), build.architecture, "random.ptx", options);
}

namespace {

// A buffer of device memory with given content.
template <class T> Address upload(Device& device, const std::vector<T>& values, const char* label) {
    const Bytes bytes = values.size() * sizeof(T);
    const Address address = device.memory().allocate(bytes, AllocationKind::Device, label);
    std::memcpy(device.memory().bytes(address, bytes), values.data(), bytes);
    return address;
}

template <class T> void download(Device& device, Address address, std::vector<T>& values) {
    const Bytes bytes = values.size() * sizeof(T);
    std::memcpy(values.data(), device.memory().bytes(address, bytes), bytes);
    device.memory().release(address);
}

Outcome execute_one(Device& device, const Function& function, const Input& input) {
    Outcome outcome;
    outcome.output = {std::vector<std::uint8_t>(input.registers.size()), input.global, input.cells};
    const std::array<Address, 4> buffers{upload(device, input.registers, "in"), upload(device, outcome.output.registers, "out"),
                                         upload(device, input.global, "global"), upload(device, input.cells, "cells")};
    LaunchRequest request;
    request.function = &function;
    request.grid = {kCtas, 1, 1};
    request.block = {kThreads, 1, 1};
    request.parameters.resize(function.parameter_bytes);
    for (std::size_t i = 0; i < buffers.size(); ++i)
        std::memcpy(request.parameters.data() + function.parameters.at(i).offset, &buffers[i], sizeof(Address));
    std::memcpy(request.parameters.data() + function.parameters.at(4).offset, input.scalars.data(), kScalarBytes);
    try {
        device.execute(request);
    } catch (const DeviceFault& fault) {
        outcome.fault = fault.report();
    } catch (const UserError& error) {
        outcome.fault = error.what();
    }
    device.memory().release(buffers[0]);
    download(device, buffers[1], outcome.output.registers);
    download(device, buffers[2], outcome.output.global);
    download(device, buffers[3], outcome.output.cells);
    return outcome;
}

} // namespace

std::vector<Outcome> execute(const std::vector<std::byte>& image, const std::vector<const Program*>& programs,
                             const std::vector<const Input*>& inputs, const Build& build, Statistics& statistics) {
    DeviceProperties properties;
    properties.architecture = build.architecture;
    Device device(properties);
    device.timeout_seconds = 60;
    const auto module = Module::load(cubin::Cubin::parse(image, build.name()), device.memory(), build.name());
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < programs.size(); ++i) {
        const Function* function = module->find_function(entry_name(*programs[i]));
        HEDDLE_EXPECT(function != nullptr, "no kernel {}", entry_name(*programs[i]));
        outcomes.push_back(execute_one(device, *function, *inputs[i]));
    }
    statistics.kernels += programs.size();
    statistics.warp_instructions += device.warp_instructions;
    statistics.thread_instructions += device.thread_instructions;
    for (const auto& [opcode, count] : device.opcode_counts()) statistics.opcodes[opcode] += count.warps;
    return outcomes;
}

namespace {

std::string place(std::size_t offset) { // in a record, and the register's bytes
    if (offset < 32) return fmt::format("%w{}", offset / 4);
    if (offset < 72) return fmt::format("%d{}", (offset - 32) / 8);
    if (offset < 104) return fmt::format("%f{}", (offset - 72) / 8);
    if (offset < 112) return fmt::format("%h{}", (offset - 104) / 2);
    if (offset < 116) return "predicates";
    return fmt::format("local memory byte {}", offset - 128);
}

U64 number_at(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
    U64 value = 0;
    std::memcpy(&value, &bytes[offset], std::min<std::size_t>(8, bytes.size() - offset));
    return value;
}

} // namespace

std::string difference(const Output& expected, const Output& other) {
    std::string text;
    unsigned shown = 0, more = 0;
    for (std::size_t i = 0; i < expected.registers.size(); ++i) {
        if (expected.registers[i] == other.registers[i]) continue;
        const std::size_t record = i / kRecordBytes * kRecordBytes, offset = i - record;
        const std::size_t size = offset < 32 ? 4 : offset < 104 ? 8 : offset < 112 ? 2 : 4, start = record + offset / size * size;
        const U64 mask = size == 8 ? ~U64{0} : (U64{1} << (8 * size)) - 1;
        if (shown++ < 4)
            text += fmt::format("  block {} thread {} {}: expected {:#x}, got {:#x}\n", record / kRecordBytes / kThreads,
                                record / kRecordBytes % kThreads, place(offset), number_at(expected.registers, start) & mask,
                                number_at(other.registers, start) & mask);
        else ++more;
        i = start + size - 1;
    }
    for (std::size_t i = 0; i < expected.global.size(); ++i)
        if (expected.global[i] != other.global[i] && shown++ < 4)
            text += fmt::format("  thread {} private byte {}: expected {:#x}, got {:#x}\n", i / kPrivateBytes, i % kPrivateBytes,
                                expected.global[i], other.global[i]);
    for (std::size_t i = 0; i < expected.cells.size(); ++i)
        if (expected.cells[i] != other.cells[i])
            text += fmt::format("  cell {}: expected {:#x}, got {:#x}\n", i, expected.cells[i], other.cells[i]);
    if (more) text += fmt::format("  and {} more registers\n", more);
    return text;
}

} // namespace heddle::ptx_fuzz
