#include "frontend/trace/heddle_records.hpp"

#include <boost/container/flat_map.hpp>

namespace heddle::trace {
namespace {

// Each field is written and read below; a new one needs both, traces/FORMAT.md, and a new kVersion.
#if defined(__GLIBCXX__) && defined(__x86_64__)
static_assert(sizeof(KernelLaunch) == 104, "KernelLaunch has changed: see above");
#endif

constexpr std::uint64_t kMaxGrid = 1ULL << 40;
constexpr std::uint64_t kMaxCounter = 1ULL << 56; // so that sums do not overflow

Dim3 decode_dim(ByteReader& in, std::uint64_t most, const char* what) {
    std::uint32_t extent[3];
    for (std::uint32_t& e : extent) {
        e = static_cast<std::uint32_t>(in.number(0xffffffff, what));
        if (e == 0) in.fail(fmt::format("{} is 0", what));
    }
    // x * y fits into 64 bits; the last factor is checked by division.
    const std::uint64_t xy = std::uint64_t{extent[0]} * extent[1];
    if (xy > most || extent[2] > most / xy)
        in.fail(fmt::format("{} ({},{},{}) is more than {}", what, extent[0], extent[1], extent[2], most));
    return {extent[0], extent[1], extent[2]};
}

void encode_dim(ByteWriter& out, const Dim3& d) { out.number(d.x), out.number(d.y), out.number(d.z); }

void decode_launch(ByteReader& in, CommandRecord& record, std::span<const std::string> names) {
    KernelLaunch& launch = record.launch;
    const std::uint64_t name = in.number();
    in.expect(name < names.size(), "a kernel name is not in the list of names");
    launch.name = names[name];
    launch.id = in.number();
    launch.grid = decode_dim(in, kMaxGrid, "the grid");
    launch.block = decode_dim(in, kMaxWarps * kLanes, "the block");
    launch.cluster = decode_dim(in, 1 << 16, "the cluster");
    launch.registers_per_thread = static_cast<std::uint32_t>(in.number(0xffffffff, "registers per thread"));
    launch.shared_bytes = in.number();
    launch.stream = in.number();
    launch.architecture = static_cast<unsigned>(in.number(0xffffffff, "the architecture"));
    for (std::uint64_t* section : {&record.code_section, &record.cta_section, &record.place_section})
        *section = in.number(kMaxSections, "a section's number");
    record.warp_instructions = in.number(kMaxCounter, "the number of warp instructions");
    record.thread_instructions = in.number(kMaxCounter * kLanes, "the number of thread instructions");
}

void encode_counts(ByteWriter& out, std::span<const FrontendNotes::Count> counts) {
    out.number(counts.size());
    for (const auto& c : counts) out.text(c.what), out.number(c.count);
}

std::vector<FrontendNotes::Count> decode_counts(ByteReader& in) {
    std::vector<FrontendNotes::Count> counts;
    for (std::uint64_t left = in.count(kMaxTexts, "the number of notes"); left > 0; --left) {
        std::string what = in.text();
        counts.push_back({std::move(what), in.number()});
    }
    return counts;
}

} // namespace

Blob encode_commands(std::span<const CommandRecord> commands) {
    Blob blob;
    ByteWriter out(blob);
    boost::container::flat_map<std::string_view, std::uint64_t> names;
    std::vector<std::string_view> order;
    for (const CommandRecord& c : commands)
        if (c.kind == Command::Kind::Launch && names.emplace(c.launch.name, order.size()).second) order.push_back(c.launch.name);
    out.number(order.size());
    for (const std::string_view name : order) out.text(name);
    out.number(commands.size());
    for (const CommandRecord& c : commands) {
        out.u8(c.kind == Command::Kind::CopyToDevice ? 0 : 1);
        if (c.kind == Command::Kind::CopyToDevice) {
            out.number(c.address), out.number(c.bytes);
            continue;
        }
        out.number(names.at(c.launch.name));
        out.number(c.launch.id);
        for (const Dim3& d : {c.launch.grid, c.launch.block, c.launch.cluster}) encode_dim(out, d);
        for (const std::uint64_t v :
             {std::uint64_t{c.launch.registers_per_thread}, c.launch.shared_bytes, c.launch.stream, std::uint64_t{c.launch.architecture},
              c.code_section, c.cta_section, c.place_section, c.warp_instructions, c.thread_instructions})
            out.number(v);
    }
    return blob;
}

CommandTable::CommandTable(Blob payload, const std::string& file, const std::string& place)
    : payload_(std::move(payload)), file_(file), place_(place) {
    ByteReader in(content(payload_), file_, place_);
    names_.resize(in.count(kMaxTexts, "the number of kernel names"));
    for (std::string& name : names_) name = in.text();
    offsets_.resize(in.count(kMaxCommands, "the number of commands"));
    for (std::uint32_t& offset : offsets_) {
        offset = static_cast<std::uint32_t>(in.offset());
        decode(in);
    }
    in.expect_end();
}

CommandRecord CommandTable::operator[](std::uint64_t command) const {
    ByteReader in(content(payload_), file_, place_);
    in.take(offsets_.at(command));
    return decode(in);
}

CommandRecord CommandTable::decode(ByteReader& in) const {
    CommandRecord record;
    const std::uint8_t kind = in.u8();
    in.expect(kind <= 1, "unknown kind of command");
    record.kind = kind == 0 ? Command::Kind::CopyToDevice : Command::Kind::Launch;
    if (kind == 1) decode_launch(in, record, names_);
    else record.address = in.number(), record.bytes = in.number();
    return record;
}

Blob encode_notes(const FrontendNotes& notes) {
    Blob blob;
    ByteWriter out(blob);
    encode_counts(out, notes.unmodelled);
    encode_counts(out, notes.anomalies);
    out.number(notes.assumptions.size());
    for (const std::string& sentence : notes.assumptions) out.text(sentence);
    return blob;
}

FrontendNotes decode_notes(ByteReader& in) {
    FrontendNotes notes;
    notes.unmodelled = decode_counts(in);
    notes.anomalies = decode_counts(in);
    for (std::uint64_t left = in.count(kMaxTexts, "the number of notes"); left > 0; --left) notes.assumptions.push_back(in.text());
    in.expect_end();
    return notes;
}

Blob encode_ctas(const CtaIndex& index) {
    Blob blob;
    ByteWriter out(blob);
    out.number(index.row_counts.size());
    for (const std::uint64_t n : index.row_counts) out.number(n);
    out.number(index.frames.size());
    for (const FrameRecord& f : index.frames) {
        out.number(f.ctas << 1 | unsigned{f.continued});
        out.number(f.raw);
        out.u64(f.checksum);
        out.number(f.warp_instructions);
    }
    std::uint64_t expected = 0, instructions = 0;
    for (const CtaRecord& c : index.ctas) {
        out.difference(static_cast<std::int64_t>(c.linear - expected));
        out.difference(static_cast<std::int64_t>(c.warp_instructions - instructions));
        expected = c.linear + 1, instructions = c.warp_instructions;
    }
    return blob;
}

Blob encode_places(const CtaIndex& index) {
    Blob blob;
    ByteWriter out(blob);
    out.number(index.frames.empty() ? kHeaderBytes : index.frames.front().offset);
    for (const FrameRecord& f : index.frames) out.number(f.stored);
    return blob;
}

CtaIndex decode_ctas(ByteReader& in, ByteReader& places, const CommandRecord& command, std::uint64_t file_bytes) {
    CtaIndex index;
    index.row_counts.resize(in.count(kMaxRows, "the number of rows"));
    std::uint64_t sum = 0;
    for (std::uint64_t& n : index.row_counts) sum += n = in.number(command.warp_instructions - sum, "the executions of a row");
    in.expect(sum == command.warp_instructions, "the executions of all rows are not the kernel's instructions");

    index.frames.resize(in.number(in.left() / 11, "the number of frames"));
    std::uint64_t offset = places.number();
    std::uint64_t ctas = 0;
    sum = 0;
    bool open = false; // a CTA is continued
    for (FrameRecord& f : index.frames) {
        const std::uint64_t begun = in.number(std::uint64_t{kMaxFrameCtas} << 1 | 1, "the number of CTAs of a frame");
        f.first_cta = static_cast<std::uint32_t>(ctas);
        f.ctas = static_cast<std::uint32_t>(begun >> 1);
        f.continued = begun & 1;
        in.expect(f.ctas > 0 || open, "a frame of no CTA");
        in.expect(!open || f.ctas == 0, "a CTA's last piece shares its frame");
        open = f.continued;
        ctas += f.ctas;
        in.expect(ctas <= kMaxCtas, "too many CTAs");
        f.raw = in.number(kMaxFrameBytes, "the size of a frame");
        f.checksum = in.u64();
        f.warp_instructions = in.number(command.warp_instructions - sum, "the instructions of a frame");
        sum += f.warp_instructions;
        f.offset = offset;
        f.stored = places.number();
        places.expect(offset >= kHeaderBytes && offset <= file_bytes && f.stored <= file_bytes - offset,
                      "a frame lies outside of the file");
        offset += f.stored;
    }
    places.expect_end();
    in.expect(!open, "the last CTA's end is missing");
    in.expect(sum == command.warp_instructions, "the frames' instructions are not the kernel's instructions");

    in.expect(ctas <= in.left() / 2, "the CTA index is too short");
    index.ctas.resize(ctas);
    const std::uint64_t volume = command.launch.grid.volume();
    std::uint64_t expected = 0, instructions = 0, in_frames = 0, in_ctas = 0;
    for (std::uint32_t frame = 0; frame < index.frames.size(); ++frame) {
        const FrameRecord& f = index.frames[frame];
        in_frames += f.warp_instructions;
        for (std::uint32_t i = 0; i < f.ctas; ++i) {
            CtaRecord& c = index.ctas[f.first_cta + i];
            c.frame = frame;
            c.linear = expected + static_cast<std::uint64_t>(in.difference());
            in.expect(c.linear < volume, "a CTA lies outside of the grid");
            c.warp_instructions = instructions + static_cast<std::uint64_t>(in.difference());
            in.expect(c.warp_instructions <= command.warp_instructions, "a CTA has more instructions than the kernel");
            in_ctas += c.warp_instructions;
            expected = c.linear + 1, instructions = c.warp_instructions;
        }
        in.expect(f.continued || in_ctas == in_frames, "a frame's instructions are not those of its CTAs");
    }
    in.expect_end();
    return index;
}

Dim3 cta_position(std::uint64_t linear, const Dim3& grid) {
    const std::uint64_t row = linear / grid.x;
    return {static_cast<std::uint32_t>(linear % grid.x), static_cast<std::uint32_t>(row % grid.y),
            static_cast<std::uint32_t>(row / grid.y)};
}

} // namespace heddle::trace
