#include "frontend/trace/accelsim_instructions.hpp"

#include "frontend/isa/modifiers.hpp"
#include "frontend/trace/accelsim_cursor.hpp"

#include <algorithm>
#include <bit>
#include <boost/container/static_vector.hpp>
#include <cstring>

namespace heddle {
namespace {

constexpr std::uint32_t kNearPcs = 16 << 20; // PCs below are looked up in a plain array
constexpr unsigned kMaxRowsPerPc = 1024;
constexpr unsigned kMaxDestinations = 4, kMaxSources = 16;

// The instructions whose lines have the fields of a bulk copy in version 6.
bool is_bulk_copy(std::string_view opcode) {
    const std::string_view base = base_mnemonic(opcode);
    return base == "UTMALDG" || base == "UTMASTG" || base == "UTMAREDG" || base == "UTMAPF" || base == "UBLKCP" || base == "UBLKRED" ||
           base == "UBLKPF";
}

} // namespace

InstructionReader::InstructionReader(const AccelSimHeader& header, KernelCode& code, AccelSimFindings& findings)
    : header_(header), code_(code), findings_(findings), rows_(1) {
    const Address shared = header.shared_base, local = header.local_base;
    if (shared == 0 || local == 0) {
        findings_.assumptions.insert("generic accesses of traces without window addresses go to global memory");
    } else {
        // Each window ends where the other begins. Shared windows of a cluster follow each other.
        shared_size_ = header.launch.architecture >= 90 ? 16 * kSharedWindow : kSharedWindow;
        local_size_ = kSharedWindow;
        if (shared < local) shared_size_ = std::min(shared_size_, local - shared);
        if (local < shared) local_size_ = std::min(local_size_, shared - local);
    }
}

void InstructionReader::anomaly(const char* what, const TracePlace& place, std::uint64_t column) {
    if (findings_.strict) place.fail(column, what, "this is replayed unless --strict is given");
    ++findings_.anomalies[what];
}

void InstructionReader::read(const char* at, const char* end, const char* line_start, const TracePlace& place, WarpRecord& warp) {
    Cursor cursor{at, end, line_start, place};
    if (header_.line_numbers) cursor.decimal("a source line number");
    const auto pc = static_cast<std::uint32_t>(cursor.hexadecimal("a PC", 8));
    const auto mask = static_cast<std::uint32_t>(cursor.hexadecimal("a lane mask", 8));
    cursor.skip_blanks();
    Row& row = row_at(pc, cursor);
    ++warp.lines;
    if (row.marker) [[unlikely]] {
        ++*row.unmodelled;
        return;
    }
    if (row.unmodelled) [[unlikely]]
        ++*row.unmodelled;
    if (row.anomaly) [[unlikely]]
        ++*row.anomaly;
    if (mask & (warp.exited | ~warp.existing)) [[unlikely]] {
        if (mask & warp.exited & warp.existing) anomaly("lane active after its EXIT", place);
        if (mask & ~warp.existing) anomaly("lane active that the thread block does not have", place);
    }
    if (row.exit) warp.exited |= mask;

    DynamicInstruction instruction{row.code, mask, kNoAddress};
    if (row.addresses) {
        read_addresses(cursor, mask, row, warp, instruction);
    } else if (row.bulk) [[unlikely]] {
        read_bulk(cursor, mask, warp, instruction);
    } else if (row.needs_addresses && mask != 0) [[unlikely]] {
        cursor.fail(fmt::format("the addresses of {} are missing although {} lanes are active", row.code->text, std::popcount(mask)));
    } else if (!row.whole_line) {
        read_tail(cursor, false);
    }
    warp.instructions.push_back(instruction);
}

std::uint32_t& InstructionReader::slot(std::uint32_t pc) {
    if (pc % 16 != 0 || pc >= kNearPcs) return far_slots_[pc];
    if (pc / 16 >= slots_.size()) slots_.resize(pc / 16 + 64);
    return slots_[pc / 16];
}

InstructionReader::Row& InstructionReader::row_at(std::uint32_t pc, Cursor& cursor) {
    const auto rest = static_cast<std::size_t>(cursor.end - cursor.at);
    for (std::uint32_t i = slot(pc); i != 0; i = rows_[i].next) {
        Row& row = rows_[i];
        const std::size_t length = row.text.size();
        if ((row.whole_line ? rest == length : rest >= length) && std::memcmp(cursor.at, row.text.data(), length) == 0) {
            cursor.at += length;
            return row;
        }
    }
    return add_row(pc, cursor);
}

// A line not seen before at this PC: decodes it and leaves the cursor behind the remembered characters.
InstructionReader::Row& InstructionReader::add_row(std::uint32_t pc, Cursor& cursor) {
    const char* const first = cursor.at;
    const auto registers = [&](const char* what, unsigned most, auto& names) {
        cursor.skip_blanks();
        const std::int64_t count = cursor.decimal(what);
        if (count < 0 || count > most) cursor.fail(fmt::format("{} registers; at most {} are possible", count, most));
        for (std::int64_t i = 0; i < count; ++i) {
            const std::uint16_t name = cursor.register_name();
            if (name != kNoRegister) names.push_back(name);
        }
    };
    boost::container::static_vector<std::uint16_t, kMaxDestinations> destinations;
    boost::container::static_vector<std::uint16_t, kMaxSources> sources;
    registers("the number of destination registers", kMaxDestinations, destinations);
    cursor.skip_blanks();
    const char* const opcode_at = cursor.at;
    const std::string opcode(cursor.token());
    if (opcode.empty() || opcode[0] < 'A' || opcode[0] > 'Z' || opcode.size() > 100) {
        cursor.at = opcode_at;
        cursor.fail(fmt::format("\"{}\" is not an opcode", opcode.substr(0, 40)));
    }
    registers("the number of source registers", kMaxSources, sources);

    Row row;
    row.marker = opcode == "REPLAY_START" || opcode == "REPLAY_END";
    const bool version6 = header_.version >= 6;
    const char* const width_at = cursor.at;
    std::int64_t width = cursor.decimal("a memory width");
    if (version6 && base_mnemonic(opcode).ends_with("GMMA") && !cursor.at_end()) {
        // Newer tracers put a commit flag before the width; then two numbers and the value mark follow.
        Cursor ahead = cursor;
        unsigned numbers = 0;
        while (!ahead.at_end() && *ahead.at != 'V' && *ahead.at != 'N') {
            ahead.token();
            ++numbers;
        }
        if (numbers > 2 || width != 0) width = cursor.decimal("a memory width");
    }
    if (width < 0 || width > 1 << 20) {
        cursor.at = width_at;
        cursor.fail(fmt::format("{} is no memory width", width));
    }

    OperandNames names{OperandNames::Form::Trace, {destinations.data(), destinations.size()}, {sources.data(), sources.size()}, {}, {}};
    row.bulk = version6 && is_bulk_copy(opcode);
    if (width != 0 || row.bulk) {
        row.whole_line = false;
        row.addresses = !row.bulk;
        cursor.skip_blanks(); // the blank before the mode belongs to the remembered text
        row.text.assign(first, cursor.at);
    } else {
        Cursor tail = cursor;
        if (!tail.at_end() && *tail.at != 'V' && *tail.at != 'N') names.immediate = tail.decimal("an immediate");
        if (version6 && !tail.at_end() && *tail.at != 'V' && *tail.at != 'N') names.second_immediate = tail.decimal("an immediate");
        if (version6) {
            row.whole_line = tail.at_end();
        } else if (!tail.at_end()) {
            tail.fail("unexpected text behind the instruction", "does the tracer version of the header fit the lines?");
        } else if (names.immediate && header_.version < 5) {
            tail.fail(fmt::format("an immediate, which tracer version {} does not write", header_.version));
        }
        cursor.at = row.whole_line ? cursor.end : tail.at;
        row.text.assign(first, cursor.at);
    }

    unsigned rows_here = 0;
    for (std::uint32_t i = slot(pc); i != 0; i = rows_[i].next) ++rows_here;
    if (rows_here >= kMaxRowsPerPc) cursor.fail(fmt::format("more than {} different instructions at PC {:#x}", kMaxRowsPerPc, pc));

    Decoded decoded = decode(header_.launch.architecture, opcode, names);
    StaticInstruction& code = decoded.instruction;
    code.pc = pc;
    code.index = static_cast<std::uint32_t>(code_.instructions.size());
    row.exit = code.behaviour == Behaviour::Exit;
    row.needs_addresses = needs_addresses(code);
    if (row.marker) {
        row.unmodelled = &findings_.unmodelled["mark around a captured spin loop: " + opcode];
    } else if (!decoded.row) {
        if (findings_.strict) {
            cursor.at = opcode_at;
            cursor.fail(fmt::format("opcode without a row: {} (sm_{})", opcode, header_.launch.architecture));
        }
        row.unmodelled = &findings_.unmodelled["opcode without a row: " + opcode];
    } else if (decoded.row->unmodelled) {
        row.unmodelled = &findings_.unmodelled[fmt::format("{}: {}", base_mnemonic(opcode), decoded.row->unmodelled)];
    }
    if (decoded.barrier_guessed)
        row.anomaly = &findings_.anomalies[fmt::format("{}: number or threads of the barrier not in the trace", opcode)];
    if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8 && width != 16 && width != 32)
        row.anomaly = &findings_.anomalies[fmt::format("odd memory width {} of {}", width, opcode)];
    if (row.anomaly && findings_.strict) {
        cursor.at = opcode_at;
        cursor.fail(decoded.barrier_guessed ? "number or threads of the barrier are not in the trace"
                                            : fmt::format("odd memory width {}", width),
                    "this is replayed unless --strict is given");
    }
    if (!row.marker) {
        if (code.space == Space::Generic) code.space = Space::Global;
        code_.instructions.push_back(std::move(code));
        row.code = &code_.instructions.back();
        if (decoded.row && decoded.row->space == Space::Generic) row.spaces[0] = row.code;
    }
    rows_.push_back(std::move(row));
    const auto index = static_cast<std::uint32_t>(rows_.size() - 1);
    rows_[index].next = std::exchange(slot(pc), index);
    return rows_[index];
}

} // namespace heddle
