#include "frontend/cuda/session.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace heddle::cuda {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json to_json(const Dim3& d) { return Json::array({d.x, d.y, d.z}); }

Dim3 dim3_of(const Json& j) { return {j.at(0).get<std::uint32_t>(), j.at(1).get<std::uint32_t>(), j.at(2).get<std::uint32_t>()}; }

Json to_json(const emulator::DeviceProperties& p) {
    return {{"name", p.name},
            {"architecture", p.architecture},
            {"sms", p.sms},
            {"warps_per_sm", p.warps_per_sm},
            {"ctas_per_sm", p.ctas_per_sm},
            {"registers_per_sm", p.registers_per_sm},
            {"shared_per_sm", p.shared_per_sm},
            {"shared_per_cta", p.shared_per_cta},
            {"shared_per_cta_optin", p.shared_per_cta_optin},
            {"reserved_shared", p.reserved_shared},
            {"l2_bytes", p.l2_bytes},
            {"memory_bytes", p.memory_bytes},
            {"sm_clock_hz", p.sm_clock_hz},
            {"memory_clock_hz", p.memory_clock_hz},
            {"memory_bus_bits", p.memory_bus_bits}};
}

void from_json(const Json& j, emulator::DeviceProperties& p) {
    j.at("name").get_to(p.name);
    j.at("architecture").get_to(p.architecture);
    j.at("sms").get_to(p.sms);
    j.at("warps_per_sm").get_to(p.warps_per_sm);
    j.at("ctas_per_sm").get_to(p.ctas_per_sm);
    j.at("registers_per_sm").get_to(p.registers_per_sm);
    j.at("shared_per_sm").get_to(p.shared_per_sm);
    j.at("shared_per_cta").get_to(p.shared_per_cta);
    j.at("shared_per_cta_optin").get_to(p.shared_per_cta_optin);
    j.at("reserved_shared").get_to(p.reserved_shared);
    j.at("l2_bytes").get_to(p.l2_bytes);
    j.at("memory_bytes").get_to(p.memory_bytes);
    j.at("sm_clock_hz").get_to(p.sm_clock_hz);
    j.at("memory_clock_hz").get_to(p.memory_clock_hz);
    j.at("memory_bus_bits").get_to(p.memory_bus_bits);
}

Json to_json(const LaunchRecord& r) {
    return {{"kernel", r.kernel},
            {"grid", to_json(r.grid)},
            {"block", to_json(r.block)},
            {"cluster", to_json(r.cluster)},
            {"static_shared", r.static_shared},
            {"dynamic_shared", r.dynamic_shared},
            {"registers", r.registers},
            {"stream", r.stream},
            {"warp_instructions", r.warp_instructions},
            {"thread_instructions", r.thread_instructions}};
}

LaunchRecord launch_of(const Json& j) {
    LaunchRecord r;
    j.at("kernel").get_to(r.kernel);
    r.grid = dim3_of(j.at("grid"));
    r.block = dim3_of(j.at("block"));
    r.cluster = dim3_of(j.at("cluster"));
    j.at("static_shared").get_to(r.static_shared);
    j.at("dynamic_shared").get_to(r.dynamic_shared);
    j.at("registers").get_to(r.registers);
    j.at("stream").get_to(r.stream);
    j.at("warp_instructions").get_to(r.warp_instructions);
    j.at("thread_instructions").get_to(r.thread_instructions);
    return r;
}

Json to_json(const ProcessRecord& p) {
    Json kernels = Json::array();
    for (const LaunchRecord& r : p.kernels) kernels.push_back(to_json(r));
    return {{"pid", p.pid},
            {"program", p.program},
            {"end", p.end},
            {"fault", p.fault},
            {"launches", p.launches},
            {"warp_instructions", p.warp_instructions},
            {"thread_instructions", p.thread_instructions},
            {"time_ns", p.time_ns},
            {"peak_memory", p.peak_memory},
            {"kernels", std::move(kernels)},
            {"opcodes", p.opcodes},
            {"unsupported", p.unsupported}};
}

ProcessRecord process_of(const Json& j) {
    ProcessRecord p;
    j.at("pid").get_to(p.pid);
    j.at("program").get_to(p.program);
    j.at("end").get_to(p.end);
    j.at("fault").get_to(p.fault);
    j.at("launches").get_to(p.launches);
    j.at("warp_instructions").get_to(p.warp_instructions);
    j.at("thread_instructions").get_to(p.thread_instructions);
    j.at("time_ns").get_to(p.time_ns);
    j.at("peak_memory").get_to(p.peak_memory);
    for (const Json& k : j.at("kernels")) p.kernels.push_back(launch_of(k));
    j.at("opcodes").get_to(p.opcodes);
    j.at("unsupported").get_to(p.unsupported);
    return p;
}

Json read_json(const fs::path& path) {
    std::ifstream file(path);
    if (!file) fail_at(path.string(), 0, 0, "cannot be read");
    Json j = Json::parse(file, nullptr, false);
    if (j.is_discarded()) fail_at(path.string(), 0, 0, "is no JSON");
    return j;
}

} // namespace

const char* name(Mode mode) { return mode == Mode::Timed ? "timed" : mode == Mode::Record ? "record" : "functional"; }

void write_session(const Session& session, const std::string& folder) {
    const fs::path path = fs::path(folder) / kSessionFile;
    const Json j = {{"mode", name(session.mode)},        {"gpu", session.gpu},
                    {"overrides", session.overrides},    {"options", session.options},
                    {"device", to_json(session.device)}, {"timeout_seconds", session.timeout_seconds}};
    std::ofstream file(path);
    file << j.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    if (!file.flush()) fail_at(path.string(), 0, 0, "cannot be written");
}

Session read_session(const std::string& folder) {
    const fs::path path = fs::path(folder) / kSessionFile;
    const Json j = read_json(path);
    try {
        Session session;
        const std::string mode = j.at("mode");
        session.mode = mode == name(Mode::Timed) ? Mode::Timed : mode == name(Mode::Record) ? Mode::Record : Mode::Functional;
        j.at("gpu").get_to(session.gpu);
        j.at("overrides").get_to(session.overrides);
        j.at("options").get_to(session.options);
        from_json(j.at("device"), session.device);
        j.at("timeout_seconds").get_to(session.timeout_seconds);
        return session;
    } catch (const Json::exception& error) {
        fail_at(path.string(), 0, 0, std::string("is no session: ") + error.what());
    }
}

bool write_process(const ProcessRecord& record, const std::string& folder) noexcept {
    try {
        std::ofstream file(fs::path(folder) / ("process-" + std::to_string(record.pid) + ".json"));
        file << to_json(record).dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
        return static_cast<bool>(file.flush());
    } catch (...) {
        return false;
    }
}

std::vector<ProcessRecord> read_processes(const std::string& folder) {
    std::vector<ProcessRecord> processes;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("process-") || !name.ends_with(".json")) continue;
        const Json j = read_json(entry.path());
        try {
            processes.push_back(process_of(j));
        } catch (const Json::exception& e) {
            fail_at(entry.path().string(), 0, 0, std::string("is no record of a process: ") + e.what());
        }
    }
    if (error) fail_at(folder, 0, 0, "cannot be read", error.message());
    std::sort(processes.begin(), processes.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    return processes;
}

} // namespace heddle::cuda
