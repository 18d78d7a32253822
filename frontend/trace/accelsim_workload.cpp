#include "frontend/trace/accelsim_workload.hpp"

#include "frontend/trace/accelsim_kernel.hpp"
#include "frontend/trace/compressed_reader.hpp"

#include <algorithm>
#include <fstream>
#include <xxhash.h>

namespace heddle {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWholeFile = 1 << 20; // up to this size a digest covers every byte
constexpr std::uint64_t kEndBytes = 64 << 10;

class AccelSimWorkload final : public Workload {
  public:
    AccelSimWorkload(fs::path path, fs::path list, std::vector<AccelSimCommand> commands, std::shared_ptr<AccelSimFindings> findings)
        : path_(std::move(path)), list_(std::move(list)), commands_(std::move(commands)), findings_(std::move(findings)) {
        launches_ = static_cast<std::uint64_t>(
            std::count_if(commands_.begin(), commands_.end(), [](const AccelSimCommand& c) { return c.kind == Command::Kind::Launch; }));
    }
    std::string description() const override { return path_.string(); }
    std::string digest() const override {
        if (digest_.empty()) digest_ = accelsim_digest(list_, commands_);
        return digest_;
    }
    std::optional<Command> next_command() override {
        if (next_ == commands_.size()) return std::nullopt;
        const AccelSimCommand& from = commands_[next_++];
        Command command{from.kind, from.address, from.bytes, nullptr};
        if (from.kind == Command::Kind::Launch) command.kernel = open_accelsim_kernel(from.trace, ++launched_, findings_);
        return command;
    }
    std::uint64_t launches() const override { return launches_; }
    FrontendNotes notes() const override { return findings_->notes(); }

  private:
    fs::path path_, list_;
    std::vector<AccelSimCommand> commands_;
    std::shared_ptr<AccelSimFindings> findings_;
    std::size_t next_ = 0;
    std::uint64_t launches_ = 0, launched_ = 0;
    mutable std::string digest_;
};

// "MemcpyHtoD,0x00007fb0fc400000,200000"; empty if the line is no such thing.
std::optional<AccelSimCommand> parse_copy(std::string_view line) {
    const std::size_t first = line.find(','), second = line.find(',', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    std::string address(trimmed(line.substr(first + 1, second - first - 1)));
    if (!address.starts_with("0x") && !address.starts_with("0X")) address.insert(0, "0x");
    AccelSimCommand command;
    command.kind = Command::Kind::CopyToDevice;
    if (!parse_number(address, command.address) || !parse_number(trimmed(line.substr(second + 1)), command.bytes)) return std::nullopt;
    if (command.bytes > ~command.address) return std::nullopt;
    return command;
}

fs::path list_in(const fs::path& directory) {
    if (fs::exists(directory / "kernelslist.g")) return directory / "kernelslist.g";
    std::vector<fs::path> lists;
    for (const auto& entry : fs::directory_iterator(directory)) {
        const std::string file = entry.path().filename().string();
        if (file.starts_with("kernelslist") && file.ends_with(".g")) lists.push_back(entry.path());
    }
    if (lists.empty()) fail_at(directory.string(), 0, 0, "the directory has no kernelslist.g", "give a kernel list or a .traceg file");
    std::sort(lists.begin(), lists.end());
    if (lists.size() > 1)
        fail_at(directory.string(), 0, 0, fmt::format("the directory has {} kernel lists", lists.size()),
                fmt::format("give one of them, e.g. {}", lists[0].string()));
    return lists[0];
}

void hash_file(XXH3_state_t* state, const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    if (!file || error) fail_at(path.string(), 0, 0, "cannot be read");
    XXH3_128bits_update(state, &size, sizeof size);
    std::vector<char> bytes(static_cast<std::size_t>(size <= kWholeFile ? size : kEndBytes));
    const auto take = [&] {
        file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        XXH3_128bits_update(state, bytes.data(), static_cast<std::size_t>(file.gcount()));
    };
    take();
    if (size <= kWholeFile) return;
    file.seekg(static_cast<std::streamoff>(size - kEndBytes));
    take();
}

} // namespace

std::vector<AccelSimCommand> read_kernel_list(const fs::path& list, AccelSimFindings& findings) {
    std::vector<Diagnostic> errors;
    std::vector<AccelSimCommand> commands;
    LineReader lines(open_bytes(list), list.string());
    bool any_kernel = false;
    std::string_view raw;
    while (lines.next(raw)) {
        const std::string_view line = trimmed(raw);
        const auto error = [&](std::string what, std::string hint) {
            errors.push_back({list.string(), lines.line_number(), 1, std::move(what), std::move(hint)});
        };
        if (line.empty() || line.starts_with('#')) continue;
        if (line.find('\0') != std::string_view::npos) {
            error("not text", "is this a kernel list?");
            break;
        }
        if (line.starts_with("MemcpyHtoD")) {
            if (auto copy = parse_copy(line)) commands.push_back(*std::move(copy));
            else error("a copy needs an address and a number of bytes", "e.g. MemcpyHtoD,0x00007fb0fc400000,200000");
        } else if (line.starts_with("kernel")) {
            any_kernel = true;
            AccelSimCommand launch;
            launch.trace = list.parent_path() / fs::path(line);
            if (Diagnostic finding = check_compression(launch.trace); !finding.what.empty())
                error(fmt::format("{}: {}", finding.file, finding.what), std::move(finding.hint));
            commands.push_back(std::move(launch));
        } else {
            ++findings.unmodelled[fmt::format("line of a kernel list: {}", line.substr(0, std::min<std::size_t>(line.find(','), 40)))];
        }
    }
    if (!any_kernel && errors.empty())
        errors.push_back({list.string(), 0, 0, "the list names no kernel", "lines of kernels begin with \"kernel\""});
    if (!errors.empty()) throw UserError(std::move(errors));
    return commands;
}

std::string accelsim_digest(const fs::path& list, const std::vector<AccelSimCommand>& commands) {
    const std::unique_ptr<XXH3_state_t, void (*)(XXH3_state_t*)> state(XXH3_createState(), [](XXH3_state_t* s) { XXH3_freeState(s); });
    XXH3_128bits_reset(state.get());
    if (!list.empty()) hash_file(state.get(), list);
    for (const AccelSimCommand& command : commands)
        if (command.kind == Command::Kind::Launch) hash_file(state.get(), command.trace);
    const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::unique_ptr<Workload> open_accelsim(const fs::path& path, const TraceOptions& options) {
    auto findings = std::make_shared<AccelSimFindings>();
    findings->strict = options.strict;
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) fail_at(path.string(), 0, 0, "no such file or directory");
    fs::path list;
    if (fs::is_directory(status)) list = list_in(path);
    else if (path.filename().string().starts_with("kernelslist")) list = path;
    if (!list.empty()) {
        auto commands = read_kernel_list(list, *findings);
        return std::make_unique<AccelSimWorkload>(path, std::move(list), std::move(commands), std::move(findings));
    }
    if (Diagnostic finding = check_compression(path); !finding.what.empty()) throw UserError(std::move(finding));
    std::vector<AccelSimCommand> commands(1);
    commands[0].trace = path;
    return std::make_unique<AccelSimWorkload>(path, fs::path{}, std::move(commands), std::move(findings));
}

} // namespace heddle
