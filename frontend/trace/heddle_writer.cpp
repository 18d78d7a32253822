#include "frontend/trace/heddle_writer.hpp"

#include "frontend/trace/heddle_frame.hpp"
#include "frontend/trace/heddle_records.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

namespace heddle {

using namespace trace;

namespace {

constexpr std::uint32_t kTurn = 1024; // instructions taken from a warp before the next one has its turn

// A file being written; every failure is a UserError with the reason of the system.
class Output {
  public:
    explicit Output(std::string path) : path_(std::move(path)), partial_(path_ + ".partial"), file_(std::fopen(partial_.c_str(), "wb")) {
        if (!file_) fail("cannot create");
    }
    ~Output() {
        if (file_) std::fclose(file_), std::remove(partial_.c_str());
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    std::uint64_t offset() const { return offset_; }
    void write(View bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot write");
        offset_ += bytes.size();
    }
    // Puts `header` at the beginning, closes the file and gives it its name.
    void close(View header) {
        if (std::fseek(file_, 0, SEEK_SET) != 0 || std::fwrite(header.data(), 1, header.size(), file_) != header.size())
            fail("cannot write");
        if (std::fclose(std::exchange(file_, nullptr)) != 0) {
            std::remove(partial_.c_str());
            fail("cannot write");
        }
        if (std::rename(partial_.c_str(), path_.c_str()) != 0) fail("cannot rename to");
    }

  private:
    [[noreturn]] void fail(const char* what) const { fail_at(path_, 0, 0, fmt::format("{} this file: {}", what, std::strerror(errno))); }
    std::string path_, partial_;
    std::FILE* file_;
    std::uint64_t offset_ = 0;
};

} // namespace

struct HeddleTraceWriter::State {
    State(std::string file, HeddleWriteOptions o) : options(o), path(std::move(file)), output(path) {
        options.compression_level = std::clamp(options.compression_level, 1, 19);
        options.frame_warps = std::clamp<std::uint32_t>(options.frame_warps, 1, 1 << 15);
        options.frame_bytes = std::clamp<std::uint32_t>(options.frame_bytes, 1 << 10, 1 << 20);
        options.piece_bytes = std::clamp<std::uint32_t>(options.piece_bytes, 1 << 10, 1 << 20);
        output.write(Blob(kHeaderBytes));
    }

    struct OpenKernel {
        explicit OpenKernel(const KernelLaunch& launch, const KernelCode& source) : code(source), frame(launch.warps_per_cta(), rows) {
            command.launch = launch;
        }
        CommandRecord command;
        const KernelCode& code;
        RowTable rows;
        FrameBuilder frame;
        CtaIndex index;
        std::uint64_t frame_instructions = 0; // of the frame being built
        std::uint32_t frame_ctas = 0;         // that begin in it

        std::uint32_t row(const StaticInstruction& instruction) {
            while (rows.rows() <= instruction.index && rows.rows() < code.instructions.size()) rows.append(code.instructions[rows.rows()]);
            HEDDLE_EXPECT(instruction.index < rows.rows() && &code.instructions[instruction.index] == &instruction,
                          "an instruction (row {}) is not in the kernel's table", instruction.index);
            if (index.row_counts.size() < rows.rows()) index.row_counts.resize(rows.rows());
            return instruction.index;
        }
    };
    // What is left of a warp's current chunk.
    struct Source {
        WarpStream* stream = nullptr;
        InstructionChunk chunk;
        std::size_t at = 0;
        std::uint64_t in_frame = 0; // instructions added to the frame being built
        bool ended = false;
    };

    std::uint64_t add_section(SectionKind kind, const Blob& raw);
    void close_frame(bool continued);
    void take_turn(Source& source, std::uint32_t warp);

    HeddleWriteOptions options;
    const std::string path;
    Output output;
    std::vector<Section> sections;
    std::map<std::pair<SectionKind, Blob>, std::uint64_t> known_sections; // code tables, which launches share
    std::vector<CommandRecord> commands;
    std::optional<OpenKernel> kernel;
};

std::uint64_t HeddleTraceWriter::State::add_section(SectionKind kind, const Blob& raw) {
    HEDDLE_EXPECT(raw.size() <= kMaxSectionBytes && sections.size() < kMaxSections, "the {} take {} bytes", name(kind), raw.size());
    const Blob stored = compress(raw, options.compression_level);
    sections.push_back({kind, output.offset(), stored.size(), raw.size(), checksum(raw)});
    output.write(stored);
    return sections.size() - 1;
}

void HeddleTraceWriter::State::close_frame(bool continued) {
    OpenKernel& k = *kernel;
    if (k.frame.warps() == 0) return;
    const Blob raw = k.frame.encode();
    HEDDLE_EXPECT(raw.size() <= kMaxFrameBytes, "a frame of {} bytes", raw.size());
    const Blob stored = compress(raw, options.compression_level);
    FrameRecord& record = k.index.frames.emplace_back();
    record.offset = output.offset();
    record.stored = stored.size();
    record.raw = raw.size();
    record.checksum = checksum(raw);
    record.warp_instructions = std::exchange(k.frame_instructions, 0);
    record.ctas = std::exchange(k.frame_ctas, 0);
    record.continued = continued;
    output.write(stored);
}

void HeddleTraceWriter::State::take_turn(Source& source, std::uint32_t warp) {
    OpenKernel& k = *kernel;
    for (std::uint32_t turn = 0; turn < kTurn; ++turn) {
        if (source.at == source.chunk.instructions.size()) {
            source.chunk = source.stream->next_chunk();
            source.at = 0;
            if (source.chunk.instructions.empty()) {
                source.ended = true;
                return;
            }
        }
        const DynamicInstruction& d = source.chunk.instructions[source.at++];
        const std::uint32_t row = k.row(*d.code);
        const AddressPattern* pattern = nullptr;
        std::span<const Address> list;
        if (d.address != kNoAddress) {
            pattern = &source.chunk.patterns[d.address];
            if (pattern->kind == AddressPattern::Kind::List)
                list = source.chunk.list.subspan(pattern->first, static_cast<std::size_t>(std::popcount(d.active_mask)));
        }
        k.frame.add(warp, row, d.active_mask, pattern, list);
        ++k.index.row_counts[row];
        ++k.frame_instructions;
        ++source.in_frame;
        k.command.thread_instructions += static_cast<std::uint64_t>(std::popcount(d.active_mask));
    }
}

HeddleTraceWriter::HeddleTraceWriter(std::string path, HeddleWriteOptions options)
    : state_(std::make_unique<State>(std::move(path), options)) {}
HeddleTraceWriter::~HeddleTraceWriter() = default;

void HeddleTraceWriter::add_copy(Address destination, Bytes bytes) {
    CommandRecord copy;
    copy.kind = Command::Kind::CopyToDevice;
    copy.address = destination;
    copy.bytes = bytes;
    state_->commands.push_back(std::move(copy));
}

void HeddleTraceWriter::begin_kernel(const KernelLaunch& launch, const KernelCode& code) {
    HEDDLE_EXPECT(!state_->kernel, "a kernel is already open");
    if (launch.warps_per_cta() < 1 || launch.warps_per_cta() > kMaxWarps || launch.grid.volume() == 0 || launch.cluster.volume() == 0)
        fail_at(state_->path, 0, 0,
                fmt::format("kernel {}: the format holds CTAs of 1 to {} warps, and no empty extents", launch.name, kMaxWarps));
    state_->kernel.emplace(launch, code);
}

void HeddleTraceWriter::add_cta(CtaInstructions& cta) {
    HEDDLE_EXPECT(state_->kernel, "no kernel is open");
    State::OpenKernel& k = *state_->kernel;
    const Dim3& grid = k.command.launch.grid;
    HEDDLE_EXPECT(cta.warps.size() == k.command.launch.warps_per_cta(), "a CTA of {} warps", cta.warps.size());
    if (cta.index.x >= grid.x || cta.index.y >= grid.y || cta.index.z >= grid.z)
        fail_at(state_->path, 0, 0,
                fmt::format("CTA {},{},{} of kernel {} lies outside of its grid", cta.index.x, cta.index.y, cta.index.z,
                            k.command.launch.name));
    CtaRecord record;
    record.linear = cta.index.x + std::uint64_t{grid.x} * (cta.index.y + std::uint64_t{grid.y} * cta.index.z);
    const std::size_t first_frame = k.index.frames.size();
    const std::uint64_t before = k.frame_instructions;

    std::vector<State::Source> sources(cta.warps.size());
    for (std::size_t i = 0; i < sources.size(); ++i) sources[i].stream = cta.warps[i].get();
    k.frame.begin_cta();
    ++k.frame_ctas;
    for (bool any = true; any;) {
        any = false;
        bool cut = k.frame.bytes() > state_->options.piece_bytes;
        for (const State::Source& source : sources) cut = cut || source.in_frame + kTurn > kMaxPathInstructions;
        if (cut) {
            record.warp_instructions += k.frame_instructions;
            k.frame.end_cta();
            state_->close_frame(true);
            k.frame.begin_cta();
            for (State::Source& source : sources) source.in_frame = 0;
        }
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if (sources[i].ended) continue;
            state_->take_turn(sources[i], static_cast<std::uint32_t>(i));
            any = any || !sources[i].ended;
        }
    }
    k.frame.end_cta();
    record.warp_instructions += k.frame_instructions;
    record.warp_instructions -= before; // of the CTAs that shared the first frame
    k.index.ctas.push_back(record);
    const bool cut = k.index.frames.size() > first_frame;
    if (cut || k.frame.warps() >= state_->options.frame_warps || k.frame.bytes() >= state_->options.frame_bytes) state_->close_frame(false);
}

void HeddleTraceWriter::end_kernel() {
    HEDDLE_EXPECT(state_->kernel, "no kernel is open");
    State::OpenKernel& k = *state_->kernel;
    state_->close_frame(false);
    HEDDLE_EXPECT(k.index.ctas.size() <= kMaxCtas, "{} CTAs", k.index.ctas.size());
    k.index.row_counts.resize(k.code.instructions.size());
    for (const std::uint64_t n : k.index.row_counts) k.command.warp_instructions += n;
    const auto shared = [&](SectionKind kind, Blob raw) {
        const auto at = state_->known_sections.find({kind, raw});
        if (at != state_->known_sections.end()) return at->second;
        const std::uint64_t number = state_->add_section(kind, raw);
        state_->known_sections.emplace(std::pair{kind, std::move(raw)}, number);
        return number;
    };
    k.command.code_section = shared(SectionKind::Code, encode_code(k.code));
    k.command.cta_section = state_->add_section(SectionKind::Ctas, encode_ctas(k.index));
    k.command.place_section = state_->add_section(SectionKind::Places, encode_places(k.index));
    state_->commands.push_back(std::move(k.command));
    state_->kernel.reset();
}

void HeddleTraceWriter::finish(const FrontendNotes& notes) {
    State& s = *state_;
    HEDDLE_EXPECT(!s.kernel, "a kernel is still open");
    HEDDLE_EXPECT(s.commands.size() <= kMaxCommands, "{} commands", s.commands.size());
    s.add_section(SectionKind::Notes, encode_notes(notes));
    s.add_section(SectionKind::Commands, encode_commands(s.commands));
    Header header;
    header.table_offset = s.output.offset();
    header.sections = s.sections.size();
    const Blob table = encode_sections(s.sections);
    header.table_checksum = checksum(table);
    s.output.write(table);
    header.file_bytes = s.output.offset();
    header.commands = s.commands.size();
    for (const CommandRecord& c : s.commands) {
        header.launches += c.kind == Command::Kind::Launch;
        header.warp_instructions += c.warp_instructions;
        header.thread_instructions += c.thread_instructions;
    }
    header.digest = content_digest(s.sections);
    s.output.close(encode_header(header));
}

void write_heddle_trace(Workload& workload, const std::string& path, HeddleWriteOptions options) {
    HeddleTraceWriter writer(path, options);
    while (std::optional<Command> command = workload.next_command()) {
        if (command->kind == Command::Kind::Synchronize) continue; // an order that the commands keep anyway
        if (command->kind == Command::Kind::CopyToDevice) {
            writer.add_copy(command->address, command->bytes);
            continue;
        }
        Kernel& kernel = *command->kernel;
        writer.begin_kernel(kernel.launch(), kernel.code());
        while (std::optional<CtaInstructions> cta = kernel.next_cta()) writer.add_cta(*cta);
        writer.end_kernel();
    }
    writer.finish(workload.notes());
}

} // namespace heddle
