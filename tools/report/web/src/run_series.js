// Time series: IPC, bandwidths and occupancy over the run, and when each kernel ran.
import { chart, tip } from "./chart.js";
import { section } from "./dom.js";
import { clipped, microseconds, nameOf, number, shownUnit, withUnit } from "./format.js";
import { smMap } from "./run_sms.js";
import { inkOn } from "./theme.js";

const kRows = 40;

// Kernels as bars over time, a row per stream and run.
function timeline(view) {
    const bars = view.runs.flatMap((run, at) => run.kernels.map((span) => ({ at, span, begin: span.start_ns / 1000, end: span.end_ns / 1000, row: `${view.label(at)} stream ${span.stream}`.trim() })));
    // One run: a colour for each of the names that took longest; two runs: a colour for each run.
    const times = new Map();
    for (const { span, begin, end } of bars) times.set(span.name, (times.get(span.name) ?? 0) + end - begin);
    const names = [...times].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    const paint = (at, span, colours) => colours.series[view.pair ? at : Math.min(names.indexOf(span.name), colours.series.length - 1)];
    const rows = [...new Set(bars.map(({ row }) => row))].slice(0, kRows);
    const shown = bars.filter(({ row }) => rows.includes(row));
    return chart({
        id: "timeline", title: "Kernels over time", height: 80 + rows.length * 30,
        option: ({ colours, narrow }) => ({
            grid: { left: narrow ? 74 : 96, right: 18, top: 8, bottom: 44 },
            xAxis: { type: "value", name: "time, µs", nameLocation: "middle", nameGap: 26, axisLabel: { formatter: (value) => number(value) } },
            yAxis: { type: "category", inverse: true, data: rows, splitLine: { show: false }, axisLabel: { color: colours.ink } },
            tooltip: { trigger: "item", formatter: (point) => {
                const { span, begin, end } = shown[point.dataIndex];
                return tip(`${span.id}: ${span.name}`, [[null, "duration", microseconds(end - begin)], [null, "from", microseconds(begin)], [null, "grid", span.grid], [null, "block", span.block]]);
            } },
            series: [{
                type: "custom", encode: { x: [1, 2], y: 0 }, data: shown.map(({ row, begin, end }) => [rows.indexOf(row), begin, end]),
                renderItem: (params, api) => {
                    const { at, span } = shown[params.dataIndex], from = api.coord([api.value(1), api.value(0)]), to = api.coord([api.value(2), api.value(0)]);
                    const width = Math.max(to[0] - from[0], 1), room = Math.floor(width / 7);
                    return { type: "rect", shape: { x: from[0], y: from[1] - 9, width, height: 18, r: 2 }, style: { fill: paint(at, span, colours), stroke: colours.paper, lineWidth: 0.6 },
                        textContent: room > 4 ? { style: { text: clipped(span.name, room), fill: inkOn(paint(at, span, colours)), fontSize: 11 } } : undefined, textConfig: { position: "inside" } };
                },
            }],
        }),
    });
}

// Series that share a chart, in the order of the page; all others have their own, after these.
const kGroups = [["ipc"], ["sm_active_percent"], ["resident_warps"], ["fp16_tflops", "fp32_tflops", "fp64_tflops", "tensor_tflops"], ["l1_bandwidth_gbs"], ["l2_bandwidth_gbs"],
    ["dram_read_bandwidth_gbs", "dram_write_bandwidth_gbs"], ["power_watts", "idle_power_watts", "core_power_watts", "dram_power_watts"]];

// A clock that does not change says nothing.
const changes = (values) => values.some((value) => value !== values[0]);

// One chart for each group of series, with those of both runs in it.
function seriesCharts(view) {
    const sets = view.runs.map((run) => run.time_series), first = sets.find(Boolean);
    if (!first) return [];
    const some = (name) => sets.some((set) => set?.series[name]?.values.some((value) => value > 0) && (name !== "sm_clock_mhz" || changes(set.series[name].values)));
    const names = [...new Set(sets.flatMap((set) => Object.keys(set?.series ?? {})))].filter(some);
    const groups = [...kGroups.map((group) => group.filter((name) => names.includes(name))), ...names.filter((name) => !kGroups.flat().includes(name)).map((name) => [name])].filter((group) => group.length > 0);
    return groups.map((group) => {
        const unit = (sets.find((set) => set?.series[group[0]]) ?? first).series[group[0]].unit ?? "";
        const several = group.length > 1 || view.pair;
        return chart({
            id: `series-${group[0]}`, title: group.map(nameOf).join(", ") + (unit && !group.every((name) => nameOf(name).endsWith(unit)) ? `, ${shownUnit(unit)}` : ""), height: several ? 230 : 210,
            option: ({ colours, narrow }) => ({
                grid: { left: narrow ? 56 : 74, right: 18, top: several ? 34 : 12, bottom: 44 },
                legend: several ? {} : undefined,
                xAxis: { type: "value", name: "time, µs", nameLocation: "middle", nameGap: 26, min: 0, max: "dataMax", axisLabel: { showMaxLabel: false, formatter: (value) => number(value) } },
                yAxis: { type: "value", name: shownUnit(unit), nameLocation: "middle", nameGap: narrow ? 42 : 56, min: 0, axisLabel: { formatter: (value) => number(value) } },
                tooltip: { trigger: "axis", formatter: (points) => tip(`until ${microseconds(points[0].value[0])}`, points.map((point) => [point.color, point.seriesName, withUnit(point.value[1], unit)])) },
                dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false }],
                series: group.flatMap((name, place) => sets.map((set, at) => set?.series[name] && ({
                    name: `${view.label(at)} ${nameOf(name)}`.trim(), type: "line", showSymbol: false, step: "start", sampling: "lttb",
                    lineStyle: { width: 1.6, type: place % 2 && view.pair ? "dashed" : "solid" }, itemStyle: { color: colours.series[view.pair ? at : place] },
                    // A value holds for the interval before its end.
                    data: [[0, set.series[name].values[0]], ...set.series[name].values.map((value, index) => [set.end_ns[index] / 1000, value])],
                }))).filter(Boolean),
            }),
        }).node;
    });
}

export function seriesSection(view) {
    const charts = seriesCharts(view), kernels = view.runs.some((run) => run.kernels.some((kernel) => kernel.end_ns > kernel.start_ns));
    if (charts.length === 0 && !kernels) return null;
    return section("series", "Timeline", charts.length > 0 ? "Kernels, and rates sampled while they ran (PM sampling)." : "When each kernel ran.", kernels ? timeline(view).node : null, charts, view.runs.map((run, at) => (run.sms ? smMap(view, run, at) : null)));
}
