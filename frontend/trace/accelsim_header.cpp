#include "frontend/trace/accelsim_header.hpp"

#include "frontend/isa/opcode_table.hpp"

#include <charconv>

namespace heddle {
namespace {

constexpr unsigned kNewestVersion = 6;
constexpr std::uint32_t kMaxRegisters = 255;
constexpr Bytes kMaxShared = 1 * kMiB; // several times what any GPU has: only to refuse nonsense

std::string list_architectures() {
    std::string list;
    for (unsigned architecture : known_architectures()) list += fmt::format("{}{}", list.empty() ? "" : ", ", architecture);
    return list;
}

} // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool parse_number(std::string_view text, std::uint64_t& value) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        base = 16;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

bool parse_triple(std::string_view text, Dim3& value) {
    text = trimmed(text);
    if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
    std::uint32_t* const fields[3] = {&value.x, &value.y, &value.z};
    for (unsigned i = 0; i < 3; ++i) {
        const std::size_t comma = text.find(',');
        if ((comma == std::string_view::npos) != (i == 2)) return false;
        std::uint64_t number = 0;
        if (!parse_number(trimmed(text.substr(0, comma)), number) || number > 0xffffffffU) return false;
        *fields[i] = static_cast<std::uint32_t>(number);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return true;
}

void AccelSimHeaderParser::take(std::string_view line, const TracePlace& place, AccelSimFindings& findings) {
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(1, equals == std::string_view::npos ? equals : equals - 1));
    std::string_view text = equals == std::string_view::npos ? std::string_view{} : trimmed(line.substr(equals + 1));
    const std::uint64_t column = equals == std::string_view::npos ? 1 : equals + 2;
    const auto number = [&](std::uint64_t most) {
        // Hand-written traces put remarks behind values.
        const std::string_view digits = trimmed(text.substr(0, text.find('#')));
        std::uint64_t value = 0;
        if (!parse_number(digits, value)) place.fail(column, fmt::format("\"{}\" is not a number (-{})", digits, key));
        if (value > most) place.fail(column, fmt::format("-{} = {} is more than {}", key, value, most));
        return value;
    };
    const auto triple = [&] {
        Dim3 value;
        if (!parse_triple(text, value)) place.fail(column, fmt::format("-{} needs three numbers, e.g. (196,1,1)", key));
        return value;
    };
    KernelLaunch& launch = header_.launch;
    if (key == "kernel name") {
        launch.name = text;
    } else if (key == "kernel id") {
        number(~std::uint64_t{0});
    } else if (key == "grid dim") {
        launch.grid = triple();
        grid_ = true;
    } else if (key == "block dim") {
        launch.block = triple();
        block_ = true;
    } else if (key == "cluster dim") {
        launch.cluster = triple();
        header_.cluster_known = true;
    } else if (key == "shmem") {
        launch.shared_bytes = number(kMaxShared);
    } else if (key == "nregs") {
        launch.registers_per_thread = static_cast<std::uint32_t>(number(kMaxRegisters));
        registers_ = true;
    } else if (key == "cuda stream id") {
        launch.stream = number(~std::uint64_t{0});
    } else if (key == "binary version") {
        launch.architecture = static_cast<unsigned>(number(0xffff));
        if (!is_known_architecture(launch.architecture))
            place.fail(column, fmt::format("binary version {} is not supported", launch.architecture),
                       "supported: " + list_architectures());
        architecture_ = true;
    } else if (key == "accelsim tracer version") {
        const std::uint64_t version = number(0xffffffff);
        if (version < 1 || version > kNewestVersion)
            place.fail(column, fmt::format("tracer version {} is not supported", version), "supported: 1 to 6");
        header_.version = static_cast<unsigned>(version);
        version_ = true;
    } else if (key == "enable lineinfo") {
        header_.line_numbers = number(1) != 0;
    } else if (key == "shmem base_addr") {
        header_.shared_base = number(~std::uint64_t{0});
    } else if (key == "local mem base_addr") {
        header_.local_base = number(~std::uint64_t{0});
    } else if (key != "nvbit version") {
        ++findings.unmodelled[fmt::format("header line of a trace: -{}", key.substr(0, 40))];
    }
}

AccelSimHeader AccelSimHeaderParser::finish(const TracePlace& place, AccelSimFindings& findings) const {
    AccelSimHeader header = header_;
    KernelLaunch& launch = header.launch;
    const auto missing = [&](const char* line) {
        place.fail(1, fmt::format("the header has no line \"{}\"", line), "is this a kernel trace?");
    };
    if (!grid_) missing("-grid dim = (x,y,z)");
    if (!block_) missing("-block dim = (x,y,z)");
    if (!version_) {
        header.version = 1;
        findings.assumptions.insert("a trace without tracer version has the layout of version 1");
    }
    if (!architecture_) {
        if (header.version >= 3) missing("-binary version = 80");
        launch.architecture = 70;
        findings.assumptions.insert("a trace of tracer version 1 or 2 without binary version was captured on sm_70");
    }
    if (!registers_) {
        launch.registers_per_thread = 32;
        findings.assumptions.insert("a trace without -nregs uses 32 registers per thread");
    }
    const auto extent = [&](const char* what, Dim3 d, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
        if (d.x < 1 || d.y < 1 || d.z < 1 || d.x > x || d.y > y || d.z > z)
            place.fail(1, fmt::format("-{} dim = ({},{},{}) is outside (1,1,1) to ({},{},{})", what, d.x, d.y, d.z, x, y, z));
    };
    extent("grid", launch.grid, 0x7fffffff, 65535, 65535);
    extent("block", launch.block, 1024, 1024, 64);
    extent("cluster", launch.cluster, 16, 16, 16);
    if (launch.block.volume() > 1024)
        place.fail(1, fmt::format("a thread block of {} threads; at most 1024 are possible", launch.block.volume()));
    return header;
}

} // namespace heddle
