// Reads programs captured by the Accel-Sim tracer (NVBit): kernelslist.g and its kernel traces.
//
// What this is: the text trace formats of tracer versions 1 to 6, plain or compressed with xz, gzip or zstd, and the
// zstd container `.tracez` of Accel-Sim 2.
// What is modelled: one Kernel per listed trace, its thread blocks in file order, parsed one block at a time when the
// dispatcher asks, so that memory holds the resident blocks and never the file. Addresses stay base-and-stride where
// the lanes allow. Blemishes of real captures are replayed and counted; `strict` refuses them.
// What is not: the traces carry no control bits, no predicate or uniform registers (before version 6) and no memory
// contents; notes() says what follows from that.
// Sources: Khairy et al., "Accel-Sim" (ISCA 2020) and the public tracer; checked against captures of tracer versions
// 3 and 5 on sm_80.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <filesystem>
#include <memory>

namespace heddle {

struct TraceOptions {
    bool strict = false; // anomalies and opcodes without a row are errors
};

// Opens a `kernelslist.g` (any kernelslist*.g), a directory that holds one, or a single trace file: `.traceg` or
// `.trace`, optionally with `.xz`, `.gz` or `.zst`, or `.tracez`.
// Errors (UserError): nothing there; files named by the list that are absent or whose content is not compressed as
// their name says (all of them, each with list and line). Errors inside a trace appear when its kernel is taken or
// when the block is read.
std::unique_ptr<Workload> open_accelsim(const std::filesystem::path& path, const TraceOptions& options = {});

} // namespace heddle
