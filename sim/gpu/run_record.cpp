#include "sim/gpu/run_record.hpp"

#include "sim/base/error.hpp"
#include "sim/gpu/energy.hpp"
#include "sim/gpu/figures.hpp"
#include "sim/gpu/run_record_observations.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

const StatTree::Family* find(const Counters& counters, std::string_view name) {
    for (const auto& family : counters.families)
        if (family.name == name) return &family;
    return nullptr;
}

double nanoseconds(Time femtoseconds) { return static_cast<double>(femtoseconds) / static_cast<double>(kNanosecond); }

Json json_of(const Ratio& value) { return value ? Json(*value) : Json(nullptr); }
Json scaled(const Ratio& value, double by) { return value ? Json(*value * by) : Json(nullptr); }
Json json_of(const Dim3& d) { return Json::array({d.x, d.y, d.z}); }

Json json_of(const std::vector<Share>& shares) {
    Json result = Json::object();
    for (const Share& share : shares) result[share.reason] = share.fraction;
    return result;
}

Json operations_of(const Throughput& t) {
    return {{"operations", static_cast<std::uint64_t>(t.amount)},
            {"tflop_per_s", scaled(t.per_second, 1e-12)},
            {"percent_of_peak", scaled(t.of_peak, 100)}};
}

// Keys of the element types of tensor-core operations: the two of FP8 are one.
const char* tensor_type(std::size_t type) {
    switch (static_cast<MmaType>(type)) {
    case MmaType::F16: return "fp16";
    case MmaType::Bf16: return "bf16";
    case MmaType::Tf32: return "tf32";
    case MmaType::F64: return "fp64";
    case MmaType::S8: return "int8";
    case MmaType::S4: return "int4";
    case MmaType::B1: return "b1";
    case MmaType::E4M3:
    case MmaType::E5M2: return "fp8";
    case MmaType::None: break;
    }
    return nullptr;
}

Json tensor_operations_of(const TensorOperations& operations) {
    Json result = Json::object();
    for (std::size_t type = 0; type < operations.size(); ++type)
        if (const char* key = tensor_type(type)) result[key] = (result.contains(key) ? result[key].get<std::uint64_t>() : 0) + operations[type];
    return result;
}

Json counters_of(const Counters& counters) {
    Json result = Json::object();
    for (const auto& family : counters.families) result[family.name] = family.value;
    return result;
}

// What a kernel and the whole run have in common.
void add_figures(Json& out, const Figures& f, const Counters& counters, const TensorOperations& tensor_operations) {
    out["ipc"] = json_of(f.ipc);
    out["ipc_active_sm"] = json_of(f.ipc_active_sm);
    out["active_sm_cycles"] = f.active_sm_cycles;
    out["lanes_per_instruction"] = json_of(f.lanes);
    out["resident_warps"] = json_of(f.resident_warps);
    out["occupancy"] = json_of(f.occupancy);
    out["flops"] = {{"fp16", operations_of(f.fp16)},
                    {"fp32", operations_of(f.fp32)},
                    {"fp64", operations_of(f.fp64)},
                    {"tensor", operations_of(f.tensor)}};
    out["tensor_operations"] = tensor_operations_of(tensor_operations);
    out["stalls"] = json_of(f.issue_slots);
    out["warp_states"] = json_of(f.warp_states);
    out["l1"] = {{"load_sectors", f.l1_load_sectors},
                 {"load_hit_sectors", f.l1_load_hits},
                 {"store_sectors", f.l1_store_sectors},
                 {"hit_rate", json_of(f.l1_hit_rate)}};
    out["l2"] = {{"read_sectors", f.l2_read_sectors},
                 {"read_hit_sectors", f.l2_read_hits},
                 {"write_sectors", f.l2_write_sectors},
                 {"atomic_sectors", f.l2_atomic_sectors},
                 {"hit_rate", json_of(f.l2_hit_rate)},
                 {"bytes", static_cast<std::uint64_t>(f.l2.amount)},
                 {"bandwidth_gb_s", scaled(f.l2.per_second, 1e-9)},
                 {"percent_of_peak", scaled(f.l2.of_peak, 100)}};
    out["dram"] = {{"read_bytes", f.dram_read_bytes},
                   {"write_bytes", f.dram_write_bytes},
                   {"bandwidth_gb_s", scaled(f.dram.per_second, 1e-9)},
                   {"percent_of_peak", scaled(f.dram.of_peak, 100)},
                   {"row_hit_rate", json_of(f.dram_row_hit_rate)}};
    out["counters"] = counters_of(counters);
}

void add_energy(Json& out, const std::optional<Energy>& energy) {
    if (!energy) return;
    Json breakdown = Json::object();
    for (const EnergyPart& part : kEnergyParts) breakdown[part.name] = (*energy).*part.joules;
    out["energy"] = {{"joules", energy->joules()}, {"breakdown", std::move(breakdown)}};
}

Json json_of(const DieArea& area) {
    Json breakdown = Json::object(), terms = Json::object();
    for (const auto& part : area.breakdown) breakdown[part.name] = part.mm2;
    for (const auto& term : area.from_anchor) terms[term.name] = {{"mm2", term.mm2}, {"at_low", term.at_low}, {"at_high", term.at_high}};
    return {{"mm2", area.mm2},
            {"low", area.low},
            {"high", area.high},
            {"breakdown", std::move(breakdown)},
            {"anchor", {{"name", area.anchor}, {"mm2", area.anchor_mm2}}},
            {"from_anchor", std::move(terms)},
            {"notes", area.notes}};
}

Json json_of(const KernelRecord& kernel, const RunRecord& record) {
    const MachinePeaks& peaks = record.peaks;
    Json out = {{"name", kernel.name},
                {"id", kernel.id},
                {"stream", kernel.stream},
                {"grid", json_of(kernel.grid)},
                {"block", json_of(kernel.block)},
                {"registers_per_thread", kernel.registers_per_thread},
                {"shared_bytes", kernel.shared_bytes},
                {"ctas", kernel.ctas},
                {"ctas_per_sm", kernel.ctas_per_sm},
                {"occupancy_limit", kernel.occupancy_limit},
                {"start_ns", nanoseconds(kernel.start)},
                {"end_ns", nanoseconds(kernel.end)},
                {"time_ns", nanoseconds(kernel.end - kernel.start)},
                {"cycles", kernel.cycles},
                {"warp_instructions", kernel.warp_instructions},
                {"thread_instructions", kernel.thread_instructions},
                {"overlapped", kernel.overlapped}};
    add_figures(out, figures_of(kernel, peaks), kernel.counters, kernel.tensor_operations);
    add_energy(out, energy_of(kernel, record.energy));
    if (kernel.hot_instructions) add_hot_instructions(out, *kernel.hot_instructions);
    return out;
}

Json total_of(const RunRecord& record) {
    const Figures f = figures_of(record);
    Json out = {{"time_ns", nanoseconds(record.end)},
                {"cycles", f.cycles},
                {"warp_instructions", record.warp_instructions},
                {"thread_instructions", record.thread_instructions}};
    add_figures(out, f, record.total, record.tensor_operations);
    add_energy(out, energy_of(record));
    return out;
}

Json counts_of(const std::vector<FrontendNotes::Count>& counts) {
    Json result = Json::object();
    for (const auto& count : counts) result[count.what] = count.count;
    return result;
}

Json json_of(const MachinePeaks& p) {
    Json tensor = Json::object();
    for (std::size_t type = 0; type < p.tensor_flops_per_second.size(); ++type)
        if (const char* key = tensor_type(type)) tensor[key] = p.tensor_flops_per_second[type] * 1e-12;
    return {{"sm_clock_hz", p.sm_clock},
            {"sms", p.sms},
            {"sub_cores_per_sm", p.sub_cores},
            {"warps_per_sm", p.warps_per_sm},
            {"dram_gb_s", p.dram_bytes_per_second * 1e-9},
            {"l2_gb_s", p.l2_bytes_per_second * 1e-9},
            {"fp32_tflop_per_s", p.fp32_flops_per_second * 1e-12},
            {"fp16_tensor_tflop_per_s", p.fp16_tensor_flops_per_second * 1e-12},
            {"fp64_tflop_per_s", p.fp64_flops_per_second * 1e-12},
            {"tensor_tflop_per_s", std::move(tensor)}};
}

Json config_of(const RunRecord& record) {
    Json values = Json::object();
    for (const auto& [path, value] : record.config_values) values[path] = value;
    return {{"hash", record.config_hash}, {"read", record.config_files}, {"values", std::move(values)}};
}

Json host_of(const RunRecord& record) {
    const HostRecord& h = record.host;
    return {{"wall_seconds", h.wall_seconds},
            {"cpu_seconds", h.cpu_seconds},
            {"peak_memory_bytes", h.peak_memory_bytes},
            {"active_sm_cycles", record.active_sm_cycles},
            {"threads", h.threads},
            {"loop", h.loop}};
}

// Units of the members whose names do not end in their unit, and of every counter.
Json schema_of(const RunRecord& record) {
    Json counters = Json::object();
    for (const auto& family : record.total.families) counters[family.name] = {{"unit", family.unit}, {"sentence", family.sentence}};
    return {{"version", 1},
            {"units",
             {{"cycles", "cycles of the SM clock"},
              {"warp_instructions", "executed warp instructions"},
              {"thread_instructions", "active lanes of executed warp instructions"},
              {"ipc", "warp instructions per cycle, whole GPU"},
              {"ipc_active_sm", "warp instructions per cycle and SM with a CTA resident"},
              {"active_sm_cycles", "cycles of SMs with a CTA resident"},
              {"resident_warps", "warps per SM with a CTA resident"},
              {"occupancy", "resident warps over the warps an SM can hold"},
              {"stalls", "fractions of issue slots of SMs with a CTA resident"},
              {"warp_states", "fractions of the cycles of resident warps"},
              {"hit_rate", "sectors present over sectors looked up, L1: loads, L2: reads"},
              {"sectors", "32 bytes each"},
              {"energy", "joules of the module, GPU and memory, by part"},
              {"area", "mm2 of the die as configured, by part; from_anchor: what tells it from the anchor's die, with constants at either end of their range"},
              {"samples", "warp-cycles: every resident warp in every cycle"}}},
            {"counters", std::move(counters)}};
}

} // namespace

std::uint64_t Counters::operator[](std::string_view family) const {
    const StatTree::Family* found = find(*this, family);
    HEDDLE_EXPECT(found != nullptr, "no counter is called {}", family);
    return found->value;
}

bool Counters::has(std::string_view family) const { return find(*this, family) != nullptr; }

std::string to_json(const RunRecord& record) {
    Json out;
    out["heddle_version"] = record.heddle_version;
    out["run_hash"] = record.run_hash;
    out["gpu"] = record.gpu;
    out["config"] = config_of(record);
    out["trace"] = {{"description", record.trace}, {"digest", record.trace_digest}};
    out["cache"] = record.cache;
    out["peaks"] = json_of(record.peaks);
    out["total"] = total_of(record);
    out["kernels"] = Json::array();
    for (const KernelRecord& kernel : record.kernels) out["kernels"].push_back(json_of(kernel, record));
    if (record.energy.power.enabled) out["power"] = {{"pue", record.energy.power.pue}};
    if (record.clock_choice) out["governor"] = json_of(*record.clock_choice);
    if (record.clock_history) out["governor"] = json_of(*record.clock_history);
    if (record.area) out["area"] = json_of(*record.area);
    if (record.time_series) out["time_series"] = time_series_json(*record.time_series, record.peaks);
    out["unmodelled"] = counts_of(unmodelled_of(record));
    out["anomalies"] = counts_of(record.notes.anomalies);
    out["assumptions"] = record.notes.assumptions;
    out["sources"] = Json::object();
    for (const auto& [source, count] : record.sources) out["sources"][source] = count;
    out["host"] = host_of(record);
    out["schema"] = schema_of(record);
    // Names come from traces and may be any bytes.
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace heddle
