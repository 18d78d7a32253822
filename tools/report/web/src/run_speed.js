// GPU Speed Of Light Throughput, occupancy and the mix of instructions.
import { chart, tip } from "./chart.js";
import { el, section } from "./dom.js";
import { absent, nameOf, number, percent, short, withUnit, words } from "./format.js";
import { table } from "./table.js";

// Metrics of the speed of light, as Nsight Compute breaks it down. What a run lacks is left out.
const kMemory = [["compute_throughput_percent", "Compute (SM)"], ["memory_throughput_percent", "Memory"], ["l1_utilization_percent", "L1/TEX"], ["l2_utilization_percent", "L2"], ["dram_utilization_percent", "DRAM"],
    ["fp32_utilization_percent", "FP32 FLOP/s"], ["fp64_utilization_percent", "FP64 FLOP/s"], ["tensor_utilization_percent", "Tensor FLOP/s"]];
// Tensor cores by type, of their own peak.
const kTensor = ["fp8", "fp16", "bf16", "tf32", "fp64", "int8"].map((type) => [`tensor_${type}_utilization_percent`, `${words(type)} tensor`]);
const kPipesUsed = [["issue_active_percent", "Issue slots"], ...["alu", "fma", "fp16", "fp64", "xu", "tensor", "uniform", "cbu", "lsu"].map((pipe) => [`pipe_${pipe}_utilization_percent`, `${words(pipe)} pipe`])];

// Bars from 0 for each of `names`, one colour per run.
function bars(view, { id, title, names, value, text, axis, limit, hint }) {
    return chart({
        id, title, height: ({ narrow }) => 64 + names().length * (view.pair ? 44 : 30) + (narrow ? 10 : 0),
        option: ({ colours, narrow }) => {
            const both = view.spans(), labels = names();
            return {
                grid: { left: narrow ? 118 : 170, right: narrow ? 52 : 78, top: view.pair ? 30 : 8, bottom: 44 },
                legend: view.pair ? {} : undefined,
                xAxis: { type: "value", max: limit?.(), name: axis, nameLocation: "middle", nameGap: 26, min: 0 },
                yAxis: { type: "category", inverse: true, data: labels.map(([, label]) => label), axisLabel: { width: narrow ? 108 : 160, overflow: "break", color: colours.ink, hideOverlap: false }, splitLine: { show: false } },
                tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (points) => tip(points[0].name, [
                    ...points.map((point) => [point.color, view.pair ? point.seriesName : "value", text(value(both[point.seriesIndex].span, labels[point.dataIndex][0]))]),
                    ...(hint ? [[null, hint(labels[points[0].dataIndex][0]) ?? "", ""]] : [])]) },
                series: both.map(({ span, at }) => ({
                    name: view.label(at) || title, type: "bar", barMaxWidth: 18, itemStyle: { color: colours.series[at] },
                    data: labels.map(([name]) => value(span, name) ?? null),
                    label: { show: true, position: "right", color: colours.ink, formatter: ({ dataIndex }) => text(value(span, labels[dataIndex][0])) },
                })),
            };
        },
    });
}

export function speedSection(view) {
    const there = (metrics, used) => () => metrics.filter(([name]) => view.spans().some(({ span }) => !absent(view.value(span, name)) && (!used || view.value(span, name) > 0)));
    const shown = (id, title, names) => bars(view, { id, title, names, value: (span, name) => view.value(span, name), text: (value) => percent(value), axis: "% of peak", limit: () => 100, hint: (name) => view.definition(name) }).node;
    const speed = () => [...there(kMemory)(), ...there(kTensor, true)()].filter(([name], at, all) => name !== "tensor_utilization_percent" || !all.some((one) => kTensor.includes(one)));
    if (speed().length === 0) return null;
    return section("speed", "GPU Speed Of Light Throughput", "Achieved use of each unit as a percentage of its peak. Close to 100 % the unit bounds the time; if all are low, warps wait: see Warp State.",
        view.part(() => el("div.two", shown("speed", `Of the peak, over the duration (${view.name()})`, speed), shown("pipes", "Of the peak, while SMs have work", there(kPipesUsed, true)))));
}

const kLimits = { warps: "Warps", ctas: "CTA slots", registers: "Registers", "shared memory": "Shared memory", barriers: "Barriers" };

function limitsTable(view) {
    const both = view.spans();
    const rows = Object.keys(kLimits).filter((name) => both.some(({ span }) => span.limits?.[name] !== undefined));
    return table([{ title: "Limited by", key: (name) => kLimits[name], left: true },
        ...both.map(({ span, at }) => ({ title: `CTAs per SM ${view.label(at)}`.trim(), key: (name) => span.limits?.[name],
            text: (name) => `${number(span.limits?.[name])}${name === span.occupancy_limit ? "  ◀ limit" : ""}` }))], rows,
    { mark: (name) => (both.some(({ span }) => span.occupancy_limit === name) ? "marked" : null) });
}

export function occupancySection(view) {
    if (!view.spans(-1).some(({ span }) => !absent(view.value(span, "occupancy_percent")))) return null;
    const metrics = ["theoretical_occupancy_percent", "occupancy_percent", "resident_warps", "sm_active_percent", "waves", "tail_effect_percent"];
    return section("occupancy", "Occupancy", "Warps resident on an SM that has work, against what an SM can hold; theoretical occupancy is what the resources of a CTA permit.",
        view.part(() => {
            const both = view.spans();
            const rows = metrics.filter((name) => both.some(({ span }) => !absent(view.value(span, name))));
            const launch = view.kernel < 0 ? [] : [["Threads per CTA (block)", "block"], ["Registers per thread", "registers_per_thread"], ["Shared memory per CTA, bytes", "shared_bytes"], ["CTAs in the grid", "ctas"]];
            const values = table([{ title: "", key: ([text]) => text, left: true }, ...both.map(({ span, at }) => ({ title: view.label(at) || "value", key: (row) => row[1](span), text: (row) => row[2](row[1](span)) }))],
                [...rows.map((name) => [nameOf(name), (span) => view.value(span, name), (value) => withUnit(value, view.metrics.get(name)?.unit)]),
                    ...launch.map(([text, key]) => [text, (span) => span[key], (value) => number(value)])]);
            return el("div.two", values, view.kernel < 0 ? el("p.soft", "Choose a kernel above to see which resource limits its CTAs per SM.") : limitsTable(view));
        }));
}

const kPipes = { alu: "ALU (integer, logic)", fma: "FMA (FP32)", fp16: "FP16", fp64: "FP64", xu: "XU (transcendental)", tensor: "Tensor", lsu: "LSU (memory)", tex: "TEX", tma: "TMA", uniform: "Uniform", adu: "ADU", cbu: "CBU (branches)" };

export function mixSection(view) {
    const names = () => Object.keys(kPipes).filter((name) => view.spans().some(({ span }) => span.pipes[name] > 0)).map((name) => [name, kPipes[name]]);
    if (!view.spans(-1).some(({ span }) => Object.keys(span.pipes).length > 0)) return null;
    return section("mix", "Instruction Statistics", "Executed warp instructions by the pipe that executes them.",
        view.part(() => bars(view, { id: "mix", title: `Executed warp instructions by pipe (${view.name()})`, names, value: (span, name) => span.pipes[name] ?? 0, text: (value) => short(value), axis: "warp instructions" }).node));
}
