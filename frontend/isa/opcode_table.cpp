// The table itself. It is longer than other files because it is data: one line per mnemonic, grouped by pipe.
#include "frontend/isa/opcode_table.hpp"

#include "frontend/isa/modifiers.hpp"

#include <algorithm>
#include <array>

namespace heddle {
namespace {

using L = LatencyClass;
using B = Behaviour;
using R = OperandRule;

constexpr const char* kMbarrier = "mbarrier operation (takes time, synchronises nothing)";
constexpr const char* kCluster = "cluster barrier (takes time, synchronises nothing)";
constexpr const char* kRegisterPool = "register reallocation between warps";
constexpr const char* kDependentLaunch = "programmatic dependent launch";
constexpr const char* kTensorMemory = "tensor memory operation (fixed time, no contents, no traffic)";
constexpr const char* kTexture = "texture or surface access (traces hold no addresses)";
constexpr const char* kCarveOut = "change of the shared memory size during a kernel";

constexpr OpcodeRow alu(std::string_view m, L latency = L::Integer, R rule = R::Plain) {
    return {m, Pipe::Alu, latency, B::Arithmetic, Space::None, rule};
}
constexpr OpcodeRow fma(std::string_view m, L latency, std::uint8_t flops, R rule = R::Plain) {
    return {m, Pipe::Fma, latency, B::Arithmetic, Space::None, rule, flops};
}
constexpr OpcodeRow half(std::string_view m, std::uint8_t flops, L latency = L::Half) {
    return {m, Pipe::Fp16, latency, B::Arithmetic, Space::None, R::Plain, flops};
}
constexpr OpcodeRow fp64(std::string_view m, std::uint8_t flops) {
    return {m, Pipe::Fp64, L::Double, B::Arithmetic, Space::None, R::Double, flops};
}
constexpr OpcodeRow xu(std::string_view m, L latency, R rule = R::Plain) {
    return {m, Pipe::Xu, latency, B::Arithmetic, Space::None, rule};
}
constexpr OpcodeRow uniform(std::string_view m, std::uint8_t first = 75, const char* unmodelled = nullptr) {
    return {m, Pipe::Uniform, L::Uniform, B::Arithmetic, Space::None, R::Plain, 0, first, 255, unmodelled};
}
constexpr OpcodeRow adu(std::string_view m, L latency, B behaviour = B::Arithmetic, R rule = R::Plain) {
    return {m, Pipe::Adu, latency, behaviour, Space::None, rule};
}
constexpr OpcodeRow cbu(std::string_view m, B behaviour, const char* unmodelled = nullptr) {
    return {m, Pipe::Cbu, L::Branch, behaviour, Space::None, R::Plain, 0, 70, 255, unmodelled};
}
constexpr OpcodeRow lsu(std::string_view m, B behaviour, Space space, R rule, std::uint8_t first = 70) {
    return {m, Pipe::Lsu, L::Memory, behaviour, space, rule, 0, first};
}
constexpr OpcodeRow tex(std::string_view m, B behaviour, R rule) {
    return {m, Pipe::Tex, L::Memory, behaviour, Space::Texture, rule, 0, 70, 255, kTexture};
}
constexpr OpcodeRow tma(std::string_view m, B behaviour, L latency = L::Memory) {
    return {m, Pipe::Tma, latency, behaviour, behaviour == B::BulkCopy ? Space::Global : Space::None, R::Plain, 0, 90};
}
constexpr OpcodeRow mma(std::string_view m, std::uint8_t first, std::uint8_t last = 255) {
    return {m, Pipe::Tensor, L::Mma, B::Mma, Space::None, R::Mma, 0, first, last};
}
constexpr OpcodeRow wgmma(std::string_view m) {
    return {m, Pipe::Tensor, L::Mma, B::WarpgroupMma, Space::None, R::WarpgroupMma, 0, 90, 99};
}
constexpr OpcodeRow tensor_memory(std::string_view m, L latency = L::Mma, R rule = R::Plain) {
    return {m, Pipe::Tensor, latency, B::Arithmetic, Space::None, rule, 0, 100, 119, kTensorMemory};
}
constexpr OpcodeRow from(OpcodeRow row, std::uint8_t first, std::uint8_t last = 255) {
    row.first_architecture = first;
    row.last_architecture = last;
    return row;
}
constexpr OpcodeRow without(OpcodeRow row, const char* unmodelled) {
    row.unmodelled = unmodelled;
    return row;
}

// A row named "BASE.MODIFIER" holds for that first modifier only and goes before the row "BASE".
constexpr auto kUnsorted = std::to_array<OpcodeRow>({
    // Integer and logic. P2R and R2P move predicates; moves and selects of pairs exist from sm_100 on.
    alu("BMSK"),
    alu("IABS"),
    alu("IADD", L::Integer, R::Wide64),
    alu("IADD3", L::Integer, R::Wide64),
    alu("IADD32I"),
    alu("IMNMX"),
    alu("ISCADD"),
    alu("ISET"),
    alu("LEA"),
    alu("LEPC"),
    alu("LOP"),
    alu("LOP3"),
    alu("LOP32I"),
    alu("MOV", L::Integer, R::Wide64),
    alu("MOV32I"),
    alu("PRMT"),
    alu("SEL", L::Integer, R::Wide64),
    alu("SGXT"),
    alu("SHF"),
    alu("SHL"),
    alu("SHR"),
    alu("VABSDIFF"),
    alu("VABSDIFF4"),
    alu("BFE"),
    alu("BFI"),
    alu("P2R"),
    alu("R2P"),
    alu("I2I"),
    alu("I2IP"),
    alu("F2FP"),
    alu("F2IP"),
    from(alu("I2FP"), 80),
    from(alu("VIADD"), 90),
    from(alu("VIMNMX"), 90),
    from(alu("VIMNMX3"), 90),
    from(alu("VIADDMNMX"), 90),
    from(alu("VHMNMX"), 90),
    from(alu("SPMETADATA"), 80),
    from(alu("GENMETADATA"), 80),
    from(alu("SCATTER"), 80),
    from(alu("GATHER"), 80),
    // Floating-point compare and select run on the ALU pipe.
    alu("FMNMX", L::FloatCompare),
    alu("FSEL", L::FloatCompare),
    alu("FSET", L::FloatCompare),
    alu("FCMP", L::FloatCompare),
    from(alu("FMNMX3", L::FloatCompare), 100),
    alu("HMNMX2", L::FloatCompare),
    alu("ISETP", L::Predicate, R::Wide64),
    alu("FSETP", L::Predicate),
    alu("PLOP3", L::Predicate),
    alu("SLOP3", L::Predicate), // our name, see frontend/sass/integer_logic_rows.cpp
    alu("PSETP", L::Predicate),
    alu("PSET", L::Predicate),
    alu("CSETP", L::Predicate),
    alu("CSET", L::Predicate),
    alu("VOTE", L::Vote),
    from(alu("ELECT", L::Vote), 90),
    alu("CS2R", L::Clock, R::SystemClock),

    // Single precision, and integer multiply-add on the same pipe. FADD2, FMUL2, FFMA2 work on pairs.
    fma("FADD", L::Float, 1),
    fma("FMUL", L::Float, 1),
    fma("FFMA", L::Float, 2),
    fma("FADD32I", L::Float, 1),
    fma("FMUL32I", L::Float, 1),
    fma("FFMA32I", L::Float, 2),
    fma("FSWZADD", L::Float, 1),
    from(fma("FADD2", L::Float, 2, R::Double), 100),
    from(fma("FMUL2", L::Float, 2, R::Double), 100),
    from(fma("FFMA2", L::Float, 4, R::Double), 100),
    fma("IMAD", L::IntegerMad, 0),
    fma("IMAD.WIDE", L::IntegerMadWide, 0, R::MadWide),
    fma("IMAD.HI", L::IntegerMadWide, 0),
    fma("IMAD32I", L::IntegerMad, 0),
    fma("IMUL", L::IntegerMad, 0),
    fma("IMUL32I", L::IntegerMad, 0),
    fma("IDP", L::IntegerMad, 0),
    fma("IDP4A", L::IntegerMad, 0),
    from(fma("HFMA2.MMA", L::HalfMma, 4), 80), // half precision on the FMA-heavy pipe

    // Packed half precision.
    half("HADD2", 2),
    half("HADD2_32I", 2),
    half("HMUL2", 2),
    half("HMUL2_32I", 2),
    half("HFMA2", 4),
    half("HFMA2_32I", 4),
    half("HSET2", 2),
    half("HSETP2", 0, L::Predicate),

    // Double precision.
    fp64("DADD", 1),
    fp64("DMUL", 1),
    fp64("DFMA", 2),
    fp64("DMNMX", 0),
    fp64("DSET", 0),
    fp64("DSETP", 0),
    fp64("CLMAD", 0),

    // The quarter-rate unit. MOVM (matrix transpose in registers) has variable latency too; its pipe is an assumption.
    xu("MUFU", L::Transcendental),
    xu("FCHK", L::Transcendental),
    xu("POPC", L::BitCount),
    xu("FLO", L::BitCount),
    xu("BREV", L::BitCount),
    xu("F2F", L::Conversion, R::Convert),
    xu("F2I", L::Conversion, R::Convert),
    xu("I2F", L::Conversion, R::Convert),
    xu("FRND", L::Conversion, R::Convert),
    from(xu("MOVM", L::BitCount), 75),

    // Warp-wide reductions and special registers.
    adu("MATCH", L::Match),
    adu("MATCH.ALL", L::Match, B::Arithmetic, R::ResultSecond),
    from(adu("REDUX", L::Match), 80),
    from(adu("CREDUX", L::Match), 100),
    adu("S2R", L::Special),
    adu("B2R", L::Special),
    adu("R2B", L::Misc),
    adu("GETLMEMBASE", L::Special),
    adu("SETLMEMBASE", L::Misc),
    adu("SETCTAID", L::Misc),
    from(adu("S2UR", L::UniformToVector), 75),
    {"R2UR", Pipe::Uniform, L::UniformToVector, B::Arithmetic, Space::None, R::Plain, 0, 75},
    {"VOTEU", Pipe::Uniform, L::Vote, B::Arithmetic, Space::None, R::Plain, 0, 75},

    // Uniform datapath. Constants through it count as uniform operations: traces do not name the constant.
    uniform("ULDC"),
    uniform("LDCU", 100),
    uniform("UBMSK"),
    uniform("UBREV"),
    uniform("UCLEA"),
    uniform("UFLO"),
    uniform("UIABS", 90),
    uniform("UIADD3"),
    uniform("UIMAD"),
    uniform("UIMNMX"),
    uniform("UISETP"),
    uniform("ULEA"),
    uniform("ULEPC"),
    uniform("ULOP"),
    uniform("ULOP3"),
    uniform("ULOP32I"),
    uniform("UMOV"),
    uniform("UMOV32I"),
    uniform("UP2UR"),
    uniform("UPLOP3"),
    uniform("UPOPC"),
    uniform("UPRMT"),
    uniform("UPSETP"),
    uniform("UR2UP"),
    uniform("USEL"),
    uniform("USGXT"),
    uniform("USHF"),
    uniform("USHL"),
    uniform("USHR"),
    uniform("USLOP3"),
    uniform("UF2FP", 90),
    uniform("UVIADD", 90),
    uniform("UVIMNMX", 90),
    uniform("UF2F", 100),
    uniform("UF2I", 100),
    uniform("UFADD", 100),
    uniform("UFFMA", 100),
    uniform("UFMNMX", 100),
    uniform("UFMUL", 100),
    uniform("UFRND", 100),
    uniform("UFSEL", 100),
    uniform("UFSET", 100),
    uniform("UFSETP", 100),
    uniform("UI2F", 100),
    uniform("UI2FP", 100),
    uniform("UI2I", 100),
    uniform("UI2IP", 100),
    uniform("UVIRTCOUNT", 100),
    uniform("UMEMSETS", 100, kTensorMemory),
    uniform("UGETNEXTWORKID", 100, "work stealing between clusters"),
    uniform("USETMAXREG", 90, kRegisterPool),
    uniform("USETSHMSZ", 90, kCarveOut),
    uniform("UCGABAR_ARV", 90, kCluster),
    uniform("UCGABAR_WAIT", 90, kCluster),
    uniform("UCGABAR_GET", 90, kCluster),
    uniform("UCGABAR_SET", 90, kCluster),

    // Branches and convergence. BSSY, BMOV, WARPSYNC and YIELD do not change the path a trace replays.
    cbu("BRA", B::Branch),
    cbu("BRX", B::Branch),
    cbu("BRXU", B::Branch),
    cbu("JMP", B::Branch),
    cbu("JMX", B::Branch),
    cbu("JMXU", B::Branch),
    cbu("CALL", B::Branch),
    cbu("RET", B::Branch),
    cbu("RTT", B::Branch),
    cbu("BREAK", B::Branch),
    cbu("BSYNC", B::Branch),
    cbu("BSSY", B::Arithmetic),
    cbu("BMOV", B::Arithmetic),
    cbu("RPCMOV", B::Arithmetic),
    cbu("WARPSYNC", B::Arithmetic),
    cbu("YIELD", B::Arithmetic),
    cbu("BPT", B::Arithmetic),
    cbu("EXIT", B::Exit),
    cbu("KILL", B::Exit),
    cbu("NANOSLEEP", B::Nanosleep),
    cbu("NANOTRAP", B::Arithmetic),
    cbu("ENDCOLLECTIVE", B::Arithmetic),
    from(cbu("PREEXIT", B::Arithmetic, kDependentLaunch), 90),
    from(cbu("ACQBULK", B::Arithmetic, kDependentLaunch), 90),

    // Barriers and waits.
    adu("NOP", L::Misc, B::Nop),
    adu("PMTRIG", L::Misc, B::Nop),
    adu("BAR", L::Misc, B::Barrier),
    adu("DEPBAR", L::Misc, B::AsyncWait),
    from(adu("LDGDEPBAR", L::Misc, B::AsyncGroup), 80),
    from(without(adu("ARRIVES", L::Misc), kMbarrier), 80),
    from(without(adu("SYNCS", L::Misc), kMbarrier), 90),
    {"MEMBAR", Pipe::Lsu, L::Memory, B::MemoryBarrier},
    {"FENCE", Pipe::Lsu, L::Memory, B::MemoryBarrier, Space::None, R::Plain, 0, 90},
    adu("ERRBAR", L::Misc),
    from(adu("CGAERRBAR", L::Misc), 90),

    // Memory.
    lsu("LD", B::Load, Space::Generic, R::Load),
    lsu("LDG", B::Load, Space::Global, R::Load),
    lsu("LDL", B::Load, Space::Local, R::Load),
    lsu("LDS", B::Load, Space::Shared, R::Load),
    lsu("LDGMC", B::Load, Space::Global, R::Load, 90),
    lsu("LDSM", B::MatrixLoad, Space::Shared, R::MatrixLoad, 75),
    lsu("LDGSTS", B::AsyncCopy, Space::Global, R::AsyncCopy, 80),
    lsu("ST", B::Store, Space::Generic, R::Store),
    lsu("STG", B::Store, Space::Global, R::Store),
    lsu("STL", B::Store, Space::Local, R::Store),
    lsu("STS", B::Store, Space::Shared, R::Store),
    lsu("STSM", B::MatrixStore, Space::Shared, R::MatrixStore, 90),
    lsu("STAS", B::Store, Space::DistributedShared, R::Store, 90),
    lsu("ATOM", B::Atomic, Space::Generic, R::Atomic),
    lsu("ATOMG", B::Atomic, Space::Global, R::Atomic),
    lsu("ATOMS", B::Atomic, Space::Shared, R::Atomic),
    lsu("RED", B::Reduction, Space::Global, R::Atomic),
    lsu("REDG", B::Reduction, Space::Global, R::Atomic),
    lsu("REDS", B::Reduction, Space::Shared, R::Atomic),
    lsu("REDAS", B::Reduction, Space::DistributedShared, R::Atomic, 90),
    {"LDC", Pipe::Adu, L::Memory, B::Load, Space::Constant, R::Load},
    lsu("CCTL", B::CacheControl, Space::Global, R::Plain),
    lsu("CCTLL", B::CacheControl, Space::Local, R::Plain),
    lsu("CCTLT", B::CacheControl, Space::Texture, R::Plain),
    lsu("SHFL", B::Shuffle, Space::None, R::ResultSecond),
    {"QSPC", Pipe::Lsu, L::Misc, B::Arithmetic, Space::None, R::ResultSecond},

    // Texture and surface.
    tex("TEX", B::Load, R::Texture),
    tex("TLD", B::Load, R::Texture),
    tex("TLD4", B::Load, R::Texture),
    tex("TMML", B::Load, R::Texture),
    tex("TXD", B::Load, R::Texture),
    tex("TXQ", B::Load, R::Texture),
    tex("TXA", B::Load, R::Texture),
    tex("TEXS", B::Load, R::Texture),
    tex("TLDS", B::Load, R::Texture),
    tex("TLD4S", B::Load, R::Texture),
    tex("SULD", B::Load, R::Surface),
    tex("SUST", B::Store, R::Surface),
    tex("SUATOM", B::Atomic, R::Surface),
    tex("SURED", B::Reduction, R::Surface),
    tex("SUQUERY", B::Load, R::Surface),
    tex("SUCCTL", B::CacheControl, R::Surface),

    // Bulk and tensor copies. WARPGROUP.DEPBAR and UTMACMDFLUSH act on groups of their own pipe.
    tma("UTMALDG", B::BulkCopy),
    tma("UTMASTG", B::BulkCopy),
    tma("UTMAREDG", B::BulkCopy),
    tma("UBLKCP", B::BulkCopy),
    tma("UBLKRED", B::BulkCopy),
    tma("UTMAPF", B::CacheControl),
    tma("UBLKPF", B::CacheControl),
    tma("UTMACCTL", B::CacheControl),
    tma("UTMACMDFLUSH", B::AsyncGroup, L::Misc),

    // Tensor cores. QMMA and OMMA are native on sm_89 and sm_120 only; tcgen05 (UTC...) on sm_100 and 103.
    mma("HMMA", 70),
    mma("IMMA", 72),
    mma("BMMA", 75),
    mma("DMMA", 80),
    mma("QMMA", 89),
    mma("OMMA", 120),
    wgmma("HGMMA"),
    wgmma("IGMMA"),
    wgmma("QGMMA"),
    wgmma("BGMMA"),
    {"WARPGROUP.DEPBAR", Pipe::Tensor, L::Misc, B::AsyncWait, Space::None, R::Plain, 0, 90},
    {"WARPGROUP", Pipe::Adu, L::Misc, B::Arithmetic, Space::None, R::Plain, 0, 90},
    {"WARPGROUPSET", Pipe::Adu, L::Misc, B::Arithmetic, Space::None, R::Plain, 0, 90},
    tensor_memory("UTCHMMA"),
    tensor_memory("UTCQMMA"),
    tensor_memory("UTCIMMA"),
    tensor_memory("UTCOMMA"),
    tensor_memory("UTCMXQMMA"),
    tensor_memory("UTCBAR", L::Misc),
    tensor_memory("UTCCP", L::Misc),
    tensor_memory("UTCSHIFT", L::Misc),
    tensor_memory("UTCATOMSWS", L::Misc),
    tensor_memory("UTCLDSWS", L::Misc),
    tensor_memory("UTCSTSWS", L::Misc),
    tensor_memory("LDT", L::Misc, R::TensorMemory),
    tensor_memory("LDTM", L::Misc, R::TensorMemory),
    tensor_memory("STT", L::Misc, R::TensorMemory),
    tensor_memory("STTM", L::Misc, R::TensorMemory),
});

constexpr auto sorted_rows() {
    auto rows = kUnsorted;
    std::sort(rows.begin(), rows.end(), [](const OpcodeRow& a, const OpcodeRow& b) {
        return a.mnemonic != b.mnemonic ? a.mnemonic < b.mnemonic : a.first_architecture < b.first_architecture;
    });
    return rows;
}
constexpr auto kRows = sorted_rows();
constexpr std::array kArchitectures{70U, 72U, 75U, 80U, 86U, 87U, 88U, 89U, 90U, 100U, 101U, 103U, 110U, 120U, 121U};

const OpcodeRow* find_exact(unsigned architecture, std::string_view mnemonic) {
    auto row =
        std::lower_bound(kRows.begin(), kRows.end(), mnemonic, [](const OpcodeRow& r, std::string_view m) { return r.mnemonic < m; });
    for (; row != kRows.end() && row->mnemonic == mnemonic; ++row)
        if (architecture >= row->first_architecture && architecture <= row->last_architecture) return &*row;
    return nullptr;
}

} // namespace

const OpcodeRow* find(unsigned architecture, std::string_view text) {
    const std::size_t first = text.find('.');
    if (first != std::string_view::npos) {
        const std::size_t second = text.find('.', first + 1);
        if (const OpcodeRow* row = find_exact(architecture, text.substr(0, second))) return row;
    }
    return find_exact(architecture, text.substr(0, first));
}

std::span<const OpcodeRow> opcode_rows() { return kRows; }
std::span<const unsigned> known_architectures() { return kArchitectures; }
bool is_known_architecture(unsigned architecture) {
    return std::find(kArchitectures.begin(), kArchitectures.end(), architecture) != kArchitectures.end();
}

} // namespace heddle
