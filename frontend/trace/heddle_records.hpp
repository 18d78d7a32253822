// The sections of a `.heddle` file other than frames: instruction tables, commands, notes and CTA indexes.
#pragma once

#include "frontend/trace/heddle_format.hpp"
#include "sim/isa/kernel_launch.hpp"

namespace heddle::trace {

// Whether an executed instance of the row normally has addresses. Instances that differ cost a flag in the path.
bool expects_address(const StaticInstruction& row);

Blob encode_code(const KernelCode& code);
KernelCode decode_code(ByteReader& in);

// A command, and for a launch where its parts are. Sections are counted from 0.
struct CommandRecord {
    Command::Kind kind = Command::Kind::Launch;
    Address address = 0;
    Bytes bytes = 0;
    KernelLaunch launch;
    std::uint64_t code_section = 0, cta_section = 0, place_section = 0;
    std::uint64_t warp_instructions = 0, thread_instructions = 0;
};

Blob encode_commands(std::span<const CommandRecord> commands);

// The commands of a file, kept as they are stored and decoded one at a time.
class CommandTable {
  public:
    // Checks every command but not the sections it names. Requires: `payload` comes from decompress(); `file` outlives this.
    CommandTable(Blob payload, const std::string& file, const std::string& place);
    std::uint64_t size() const { return offsets_.size(); }
    CommandRecord operator[](std::uint64_t command) const;

  private:
    CommandRecord decode(ByteReader& in) const;
    Blob payload_;
    const std::string& file_;
    std::string place_;
    std::vector<std::string> names_;
    std::vector<std::uint32_t> offsets_;
};

Blob encode_notes(const FrontendNotes& notes);
FrontendNotes decode_notes(ByteReader& in);

struct FrameRecord {
    std::uint64_t offset = 0, stored = 0; // from the Places section
    std::uint64_t raw = 0, checksum = 0;
    std::uint64_t warp_instructions = 0;
    std::uint32_t first_cta = 0; // the first CTA that begins here ...
    std::uint32_t ctas = 0;      // ... and how many do. 0: all of it continues the last CTA of the frame before
    bool continued = false;      // the last CTA goes on in the next frame
};

struct CtaRecord {
    std::uint64_t linear = 0; // x + grid.x * (y + grid.y * z)
    std::uint64_t warp_instructions = 0;
    std::uint32_t frame = 0; // where it begins
};

struct CtaIndex {
    std::vector<FrameRecord> frames;
    std::vector<CtaRecord> ctas;
    std::vector<std::uint64_t> row_counts; // executed warp instructions per row of the code
};

Blob encode_ctas(const CtaIndex& index);
Blob encode_places(const CtaIndex& index);
// Checked against each other, the launch and the size of the file.
CtaIndex decode_ctas(ByteReader& ctas, ByteReader& places, const CommandRecord& command, std::uint64_t file_bytes);

Dim3 cta_position(std::uint64_t linear, const Dim3& grid);

} // namespace heddle::trace
