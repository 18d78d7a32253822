// Roofline: achieved FLOP/s over arithmetic intensity, under the machine's peaks.
import { chart, tip } from "./chart.js";
import { section, switcher } from "./dom.js";
import { clipped, microseconds, number, words } from "./format.js";

// Each level's intensity of a kernel and peak bandwidth of a run.
const kLevels = Object.fromEntries(["dram", "l2", "l1"].map((level) => [level, [level.toUpperCase(), `arithmetic_intensity_${level}_flop_per_byte`, `${level}_peak_bandwidth_gbs`]]));

// [{ name, peak }] in TFLOP/s of what the kernels use; FP32 always. Peaks of tensor cores are dense.
function ceilings(run) {
    const used = (metric) => run.kernels.some((span) => span.m[metric] > 0);
    const tensor = ["fp8", "fp16", "bf16", "tf32", "fp64"].filter((type) => used(`tensor_${type}_tflops`)).map((type) => [`${words(type)} tensor`, `tensor_${type}_peak_tflops`, true]);
    return [...(tensor.length ? tensor : [["FP16 tensor", "tensor_peak_tflops", used("tensor_tflops")]]), ["FP32", "fp32_peak_tflops", true], ["FP64", "fp64_peak_tflops", used("fp64_tflops")]]
        .filter(([, peak, wanted]) => wanted && run.total.m[peak] > 0).map(([name, peak]) => ({ name, peak: run.total.m[peak] }));
}

function pointsOf(view, level) {
    return view.runs.flatMap((run, at) => run.kernels.map((span) => ({ run, at, span, x: view.value(span, kLevels[level][1]), y: view.value(span, "total_tflops") }))
        .filter(({ x, y }) => x > 0 && y > 0));
}

export function rooflineSection(view) {
    const levels = Object.keys(kLevels).filter((level) => pointsOf(view, level).length > 0 && view.runs.every((run) => run.total.m[kLevels[level][2]] > 0 && ceilings(run).length > 0));
    if (levels.length === 0) return null;
    let level = levels[0];
    const roofline = chart({
        id: "roofline", title: "Roofline", height: ({ narrow }) => (narrow ? 340 : 440),
        controls: levels.length > 1 ? switcher("Bytes of", levels.map((name) => [name, kLevels[name][0]]), level, (value) => { level = value; roofline.update(); }) : [],
        option: ({ colours, narrow }) => {
            const points = pointsOf(view, level), longest = Math.max(...points.map(({ span }) => view.value(span, "time_us") ?? 0), 1e-9);
            const roofs = view.runs.slice(0, 2).flatMap((run, at) => ceilings(run).map((roof) => ({ ...roof, at, bandwidth: run.total.m[kLevels[level][2]] / 1000 })))
                .filter(({ bandwidth }) => bandwidth > 0)
                .filter((roof, place, all) => all.findIndex((other) => other.name === roof.name && other.peak === roof.peak && other.bandwidth === roof.bandwidth) === place);
            const knees = roofs.map(({ peak, bandwidth }) => peak / bandwidth);
            const least = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ x }) => x), ...knees) / 3)), most = 10 ** Math.ceil(Math.log10(Math.max(...points.map(({ x }) => x), ...knees) * 3));
            const low = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ y }) => y), ...roofs.map(({ bandwidth }) => bandwidth * least))));
            const high = 10 ** Math.ceil(Math.log10(Math.max(...roofs.map(({ peak }) => peak)) * 1.2));
            return {
                grid: { left: narrow ? 54 : 68, right: 18, top: 16, bottom: 50 },
                xAxis: { type: "log", min: least, max: most, name: `arithmetic intensity, FLOP per byte of ${kLevels[level][0]} traffic`, nameLocation: "middle", nameGap: 30, axisLabel: { formatter: (value) => number(value) } },
                yAxis: { type: "log", min: low, max: high, name: "TFLOP/s", nameLocation: "middle", nameGap: narrow ? 40 : 50, axisLabel: { formatter: (value) => number(value) } },
                tooltip: { trigger: "item", formatter: (point) => {
                    const { span, at, x, y } = points[point.dataIndex];
                    return tip(`${view.label(at)} ${span.id}: ${span.name}`.trim(), [[null, "achieved", `${number(y)} TFLOP/s`], [null, "intensity", `${number(x)} FLOP/B`], [null, "duration", microseconds(view.value(span, "time_us"))]]);
                } },
                series: [
                    ...roofs.map(({ name, peak, bandwidth, at }, place) => ({
                        name, type: "line", showSymbol: false, silent: true, lineStyle: { color: colours.series[[3, 2, 5, 6, 7, 4][place % 6]], width: 2, type: at ? "dashed" : "solid" },
                        data: [[least, bandwidth * least], [peak / bandwidth, peak], [most, peak]],
                        endLabel: { show: true, color: colours.ink, formatter: `${name} ${number(peak, 3)} TFLOP/s${view.pair && at ? " (B)" : ""}`, align: "right", verticalAlign: "bottom", offset: [-6, -3] },
                    })),
                    ...view.runs.map((run, at) => ({
                        name: view.label(at) || "kernels", type: "scatter", itemStyle: { color: colours.series[at], opacity: 0.85, borderColor: colours.paper }, symbol: at ? "diamond" : "circle",
                        data: points.map((point) => (point.at === at ? [point.x, point.y] : null)).map((value, place) => ({ value, symbolSize: value ? 8 + 14 * Math.sqrt((view.value(points[place].span, "time_us") ?? 0) / longest) : 0 })),
                        label: { show: at === 0 && points.length <= 16, position: "right", color: colours.ink, formatter: ({ dataIndex }) => clipped(points[dataIndex].span.name, narrow ? 12 : 24) },
                    })),
                ],
            };
        },
    });
    return section("roofline", "Roofline", "Each kernel by the floating-point operations it does per byte moved and the rate it achieves; larger points took longer. Under the sloped part of the roof bandwidth is the limit, under the flat part arithmetic.", roofline.node);
}
