// Instruction lines of Accel-Sim traces, from text to the contract of sim/isa/warp_stream.hpp.
//
//   [line] PC mask ndst {reg} OPCODE nsrc {reg} [commit] width [mode addresses] [imm [imm2]] [Val|NoVal values]
//
// Everything between mask and addresses says the same each time a PC is executed. It is decoded once and remembered
// with its characters, so the usual line costs two hexadecimal numbers, one comparison and its addresses.
#pragma once

#include "frontend/isa/decode.hpp"
#include "frontend/trace/accelsim_header.hpp"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace heddle {

inline constexpr Address kSharedWindow = 16 * kMiB; // of one thread block in the generic address space; so is the local one

// One warp of a thread block while it is read.
struct WarpRecord {
    std::vector<DynamicInstruction> instructions;
    std::vector<AddressPattern> patterns;
    std::vector<Address> list;
    std::uint64_t lines = 0;    // lines of the trace, including markers that are no instructions
    std::uint32_t exited = 0;   // lanes that executed EXIT
    std::uint32_t existing = 0; // lanes that are threads of the block
    bool listed = false;        // the trace names the warp
};

class InstructionReader {
  public:
    InstructionReader(const AccelSimHeader& header, KernelCode& code, AccelSimFindings& findings);

    // One line, from the line number or PC on; followed by a readable '\n'. `line_start` is where columns count from.
    // UserError with the place: text that is no instruction, registers out of range, missing addresses; with strict,
    // every anomaly and every opcode without a row.
    void read(const char* at, const char* end, const char* line_start, const TracePlace& place, WarpRecord& warp);

    // Counts an anomaly; with strict: UserError at `place`.
    void anomaly(const char* what, const TracePlace& place, std::uint64_t column = 1);
    // Rank of the thread block in its cluster: which part of the generic shared window is its own.
    void set_cluster_rank(std::uint32_t rank) { cluster_rank_ = rank; }

  private:
    // Which rows an instruction has in KernelCode: generic accesses get one per space they are seen in.
    struct Row {
        std::string text;       // characters from behind the mask to the addresses or to the line end
        std::uint32_t next = 0; // another row at the same PC, 0 = none
        const StaticInstruction* code = nullptr;
        const StaticInstruction* spaces[4] = {}; // of a generic access: global, shared, local, distributed shared
        std::uint64_t* unmodelled = nullptr;     // counter in the findings
        std::uint64_t* anomaly = nullptr;        // counter in the findings
        bool whole_line = true;                  // `text` reaches to the end of the line
        bool addresses = false;                  // mode and addresses follow
        bool bulk = false;                       // the fields of a TMA instruction follow
        bool needs_addresses = false;
        bool exit = false;
        bool marker = false; // REPLAY_START, REPLAY_END: no instruction
    };
    struct Cursor; // position in a line, for errors

    Row& row_at(std::uint32_t pc, Cursor& cursor);
    Row& add_row(std::uint32_t pc, Cursor& cursor);
    std::uint32_t& slot(std::uint32_t pc);
    void read_addresses(Cursor& cursor, std::uint32_t mask, Row& row, WarpRecord& warp, DynamicInstruction& instruction);
    void read_bulk(Cursor& cursor, std::uint32_t mask, WarpRecord& warp, DynamicInstruction& instruction);
    void read_tail(Cursor& cursor, bool immediate_required);
    const StaticInstruction* in_space(Row& row, Space space);
    void place_in_space(Cursor& cursor, std::uint32_t mask, Row& row, WarpRecord& warp, DynamicInstruction& instruction);
    Space space_of(Address address) const;
    Address to_offset(Address address, Space space, Cursor& cursor);

    const AccelSimHeader& header_;
    KernelCode& code_;
    AccelSimFindings& findings_;
    Address shared_size_ = 0, local_size_ = 0; // of the generic windows
    std::uint32_t cluster_rank_ = 0;
    std::vector<Row> rows_;                                      // [0] is not used
    std::vector<std::uint32_t> slots_;                           // by PC / 16: first row
    std::unordered_map<std::uint32_t, std::uint32_t> far_slots_; // PCs that do not fit there
};

} // namespace heddle
