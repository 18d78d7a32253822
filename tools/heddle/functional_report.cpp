#include "tools/heddle/functional_report.hpp"

#include "tools/common/write_file.hpp"
#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heddle {

namespace {

constexpr std::size_t kTableOpcodes = 20;

std::string json(emulator::Device& device, const HostRecord& host) {
    nlohmann::ordered_json j;
    j["mode"] = "functional";
    j["gpu"] = device.properties().name;
    j["launches"] = device.launches;
    j["warp_instructions"] = device.warp_instructions;
    j["thread_instructions"] = device.thread_instructions;
    for (const auto& [opcode, count] : device.opcode_counts()) j["opcodes"][opcode] = {{"warp", count.warps}, {"thread", count.threads}};
    j["host"] = {{"wall_seconds", host.wall_seconds}, {"cpu_seconds", host.cpu_seconds}, {"peak_memory_bytes", host.peak_memory_bytes}};
    return j.dump(1) + "\n";
}

std::string csv(emulator::Device& device) {
    std::string text = "opcode,warp_instructions,thread_instructions\n";
    for (const auto& [opcode, count] : device.opcode_counts()) text += fmt::format("{},{},{}\n", opcode, count.warps, count.threads);
    return text;
}

std::string text(emulator::Device& device, const HostRecord& host, std::size_t checked) {
    const double seconds = std::max(host.cpu_seconds, 1e-9);
    std::string out = fmt::format("{} without timing: {} {}, {} warp instructions, {} thread instructions\n", device.properties().name, device.launches,
                                  device.launches == 1 ? "launch" : "launches", with_commas(device.warp_instructions), with_commas(device.thread_instructions));
    if (checked != 0) out += fmt::format("  results       {} {} as expected\n", checked, checked == 1 ? "buffer is" : "buffers are");
    std::vector<std::pair<std::string, emulator::InstructionCount>> order(device.opcode_counts().begin(), device.opcode_counts().end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.warps > b.second.warps; });
    out += fmt::format("  opcodes       {} different{}\n", order.size(), order.size() > kTableOpcodes ? ", the most frequent:" : ":");
    for (std::size_t i = 0; i < std::min(order.size(), kTableOpcodes); ++i)
        out += fmt::format("    {:24} {:>16} warp {:>18} thread\n", order[i].first, with_commas(order[i].second.warps), with_commas(order[i].second.threads));
    out += fmt::format("  host          {} CPU, {} ({} lanes)\n", si(host.cpu_seconds, "s"), si(static_cast<double>(device.warp_instructions) / seconds, "warp instr/s"),
                       emulator::name(device.lane_level()));
    return out;
}

} // namespace

void report_functional(emulator::Device& device, const HostRecord& host, const OutputStyle& style, std::size_t checked) {
    if (!style.out.empty()) write_file(std::filesystem::path(style.out) / "run.json", json(device, host));
    if (style.quiet) return;
    if (style.json) write_out(json(device, host));
    else if (style.csv) write_out(csv(device));
    else write_out(text(device, host, checked));
}

} // namespace heddle
