#include "tools/heddle/csv.hpp"

#include "sim/gpu/figures.hpp"

#include <fmt/format.h>

namespace heddle {

namespace {

std::string number(const Ratio& value, double scale = 1) { return value ? fmt::format("{:.6g}", *value * scale) : ""; }
std::string extent_field(const Dim3& d) { return fmt::format("{}x{}x{}", d.x, d.y, d.z); }

constexpr const char* kColumns = "id,name,stream,grid,block,registers_per_thread,shared_bytes,ctas,ctas_per_sm,occupancy_limit,start_ns,"
                                 "time_ns,cycles,warp_instructions,"
                                 "thread_instructions,ipc,ipc_active_sm,occupancy,l1_hit_rate,l2_hit_rate,dram_read_bytes,dram_write_bytes,"
                                 "dram_gb_s,dram_percent_of_peak,"
                                 "fp32_tflop_per_s,tensor_tflop_per_s,overlapped";

std::string line_of(const KernelRecord& k, const Figures& f, std::size_t reasons) {
    std::string line =
        fmt::format("{},{},{},{},{},{},{},{},{},{},", k.id, csv_field(k.name), k.stream, extent_field(k.grid), extent_field(k.block),
                    k.registers_per_thread, k.shared_bytes, k.ctas, k.ctas_per_sm, csv_field(k.occupancy_limit));
    const auto fs_in_ns = static_cast<double>(kNanosecond);
    line += fmt::format("{:.3f},{:.3f},{},{},{},", static_cast<double>(k.start) / fs_in_ns, static_cast<double>(k.end - k.start) / fs_in_ns,
                        k.cycles, k.warp_instructions, k.thread_instructions);
    line += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}", number(f.ipc), number(f.ipc_active_sm), number(f.occupancy),
                        number(f.l1_hit_rate), number(f.l2_hit_rate), f.dram_read_bytes, f.dram_write_bytes,
                        number(f.dram.per_second, 1e-9), number(f.dram.of_peak, 100), number(f.fp32.per_second, 1e-12),
                        number(f.tensor.per_second, 1e-12), k.overlapped ? 1 : 0);
    for (const Share& share : f.issue_slots) line += fmt::format(",{:.6g}", share.fraction);
    if (f.issue_slots.empty()) line.append(reasons, ',');
    return line + "\n";
}

} // namespace

std::string kernels_csv(const RunRecord& record) {
    // The reasons are the same for every kernel: they are families of the machine.
    const std::vector<Share> reasons = figures_of(record).issue_slots;
    std::string csv = kColumns;
    for (const Share& share : reasons) csv += ",stall_" + share.reason;
    csv += "\n";
    for (const KernelRecord& kernel : record.kernels) csv += line_of(kernel, figures_of(kernel, record.peaks), reasons.size());
    return csv;
}

} // namespace heddle
