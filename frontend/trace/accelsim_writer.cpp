#include "frontend/trace/accelsim_writer.hpp"

#include "frontend/isa/decode.hpp"
#include "sim/base/error.hpp"

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <utility>

namespace heddle {
namespace {

// Windows far from any address of a real program. Offsets beyond their size are written as they are.
constexpr Address kSharedBase = 0x00ff'0000'0000'0000, kLocalBase = 0x00fe'0000'0000'0000;
constexpr Bytes kWindow = 16 * kMiB;
constexpr unsigned kMostSources = 4; // of one line

class TextFile {
  public:
    explicit TextFile(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wxb")) {
        if (!file_) fail("cannot create");
    }
    ~TextFile() {
        if (file_) std::fclose(file_);
    }
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    void write(const fmt::memory_buffer& text) {
        if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("cannot write");
    }
    template <class... A> void print(fmt::format_string<A...> format, A&&... values) {
        fmt::memory_buffer text;
        fmt::format_to(std::back_inserter(text), format, std::forward<A>(values)...);
        write(text);
    }
    void close() {
        if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot write");
    }

  private:
    [[noreturn]] void fail(const char* what) const { fail_at(path_, 0, 0, fmt::format("{} this file: {}", what, std::strerror(errno))); }
    std::string path_;
    std::FILE* file_;
};

using Names = std::vector<std::uint16_t>;

bool same_operands(const StaticInstruction& a, const StaticInstruction& b) {
    const auto same = [](const auto& x, const auto& y) {
        return std::equal(x.begin(), x.end(), y.begin(),
                          [](RegisterRange p, RegisterRange q) { return p.first == q.first && p.count == q.count; });
    };
    return same(a.sources, b.sources) && same(a.destinations, b.destinations) && a.reads == b.reads && a.writes == b.writes &&
           a.uniform_address == b.uniform_address;
}

// The line of an instruction as far as it is the same for all executions.
struct RowText {
    std::string operands; // "1 R4 LDG.E 1 R4 "
    std::string tail;     // " 0": the immediate of version 5
    std::string width;    // of the access, " "-terminated
    bool exact = false;
};

std::string line_of(const Names& destinations, const std::string& opcode, const Names& sources) {
    std::string line = std::to_string(destinations.size());
    for (const std::uint16_t r : destinations) line += fmt::format(" R{}", r);
    line += fmt::format(" {} {}", opcode, sources.size());
    for (const std::uint16_t r : sources) line += fmt::format(" R{}", r);
    return line + ' ';
}

// Which registers to name so that a reader comes to the same operands. The tracer names RZ as well, and some results
// among the sources; the row no longer says where, so the candidates are tried, the plainest first.
RowText text_of(const StaticInstruction& row, unsigned architecture, unsigned version) {
    Names plain, results;
    for (unsigned i = 0; i < row.source_count; ++i) plain.push_back(row.sources[i].first);
    if (row.destination_count > 0) results.push_back(row.destinations[0].first);
    RowText text;
    std::optional<std::int64_t> immediate = row.immediate;
    if (row.behaviour == Behaviour::Barrier) immediate = row.barrier_threads != 0 ? row.barrier_threads : row.barrier;
    if (version >= 5) text.tail = fmt::format(" {}", *immediate);
    else immediate.reset();
    text.width = fmt::format("{} ", row.access_bytes == 0 ? 4 : row.access_bytes);
    text.operands = line_of(results, row.text, plain);
    const auto fits = [&](const Names& destinations, const Names& sources) {
        const Decoded decoded = decode(architecture, row.text, {OperandNames::Form::Trace, destinations, sources, immediate, {}});
        if (!same_operands(decoded.instruction, row)) return false;
        text.operands = line_of(destinations, row.text, sources);
        return text.exact = true;
    };
    for (const bool result_first : {false, true}) {
        if (result_first && results.empty()) continue;
        Names named = plain;
        if (result_first) named.insert(named.begin(), results[0]);
        const Names destinations = result_first ? Names{} : results;
        for (std::size_t size = named.size(); size <= std::max<std::size_t>(kMostSources, named.size()); ++size)
            for (unsigned places = 0; places < 1U << size; ++places) { // bits: where RZ stands
                if (static_cast<std::size_t>(std::popcount(places)) != size - named.size()) continue;
                Names sources;
                for (std::size_t i = 0, next = 0; i < size; ++i) sources.push_back(places >> i & 1 ? kZeroRegister : named[next++]);
                if (fits(destinations, sources)) return text;
                if (results.empty() && fits({kZeroRegister}, sources)) return text; // a result nobody keeps
            }
    }
    return text;
}

class KernelWriter {
  public:
    KernelWriter(Kernel& kernel, std::string path, unsigned version, AccelSimLosses& losses)
        : kernel_(kernel), launch_(kernel.launch()), version_(version), losses_(losses), file_(std::move(path)) {}

    void write() {
        header();
        while (std::optional<CtaInstructions> cta = kernel_.next_cta()) block(*cta);
        file_.close();
    }

  private:
    void header();
    void block(CtaInstructions& cta);
    std::uint64_t lines_of(WarpStream& stream);
    void line(const InstructionChunk& chunk, const DynamicInstruction& d);
    void addresses(const InstructionChunk& chunk, const DynamicInstruction& d);
    const RowText& row(const StaticInstruction& instruction);
    static Address in_window(Address address, Space space);

    Kernel& kernel_;
    const KernelLaunch launch_;
    unsigned version_;
    AccelSimLosses& losses_;
    TextFile file_;
    std::vector<RowText> rows_;
    fmt::memory_buffer lines_; // of one warp
};

void KernelWriter::header() {
    std::string name = launch_.name;
    for (char& c : name)
        if (static_cast<unsigned char>(c) < ' ') c = '?'; // a name is one line
    const auto dim = [](const Dim3& d) { return fmt::format("({},{},{})", d.x, d.y, d.z); };
    file_.print("-kernel name = {}\n-kernel id = {}\n-grid dim = {}\n-block dim = {}\n", name, launch_.id, dim(launch_.grid),
                dim(launch_.block));
    if (launch_.cluster != Dim3{}) file_.print("-cluster dim = {}\n", dim(launch_.cluster));
    file_.print("-shmem = {}\n-nregs = {}\n-binary version = {}\n-cuda stream id = {}\n", launch_.shared_bytes,
                launch_.registers_per_thread, launch_.architecture, launch_.stream);
    file_.print("-shmem base_addr = 0x{:016x}\n-local mem base_addr = 0x{:016x}\n", kSharedBase, kLocalBase);
    file_.print("-nvbit version = heddle\n-accelsim tracer version = {}\n", version_);
    if (version_ >= 4) file_.print("-enable lineinfo = 0\n");
    file_.print("\n#traces format = PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width [address mode] [addresses]{}\n",
                version_ >= 5 ? " immediate" : "");
}

void KernelWriter::block(CtaInstructions& cta) {
    file_.print("\n#BEGIN_TB\n\nthread block = {},{},{}\n", cta.index.x, cta.index.y, cta.index.z);
    // A block in which nobody executes anything is written without warps, as the tracer does.
    std::size_t announced = 0;
    for (std::size_t i = 0; i < cta.warps.size(); ++i) {
        lines_.clear();
        const std::uint64_t count = lines_of(*cta.warps[i]);
        if (count == 0 && announced == 0 && i + 1 < cta.warps.size()) continue;
        if (count == 0 && announced == 0) break;
        for (; announced < i; ++announced) file_.print("\nwarp = {}\ninsts = 0\n", announced);
        file_.print("\nwarp = {}\ninsts = {}\n", i, count);
        file_.write(lines_);
        announced = i + 1;
    }
    file_.print("\n#END_TB\n");
}

std::uint64_t KernelWriter::lines_of(WarpStream& stream) {
    std::uint64_t count = 0;
    while (true) {
        const InstructionChunk chunk = stream.next_chunk();
        if (chunk.instructions.empty()) return count;
        for (const DynamicInstruction& d : chunk.instructions) line(chunk, d);
        count += chunk.instructions.size();
    }
}

void KernelWriter::line(const InstructionChunk& chunk, const DynamicInstruction& d) {
    const RowText& text = row(*d.code);
    const auto to = std::back_inserter(lines_);
    fmt::format_to(to, "{:04x} {:08x} {}", d.code->pc, d.active_mask, text.operands);
    if (d.address != kNoAddress && d.active_mask != 0) {
        fmt::format_to(to, "{}", text.width);
        addresses(chunk, d);
        if (version_ >= 5) fmt::format_to(to, " 0");
    } else if (needs_addresses(*d.code) && d.active_mask == 0) {
        fmt::format_to(to, "{}1 0x0 0{}", text.width, version_ >= 5 ? " 0" : "");
    } else {
        fmt::format_to(to, "0{}", text.tail);
    }
    lines_.push_back('\n');
}

// Base and stride if the active lanes have no gaps, else the first address and differences.
void KernelWriter::addresses(const InstructionChunk& chunk, const DynamicInstruction& d) {
    const AddressPattern& pattern = chunk.patterns[d.address];
    const auto to = std::back_inserter(lines_);
    const auto first = static_cast<unsigned>(std::countr_zero(d.active_mask));
    const std::uint32_t run = d.active_mask >> first;
    const bool stride = pattern.kind == AddressPattern::Kind::Stride;
    if (stride && (run & (run + 1)) == 0) {
        fmt::format_to(to, "1 0x{:x} {}", in_window(chunk.lane_address(pattern, first, 0), d.code->space), pattern.stride);
        return;
    }
    unsigned k = 0;
    Address before = 0;
    for (std::uint32_t left = d.active_mask; left != 0; left &= left - 1, ++k) {
        const Address at = in_window(chunk.lane_address(pattern, static_cast<unsigned>(std::countr_zero(left)), k), d.code->space);
        if (k == 0) fmt::format_to(to, "2 0x{:x}", at);
        else fmt::format_to(to, " {}", static_cast<std::int64_t>(at - before));
        before = at;
    }
}

const RowText& KernelWriter::row(const StaticInstruction& instruction) {
    if (instruction.index >= rows_.size()) rows_.resize(instruction.index + 1);
    RowText& text = rows_[instruction.index];
    if (text.operands.empty()) {
        text = text_of(instruction, launch_.architecture, version_);
        if (!text.exact) {
            ++losses_.rows;
            if (losses_.example.empty()) losses_.example = instruction.text;
        }
    }
    return text;
}

Address KernelWriter::in_window(Address address, Space space) {
    if (space == Space::Local && address < kWindow) return kLocalBase + address;
    if (space == Space::Shared && address < kWindow) return kSharedBase + address;
    if (space == Space::DistributedShared && address < 16 * kWindow) return kSharedBase + address;
    return address;
}

} // namespace

AccelSimLosses write_accelsim_trace(Workload& workload, const std::string& directory, unsigned version) {
    if (version < 3 || version > 5) fail_at(directory, 0, 0, fmt::format("version {} cannot be written", version), "3, 4 and 5 can");
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) fail_at(directory, 0, 0, fmt::format("cannot create this directory: {}", error.message()));
    AccelSimLosses losses;
    TextFile list(directory + "/kernelslist.g");
    std::uint64_t launches = 0;
    while (std::optional<Command> command = workload.next_command()) {
        if (command->kind == Command::Kind::Synchronize) continue; // an order that the commands keep anyway
        if (command->kind == Command::Kind::CopyToDevice) {
            list.print("MemcpyHtoD,0x{:016x},{}\n", command->address, command->bytes);
            continue;
        }
        const std::string name = fmt::format("kernel-{}.traceg", ++launches);
        list.print("{}\n", name);
        KernelWriter(*command->kernel, directory + "/" + name, version, losses).write();
    }
    list.close();
    return losses;
}

} // namespace heddle
