// Numbers as text. What is absent (null, undefined, NaN) is a dash, never 0.

const kDash = "–";
export const absent = (value) => value === null || value === undefined || Number.isNaN(value);

// Four significant digits at most, thousands grouped: 52,839  31.16  0.0042  1.58e-7
export function number(value, digits = 4) {
    if (absent(value)) return kDash;
    if (typeof value !== "number") return String(value);
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 1e-4) return value.toExponential(2);
    if (size >= 1e15) return value.toExponential(3);
    if (size >= 10 ** (digits - 1)) return Math.round(value).toLocaleString("en-US");
    return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

const kPrefixes = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];
// 4.46 MB, 131 k
export function short(value, unit = "") {
    if (absent(value)) return kDash;
    const size = Math.abs(value);
    const [scale, prefix] = kPrefixes.find(([least]) => size >= least) ?? [1, ""];
    const text = number(value / scale, 3);
    return unit || prefix ? `${text} ${prefix}${unit}` : text;
}

export const percent = (value, digits = 1) => (absent(value) ? kDash : `${value.toFixed(digits)} %`);

// 25.7 µs, 1.02 ms
export function microseconds(value) {
    if (absent(value)) return kDash;
    const size = Math.abs(value);
    if (size >= 1e6) return `${number(value / 1e6)} s`;
    if (size >= 1e3) return `${number(value / 1e3)} ms`;
    if (size >= 1 || size === 0) return `${number(value)} µs`;
    return `${number(value * 1e3)} ns`;
}

// A unit as it is printed: us -> µs, mm2 -> mm².
export const shownUnit = (unit) => unit.replace(/^u(?=[sJWA]\b)/, "µ").replace(/\bmm2\b/, "mm²").replace(/\bmm3\b/, "mm³");

// A value with the unit of its metric.
export function withUnit(value, unit) {
    if (absent(value)) return kDash;
    if (typeof value !== "number") return String(value);
    switch (unit) {
    case "%": return percent(value);
    case "us": case "µs": return microseconds(value);
    case "bytes": case "B": return short(value, "B");
    case "": case "1": case undefined: return number(value);
    default: return `${number(value)} ${shownUnit(unit)}`;
    }
}

// How B stands to A: +12.3 %
export function change(before, after) {
    if (absent(before) || absent(after) || before === 0) return kDash;
    const percentage = (after / before - 1) * 100;
    return `${percentage >= 0 ? "+" : "−"}${Math.abs(percentage).toFixed(1)} %`;
}

// long_scoreboard -> Long Scoreboard, as Nsight Compute prints it.
const kSpecial = { l1: "L1", l2: "L2", dram: "DRAM", fp8: "FP8", bf16: "BF16", tf32: "TF32", int8: "INT8", fp16: "FP16", fp32: "FP32", fp64: "FP64", mio: "MIO", lg: "LG", ipc: "IPC", tex: "TEX", sm: "SM", mm2: "mm²", xu: "XU", cta: "CTA", ctas: "CTAs", noc: "NoC", alu: "ALU", fma: "FMA", lsu: "LSU", tma: "TMA", adu: "ADU", cbu: "CBU" };
export const words = (name) => name.split("_").map((word) => kSpecial[word] ?? word.charAt(0).toUpperCase() + word.slice(1)).join(" ");

// A metric or series without the unit its name ends in: dram_bandwidth_gbs -> DRAM Bandwidth.
export const nameOf = (metric) => words(metric.replace(/_(us|ns|percent|gbs|gb_s|bytes|cycles|joules|watts|mm2|gflops|pj|mhz|tflops)$/, (end) => (end === "_tflops" ? "_TFLOP/s" : "")));

// The middle of a long name left out, so that it has at most `length` characters.
export function clipped(text, length) {
    if (text.length <= length) return text;
    const head = Math.ceil((length - 1) * 0.65);
    return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}
