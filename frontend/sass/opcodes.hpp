// Names of operations and of the modifier fields an instruction word may carry.
//
// An Op is one mnemonic; what its modifiers mean is in the fields. A field's value is the raw number in the word; the
// tables give it the vendor's spelling.
#pragma once

#include <cstdint>

namespace heddle::sass {

enum class Op : std::uint16_t {
    ACQBULK,
    AL2P,
    ARRIVES,
    ATOM,
    ATOMG,
    ATOMS,
    B2R,
    BAR,
    BGMMA,
    BMMA,
    BMOV,
    BMSK,
    BPT,
    BRA,
    BREAK,
    BREV,
    BRX,
    BRXU,
    BSSY,
    BSYNC,
    CALL,
    CCTL,
    CCTLL,
    CCTLT,
    CGAERRBAR,
    CS2R,
    CSET,
    CSETP,
    CSMTEST,
    DADD,
    DEPBAR,
    DFMA,
    DMMA,
    DMUL,
    DSETP,
    ELECT,
    ENDCOLLECTIVE,
    ERRBAR,
    EXIT,
    F2F,
    F2FP,
    F2I,
    F2IP,
    FADD,
    FCHK,
    FENCE,
    FFMA,
    FLO,
    FMNMX,
    FMUL,
    FOOTPRINT,
    FRND,
    FSEL,
    FSET,
    FSETP,
    FSWZADD,
    GENMETADATA,
    GETLMEMBASE,
    HADD2,
    HFMA2,
    HGMMA,
    HMMA,
    HMNMX2,
    HMUL2,
    HSET2,
    HSETP2,
    I2F,
    I2FP,
    I2I,
    I2IP,
    IABS,
    IADD3,
    IDP,
    IDP4A,
    IGMMA,
    IMAD,
    IMMA,
    IMNMX,
    IMUL,
    IPA,
    ISBERD,
    ISETP,
    JMP,
    JMX,
    KILL,
    LD,
    LDC,
    LDG,
    LDGDEPBAR,
    LDGMC,
    LDGSTS,
    LDL,
    LDS,
    LDSM,
    LDTRAM,
    LEA,
    LEPC,
    LOP3,
    MATCH,
    MEMBAR,
    MOV,
    MOVM,
    MUFU,
    NANOSLEEP,
    NOP,
    OUT,
    P2R,
    PIXLD,
    PLOP3,
    PMTRIG,
    POPC,
    PREEXIT,
    PRMT,
    PSETP,
    QGMMA,
    QMMA,
    QSPC,
    R2B,
    R2P,
    R2UR,
    RED,
    REDAS,
    REDUX,
    RET,
    RPCMOV,
    RTT,
    S2R,
    S2UR,
    SEL,
    SETCTAID,
    SETLMEMBASE,
    SGXT,
    SHF,
    SHFL,
    SLOP3,
    SPMETADATA,
    ST,
    STAS,
    STG,
    STL,
    STS,
    STSM,
    SUATOM,
    SULD,
    SUQUERY,
    SURED,
    SUST,
    SYNCS,
    TEX,
    TLD,
    TLD4,
    TMML,
    TXD,
    TXQ,
    UBLKCP,
    UBLKPF,
    UBLKRED,
    UBMSK,
    UBREV,
    UCGABAR_ARV,
    UCGABAR_WAIT,
    UCLEA,
    UF2FP,
    UFLO,
    UFSETP,
    UI2F,
    UIADD3,
    UIMAD,
    UISETP,
    ULDC,
    ULEA,
    ULOP3,
    UMOV,
    UP2UR,
    UPLOP3,
    UPOPC,
    UPRMT,
    UR2UP,
    USEL,
    USETMAXREG,
    USETSHMSZ,
    USGXT,
    USHF,
    USLOP3,
    UTMACCTL,
    UTMACMDFLUSH,
    UTMALDG,
    UTMAPF,
    UTMAREDG,
    UTMASTG,
    VABSDIFF,
    VABSDIFF4,
    VIADD,
    VIADDMNMX,
    VIMNMX,
    VIMNMX3,
    VOTE,
    VOTEU,
    WARPGROUP,
    WARPSYNC,
    YIELD,
    Count
};

// Raw modifier values. One name per meaning; families share those that mean the same.
enum class Field : std::uint8_t {
    // Shared by several families
    Round,          // 0 nearest even, 1 toward -inf, 2 toward +inf, 3 toward zero
    FlushDenormals, // FTZ
    Saturate,
    Compare,        // comparison of a SETP, SET or MNMX
    Boolean,        // 0 AND, 1 OR, 2 XOR with the predicate source
    Signed,         // 1 = signed (S32)
    Extended,       // X: carry or low-half predicate taken
    High,           // HI
    Wide,           // 64-bit result
    Lut,            // truth table of LOP3 / PLOP3
    Lut2,           // second truth table of PLOP3
    Shift,          // constant shift of LEA
    ShiftType,      // SHF: type of the shifted value
    ShiftWrap,      // W: count modulo
    ShiftRight,     // R
    Mode,           // PRMT mode, SHFL mode, VOTE operation, BMSK ...: the main mode of an operation
    Function,       // MUFU function, REDUX operation, atomic operation
    SourceFormat,   // conversions
    DestinationFormat,
    // Half precision
    HalfFormat,     // F16, BF16, F32 accumulate...
    SelectA,        // half selects and broadcasts of sources
    SelectB,
    SelectC,
    SelectD,
    Relu,
    // Memory
    Size,           // access size and type
    Address64,      // E
    Order,          // memory order
    Scope,
    CachePolicy,    // eviction priority, cache operator
    Private,
    Transpose,      // LDSM, STSM
    Matrices,       // LDSM, STSM: matrices moved
    Bypass,
    ZeroFill,
    Level,          // prefetch size LTC64B ...
    // Control
    Barrier,        // CTA barrier action
    Reconvergence,
    Relative,       // CALL.REL / ABS
    Predicated,     // variants with a predicate argument (BRA.CONV, .DIV, .U)
    // Matrix
    Shape,
    TypeA,
    TypeB,
    TypeAccumulate,
    Sparse,
    Selector,
    // Extra modifiers without a meaning shared by families: an owner documents them beside its rows
    M0, M1, M2, M3, M4, M5, M6, M7, M8, M9,
    Count
};
inline constexpr unsigned kFields = static_cast<unsigned>(Field::Count);

const char* name(Op op);

} // namespace heddle::sass
