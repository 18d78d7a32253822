// A machine instruction as the timing model sees it: which pipe, what it reads and writes, how it touches memory.
//
// The static part is decoded once per kernel by a frontend and shared by all warps; see warp_stream.hpp for the
// dynamic part.
#pragma once

#include "sim/base/units.hpp"

#include <array>
#include <string>

namespace heddle {

// Execution pipes of a sub-core, named as Nsight Compute names them.
enum class Pipe : std::uint8_t {
    Alu,     // integer and logic, compares, min/max, select, conversions between small types
    Fma,     // FP32 add, multiply, fma; on most chips integer multiply-add too
    Fp16,    // packed half precision
    Fp64,
    Xu,      // transcendentals, popc, flo, conversions: quarter-rate unit
    Tensor,  // warp-level MMA
    Lsu,     // global, local, shared, generic memory; shuffles
    Tex,     // texture and surface
    Tma,     // bulk and tensor copies
    Uniform, // uniform datapath
    Adu,     // address divergence unit: LDC with register address, indexed constants, barriers
    Cbu,     // convergence barriers and branches
    Count
};
inline constexpr unsigned kPipes = static_cast<unsigned>(Pipe::Count);
const char* name(Pipe pipe); // "alu", "fma", ...

// What an instruction asks of the machine beyond its pipe.
enum class Behaviour : std::uint8_t {
    Arithmetic,   // result after the latency of its latency class
    Load,         // address space below; result when data returns
    Store,
    Atomic,       // returns a value
    Reduction,    // returns none
    AsyncCopy,    // LDGSTS: global to shared, completes a group or a barrier
    AsyncGroup,   // LDGDEPBAR: closes the group of earlier AsyncCopy
    AsyncWait,    // DEPBAR: waits until at most `immediate` groups are open
    Shuffle,      // SHFL through the shared-memory crossbar
    MatrixLoad,   // LDSM
    MatrixStore,  // STSM
    Mma,          // tensor core
    WarpgroupMma, // asynchronous warpgroup MMA
    BulkCopy,     // TMA and bulk copies
    Barrier,      // CTA barrier; `barrier` below
    MemoryBarrier,// MEMBAR, FENCE
    Branch,       // may change the path of the warp
    Exit,
    Nanosleep,
    CacheControl, // CCTL, prefetch
    Nop,
};

enum class Space : std::uint8_t { None, Global, Local, Shared, Constant, Generic, Texture, DistributedShared };

// Rows of the latency table in sm.latency: which fixed or minimum latency and issue interval an instruction has.
// One name per distinct behaviour known to the hardware facts, not per opcode.
enum class LatencyClass : std::uint8_t {
    Integer,        // IADD3, LOP3, SHF, PRMT, SEL, IMNMX, LEA, MOV ...
    IntegerMad,     // IMAD, IDP
    IntegerMadWide, // IMAD.WIDE, IMAD.HI
    Float,          // FADD, FMUL, FFMA
    FloatCompare,   // FMNMX, FSEL, FSET
    Predicate,      // ISETP, FSETP, PLOP3: predicate results
    Half,           // HADD2, HMUL2, HFMA2
    HalfMma,        // HFMA2.MMA: on the FMA-heavy pipe
    Double,         // DADD, DMUL, DFMA, DSETP
    Transcendental, // MUFU
    BitCount,       // POPC, FLO, BREV
    Conversion,     // F2F, F2I, I2F, FRND
    Uniform,        // U* instructions
    UniformToVector,// R2UR, S2UR
    Special,        // S2R
    Clock,          // CS2R
    Vote,           // VOTE, VOTEU
    Match,          // MATCH, REDUX
    Branch,
    Misc,           // NOP, DEPBAR, WARPSYNC, ...
    Mma,            // latency from sm.tensor_core by shape and type
    Memory,         // latency from the memory pipeline
    Count
};
inline constexpr unsigned kLatencyClasses = static_cast<unsigned>(LatencyClass::Count);
const char* name(LatencyClass latency_class); // "integer", "integer_mad", ...

// A run of consecutive 32-bit registers. R255 (RZ) never appears.
struct RegisterRange {
    std::uint8_t first = 0;
    std::uint8_t count = 0;
};

// 256 bits, one per general register of a warp.
struct RegisterSet {
    std::array<std::uint64_t, 4> words{};
    void add(RegisterRange range) {
        for (unsigned r = range.first; r < unsigned{range.first} + range.count && r < 255; ++r) words[r >> 6] |= 1ULL << (r & 63);
    }
    bool meets(const RegisterSet& o) const {
        return ((words[0] & o.words[0]) | (words[1] & o.words[1]) | (words[2] & o.words[2]) | (words[3] & o.words[3])) != 0;
    }
    bool empty() const { return (words[0] | words[1] | words[2] | words[3]) == 0; }
    RegisterSet& operator|=(const RegisterSet& o) {
        for (unsigned i = 0; i < 4; ++i) words[i] |= o.words[i];
        return *this;
    }
    RegisterSet& operator-=(const RegisterSet& o) {
        for (unsigned i = 0; i < 4; ++i) words[i] &= ~o.words[i];
        return *this;
    }
    friend bool operator==(const RegisterSet&, const RegisterSet&) = default;
};

// Scheduling information ptxas puts into bits 105-125 of an instruction word. Unknown for NVBit traces.
struct ControlBits {
    std::uint8_t stall = 1;          // cycles before the warp may issue again, 0-15
    bool yield = false;              // bit 109 clear
    std::uint8_t write_counter = 7;  // dependence counter released at write-back, 7 = none
    std::uint8_t read_counter = 7;   // released when operands are read, 7 = none
    std::uint8_t wait_mask = 0;      // counters that must be zero
    std::uint8_t reuse = 0;          // reuse cache slots a, b, c in bits 0-2
    friend bool operator==(const ControlBits&, const ControlBits&) = default;
};

// Matrix shape and element type of an MMA; zero for everything else.
enum class MmaType : std::uint8_t { None, F16, Bf16, Tf32, F64, S8, S4, B1, E4M3, E5M2 };
struct MmaShape {
    std::uint16_t m = 0, n = 0, k = 0;
    MmaType type = MmaType::None;
    bool sparse = false;
    bool f32_accumulate = true;
    std::uint64_t multiply_adds() const { return std::uint64_t{m} * n * k; }
    friend bool operator==(const MmaShape&, const MmaShape&) = default;
};

enum class BarrierAction : std::uint8_t { Sync, Arrive, Reduce };

// One row of a kernel's instruction table.
struct StaticInstruction {
    std::uint32_t pc = 0;    // byte offset in the kernel
    std::uint32_t index = 0; // row number in the kernel's table
    std::string text;        // opcode with modifiers, e.g. "LDG.E.128.CONSTANT"; for reports only

    Pipe pipe = Pipe::Alu;
    LatencyClass latency_class = LatencyClass::Integer;
    Behaviour behaviour = Behaviour::Arithmetic;
    Space space = Space::None;
    bool uniform_address = false; // address from a uniform register or constant only; WarpgroupMma: A too comes from shared memory
    bool bypass_l1 = false;       // .STRONG.GPU/.SYS, .CG, volatile: looked up in L2
    bool known = true;            // false: no row in the opcode table (counted, --strict refuses)
    std::uint8_t access_bytes = 0; // per lane: 1, 2, 4, 8, 16; LDSM: 16 per row address

    // Operands in slot order for the register file (banks, reuse cache), sets for the dependence check.
    std::array<RegisterRange, 4> sources{};
    std::uint8_t source_count = 0;
    std::array<RegisterRange, 2> destinations{};
    std::uint8_t destination_count = 0;
    RegisterSet reads;
    RegisterSet writes;

    ControlBits control; // meaningful if KernelCode::has_control_bits
    MmaShape mma;
    BarrierAction barrier_action = BarrierAction::Sync;
    std::uint8_t barrier = 0;         // named barrier 0-15
    std::uint16_t barrier_threads = 0; // participating threads, 0 = the whole CTA
    std::int32_t immediate = 0;       // AsyncWait: groups that may stay open; WarpgroupMma: 1 if it is the last of its group; Nanosleep: ns; MemoryBarrier: 0 CTA, 1 GPU, 2 system
    std::uint8_t flops_per_lane = 0;  // floating-point operations per active lane (FFMA 2), for achieved FLOP/s
};

} // namespace heddle
