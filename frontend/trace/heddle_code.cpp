// The Code section: rows of the instruction table, each field of StaticInstruction once.
#include "frontend/trace/heddle_records.hpp"

#include <boost/container/flat_map.hpp>

namespace heddle::trace {
namespace {

// Each field below is written by encode_row() and read by decode_row(). A new field changes the size: extend both, the
// description in traces/FORMAT.md, and kVersion.
#if defined(__GLIBCXX__) && defined(__x86_64__)
static_assert(sizeof(StaticInstruction) == 160, "StaticInstruction has changed: see above");
#endif

enum RowFlag : std::uint16_t {
    kUniformAddress = 1,
    kBypassL1 = 2,
    kKnown = 4,
    kSparse = 8,
    kF32Accumulate = 16,
    kReadsGiven = 32,   // `reads` is not the union of the sources: 32 bytes follow
    kWritesGiven = 64,  // the same for `writes` and the destinations
    kControlGiven = 128 // control bits are not the default: 6 bytes follow
};

template <std::size_t n> RegisterSet united(const std::array<RegisterRange, n>& ranges, unsigned count) {
    RegisterSet set;
    for (unsigned i = 0; i < count && i < n; ++i) set.add(ranges[i]);
    return set;
}

void encode_row(ByteWriter& out, const StaticInstruction& row, std::uint32_t expected_pc, std::uint64_t text) {
    const bool reads_given = row.reads != united(row.sources, row.source_count);
    const bool writes_given = row.writes != united(row.destinations, row.destination_count);
    const bool control_given = row.control != ControlBits{};
    out.difference(std::int64_t{row.pc} - std::int64_t{expected_pc});
    out.number(text);
    out.number(unsigned{row.uniform_address} * kUniformAddress | unsigned{row.bypass_l1} * kBypassL1 | unsigned{row.known} * kKnown |
               unsigned{row.mma.sparse} * kSparse | unsigned{row.mma.f32_accumulate} * kF32Accumulate |
               unsigned{reads_given} * kReadsGiven | unsigned{writes_given} * kWritesGiven | unsigned{control_given} * kControlGiven);
    out.u8(static_cast<std::uint8_t>(row.pipe));
    out.u8(static_cast<std::uint8_t>(row.latency_class));
    out.u8(static_cast<std::uint8_t>(row.behaviour));
    out.u8(static_cast<std::uint8_t>(row.space));
    out.u8(row.access_bytes);
    out.u8(row.source_count);
    for (const RegisterRange& r : row.sources) out.u8(r.first), out.u8(r.count);
    out.u8(row.destination_count);
    for (const RegisterRange& r : row.destinations) out.u8(r.first), out.u8(r.count);
    if (reads_given) out.bytes(row.reads.words.data(), 32);
    if (writes_given) out.bytes(row.writes.words.data(), 32);
    if (control_given) {
        const ControlBits& c = row.control;
        for (const std::uint8_t v : {c.stall, static_cast<std::uint8_t>(c.yield), c.write_counter, c.read_counter, c.wait_mask, c.reuse})
            out.u8(v);
    }
    for (const std::uint16_t v : {row.mma.m, row.mma.n, row.mma.k}) out.number(v);
    out.u8(static_cast<std::uint8_t>(row.mma.type));
    out.u8(static_cast<std::uint8_t>(row.barrier_action));
    out.u8(row.barrier);
    out.number(row.barrier_threads);
    out.difference(row.immediate);
    out.u8(row.flops_per_lane);
}

template <class E> E decode_enum(ByteReader& in, E last, const char* what) {
    const std::uint8_t v = in.u8();
    if (v > static_cast<std::uint8_t>(last)) in.fail(fmt::format("{} {} does not exist", what, v));
    return static_cast<E>(v);
}

template <std::size_t n> std::uint8_t decode_ranges(ByteReader& in, std::array<RegisterRange, n>& ranges) {
    const std::uint8_t count = in.u8();
    in.expect(count <= n, "too many operands");
    for (RegisterRange& r : ranges) {
        r.first = in.u8(), r.count = in.u8();
        in.expect(r.count == 0 || unsigned{r.first} + r.count <= 255, "an operand names registers beyond R254");
    }
    return count;
}

RegisterSet decode_set(ByteReader& in) {
    RegisterSet set;
    std::memcpy(set.words.data(), in.take(32), 32);
    return set;
}

ControlBits decode_control(ByteReader& in) {
    ControlBits c;
    c.stall = in.u8();
    c.yield = in.u8() != 0;
    c.write_counter = in.u8(), c.read_counter = in.u8(), c.wait_mask = in.u8(), c.reuse = in.u8();
    in.expect(c.stall <= 15 && c.write_counter <= 7 && c.read_counter <= 7 && c.wait_mask <= 63 && c.reuse <= 15,
              "control bits out of range");
    return c;
}

StaticInstruction decode_row(ByteReader& in, std::uint32_t expected_pc, std::span<const std::string> texts) {
    StaticInstruction row;
    const std::int64_t step = in.difference();
    in.expect(step >= -std::int64_t{expected_pc} && step <= std::int64_t{0xffffffff} - expected_pc, "the pc is out of range");
    row.pc = static_cast<std::uint32_t>(expected_pc + step);
    const std::uint64_t text = in.number();
    in.expect(text < texts.size(), "an opcode is not in the list of opcodes");
    row.text = texts[text];
    const std::uint64_t flags = in.number(0xff, "the row's flags");
    row.uniform_address = flags & kUniformAddress;
    row.bypass_l1 = flags & kBypassL1;
    row.known = flags & kKnown;
    row.mma.sparse = flags & kSparse;
    row.mma.f32_accumulate = flags & kF32Accumulate;
    row.pipe = decode_enum(in, static_cast<Pipe>(kPipes - 1), "pipe");
    row.latency_class = decode_enum(in, static_cast<LatencyClass>(kLatencyClasses - 1), "latency class");
    row.behaviour = decode_enum(in, Behaviour::Nop, "behaviour");
    row.space = decode_enum(in, Space::DistributedShared, "address space");
    row.access_bytes = in.u8();
    row.source_count = decode_ranges(in, row.sources);
    row.destination_count = decode_ranges(in, row.destinations);
    row.reads = flags & kReadsGiven ? decode_set(in) : united(row.sources, row.source_count);
    row.writes = flags & kWritesGiven ? decode_set(in) : united(row.destinations, row.destination_count);
    if (flags & kControlGiven) row.control = decode_control(in);
    for (std::uint16_t* v : {&row.mma.m, &row.mma.n, &row.mma.k}) *v = static_cast<std::uint16_t>(in.number(0xffff, "an MMA extent"));
    row.mma.type = decode_enum(in, MmaType::E5M2, "MMA type");
    row.barrier_action = decode_enum(in, BarrierAction::Reduce, "barrier action");
    row.barrier = in.u8();
    in.expect(row.barrier <= 15, "the barrier's number is above 15");
    row.barrier_threads = static_cast<std::uint16_t>(in.number(0xffff, "the barrier's thread count"));
    const std::int64_t immediate = in.difference();
    in.expect(immediate == static_cast<std::int32_t>(immediate), "the immediate has more than 32 bits");
    row.immediate = static_cast<std::int32_t>(immediate);
    row.flops_per_lane = in.u8();
    return row;
}

} // namespace

bool expects_address(const StaticInstruction& row) {
    switch (row.behaviour) {
    case Behaviour::Load:
    case Behaviour::Store:
    case Behaviour::Atomic:
    case Behaviour::Reduction:
    case Behaviour::AsyncCopy:
    case Behaviour::MatrixLoad:
    case Behaviour::MatrixStore:
    case Behaviour::BulkCopy: return row.space != Space::None && row.space != Space::Constant;
    default: return false;
    }
}

Blob encode_code(const KernelCode& code) {
    Blob blob;
    ByteWriter out(blob);
    out.u8(static_cast<std::uint8_t>(unsigned{code.has_control_bits} | unsigned{code.has_predicate_registers} << 1));
    boost::container::flat_map<std::string_view, std::uint64_t> texts; // opcode -> position of first use
    std::vector<std::string_view> order;
    for (const StaticInstruction& row : code.instructions)
        if (texts.emplace(row.text, order.size()).second) order.push_back(row.text);
    out.number(order.size());
    for (const std::string_view text : order) out.text(text);
    HEDDLE_EXPECT(code.instructions.size() <= kMaxRows, "{} instruction rows", code.instructions.size());
    out.number(code.instructions.size());
    std::uint32_t expected_pc = 0, index = 0;
    for (const StaticInstruction& row : code.instructions) {
        HEDDLE_EXPECT(row.index == index, "row {} of the instruction table says it is row {}", index, row.index);
        ++index;
        encode_row(out, row, expected_pc, texts.at(row.text));
        expected_pc = row.pc + 16;
    }
    return blob;
}

KernelCode decode_code(ByteReader& in) {
    KernelCode code;
    const std::uint8_t flags = in.u8();
    in.expect(flags <= 3, "unknown flags");
    code.has_control_bits = flags & 1;
    code.has_predicate_registers = flags & 2;
    std::vector<std::string> texts(in.count(kMaxTexts, "the number of opcodes"));
    for (std::string& text : texts) text = in.text();
    const std::uint64_t rows = in.number(std::min<std::uint64_t>(kMaxRows, in.left() / 28), "the number of rows");
    std::uint32_t expected_pc = 0;
    for (std::uint64_t i = 0; i < rows; ++i) {
        code.instructions.push_back(decode_row(in, expected_pc, texts));
        code.instructions.back().index = static_cast<std::uint32_t>(i);
        expected_pc = code.instructions.back().pc + 16;
    }
    in.expect_end();
    return code;
}

} // namespace heddle::trace
