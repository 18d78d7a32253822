// Response curve per axis, heat map per pair of axes, sensitivity of each axis.
import { kAll } from "./analysis.js";
import { chart, tip } from "./chart.js";
import { choice, el, section } from "./dom.js";
import { clipped, number } from "./format.js";
import { axisValue, times } from "./sweep_text.js";

// Curves of one axis: a line per workload and their mean, or one workload's value with the span of the other axes.
function curvesOf(view, axis, colours) {
    const { sweep } = view;
    // Texts have no distance between them, so their points are not joined.
    const text = axis.kind === "text";
    const line = (name, { points }, style) => ({ name, type: "line", symbol: "circle", symbolSize: text ? 10 : 7, connectNulls: true, data: axis.values.map((value) => points.find((point) => point.value === value)?.y ?? null), ...style, lineStyle: { ...style.lineStyle, ...(text ? { opacity: 0 } : {}) } });
    if (view.workload === kAll)
        return [...sweep.workloads.map((workload, at) => line(workload, sweep.curve(axis, workload, view.metric, (point) => sweep.gain(point, workload, view.metric)),
            { itemStyle: { color: colours.series[(at + 1) % colours.series.length] }, lineStyle: { width: 1.4 }, symbol: ["circle", "rect", "triangle", "diamond", "pin"][at % 5] })),
        line("geometric mean", sweep.curve(axis, kAll, view.metric), { itemStyle: { color: colours.ink }, lineStyle: { width: 3 }, symbol: "circle" })];
    const curve = sweep.curve(axis, view.workload, view.metric);
    const ends = (key) => axis.values.map((value) => curve.points.find((point) => point.value === value)?.[key] ?? null);
    const low = ends("low"), high = ends("high");
    const spread = curve.points.some((point) => point.high > point.low * 1.0005);
    return [line(view.workload, curve, { itemStyle: { color: colours.series[0] }, lineStyle: { width: 3 } }),
        ...(spread ? [{ name: "best and worst over the other axes", type: "line", data: low, showSymbol: false, connectNulls: true, lineStyle: { width: 1, type: "dashed" }, itemStyle: { color: colours.soft } },
            { name: "best and worst over the other axes", type: "line", data: high, showSymbol: false, connectNulls: true, lineStyle: { width: 1, type: "dashed" }, itemStyle: { color: colours.soft } }] : [])];
}

function responseChart(view, axis) {
    const text = (value) => (view.workload === kAll ? times(value) : view.text(value));
    return chart({
        id: `response-${axis.name}`, title: axis.label + (axis.unit ? `, ${axis.unit}` : ""), height: 300,
        option: ({ colours, narrow }) => {
            const series = curvesOf(view, axis, colours), long = axis.values.some((value) => String(value).length > 9);
            return {
                grid: { left: 62, right: 16, top: 38, bottom: long ? 84 : 46 },
                legend: { data: [...new Set(series.map(({ name }) => name))], formatter: (name) => clipped(name, 30) },
                xAxis: { type: "category", data: axis.values.map((value) => (typeof value === "number" ? number(value) : value)), name: axis.label + (axis.unit ? `, ${axis.unit}` : ""), nameLocation: "middle", nameGap: long ? 66 : 28, axisLabel: { rotate: long ? (narrow ? 40 : 24) : 0, hideOverlap: false, formatter: (name) => clipped(name, 18) }, boundaryGap: axis.kind === "text" },
                yAxis: { type: "value", scale: true, name: view.measureName(), nameLocation: "middle", nameGap: 46, axisLabel: { formatter: (value) => number(value) } },
                tooltip: { trigger: "axis", formatter: (points) => tip(`${axis.label} ${axisValue(axis, axis.values[points[0].dataIndex])}`, points.filter(({ value }) => value !== null && value !== undefined).map((point) => [point.color, point.seriesName, text(point.value)])) },
                series: series.map((one, at) => (at === 0 && axis.values.includes(view.sweep.base?.values[axis.name]) ? { ...one, markLine: { symbol: "none", silent: true, animation: false, lineStyle: { color: colours.soft, type: "dotted" }, label: { formatter: "base", color: colours.soft, position: "end", distance: 0 }, data: [{ xAxis: axis.values.indexOf(view.sweep.base.values[axis.name]) }] } } : one)),
            };
        },
    });
}

export function responseSection(view) {
    const axes = view.sweep.axes.filter(({ values }) => values.length > 1);
    if (axes.length === 0) return null;
    return section("response", "Response to each axis", "One axis at a time, the others as in the base. All workloads: ratio to the base; one workload: the value itself.", view.part(() => {
        const open = axes.filter((axis) => !view.sweep.curve(axis, view.workload, view.metric).sliced);
        return [el("div.two", axes.map((axis) => responseChart(view, axis).node)),
            open.length ? el("p.soft", `The sweep has too few runs beside the base along ${open.map(({ label }) => label).join(", ")}: medians over the other axes are shown there.`) : null];
    }));
}

export function tornadoSection(view) {
    if (view.sweep.axes.filter(({ values }) => values.length > 1).length === 0) return null;
    return section("tornado", "Sensitivity", "How far each axis alone moves the metric away from the base, the strongest first.", view.part(() => {
        const rows = view.sweep.sensitivity(view.workload, view.metric);
        if (rows.length === 0) return el("p.soft", "The base has no value of this metric.");
        return chart({
            id: "tornado", title: `Sensitivity of ${view.gainName()} (${view.workloadName()})`, height: 90 + rows.length * 40,
            option: ({ colours, narrow }) => {
                const ends = rows.flatMap(({ worst, best }) => [worst.gain, best.gain, 1]), low = Math.min(...ends), high = Math.max(...ends), room = Math.max(high - 1, 1 - low, 0.01) * (narrow ? 0.75 : 0.35);
                const label = (row, end) => (Math.abs(end.gain - 1) < 5e-4 ? "" : narrow ? times(end.gain) : `${clipped(axisValue(row.axis, end.value), 26)}: ${times(end.gain)}`);
                const side = (name, pick, colour, position) => ({
                    name, type: "bar", stack: "all", barMaxWidth: 20, itemStyle: { color: colour }, data: rows.map((row) => pick(row).gain - 1),
                    label: { show: true, position, color: colours.ink, fontSize: 12, formatter: ({ dataIndex }) => label(rows[dataIndex], pick(rows[dataIndex])) },
                });
                return {
                    grid: { left: narrow ? 92 : 160, right: 20, top: 8, bottom: 46 },
                    xAxis: { type: "value", min: Math.min(low - 1, 0) - room, max: Math.max(high - 1, 0) + room, name: view.gainName(), nameLocation: "middle", nameGap: 28, axisLabel: { showMinLabel: false, showMaxLabel: false, formatter: (value) => (value + 1 > 0 ? `${number(value + 1, 3)}×` : "") } },
                    yAxis: { type: "category", inverse: true, data: rows.map(({ axis }) => axis.label), splitLine: { show: false }, axisLabel: { color: colours.ink, hideOverlap: false, formatter: (name) => clipped(name, narrow ? 13 : 24) } },
                    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (points) => {
                        const row = rows[points[0].dataIndex];
                        return tip(row.axis.label, [[colours.series[3], `worst: ${axisValue(row.axis, row.worst.value)}`, times(row.worst.gain)], [colours.series[0], `best: ${axisValue(row.axis, row.best.value)}`, times(row.best.gain)]]);
                    } },
                    series: [side("worst", (row) => row.worst, colours.series[3], "left"), side("best", (row) => row.best, colours.series[0], "right")],
                };
            },
        }).node;
    }));
}

export function heatSection(view) {
    const axes = view.sweep.axes.filter(({ values }) => values.length > 1);
    if (axes.length < 2) return null;
    let x = axes[0], y = axes[1];
    const options = axes.map((axis, at) => [at, axis.label]);
    let redraw = () => {};
    const pick = (which) => (value) => {
        const chosen = axes[Number(value)], other = which === "x" ? y : x;
        if (chosen === other) [x, y] = [y, x];
        else if (which === "x") x = chosen;
        else y = chosen;
        redraw();
    };
    const make = () => {
        const { sliced, cells } = view.sweep.grid(x, y, view.workload, view.metric);
        const far = Math.max(...cells.map(([, , gain]) => Math.abs(Math.log(gain))), 0.01);
        const controls = [choice("across", options, axes.indexOf(x), pick("x")), choice("up", options, axes.indexOf(y), pick("y"))];
        return [chart({
            id: "pairs", title: `${view.gainName()} (${clipped(view.workloadName(), 40)})`, controls, height: ({ narrow }) => 150 + y.values.length * (narrow ? 34 : 40),
            option: ({ colours, narrow, width }) => ({
                grid: { left: narrow ? 80 : 150, right: 16, top: 28, bottom: 92 },
                xAxis: { type: "category", data: x.values.map(String), name: x.label + (x.unit ? `, ${x.unit}` : ""), nameLocation: "middle", nameGap: 28, axisLabel: { formatter: (name) => clipped(name, narrow ? 9 : 16) }, axisLine: { show: false }, axisTick: { show: false } },
                yAxis: { type: "category", data: y.values.map(String), name: y.label + (y.unit ? `, ${y.unit}` : ""), nameLocation: "end", nameTextStyle: { align: "right" }, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { hideOverlap: false, formatter: (name) => clipped(name, narrow ? 11 : 20) } },
                visualMap: { type: "continuous", dimension: 3, min: -far, max: far, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemWidth: 12, itemHeight: narrow ? 120 : 220, inRange: { color: colours.diverging }, text: [times(Math.exp(far)), times(Math.exp(-far))], textStyle: { color: colours.soft } },
                tooltip: { trigger: "item", formatter: ({ value }) => tip(`${x.label} ${axisValue(x, x.values[value[0]])}, ${y.label} ${axisValue(y, y.values[value[1]])}`, [[null, view.gainName(), times(value[2])]]) },
                series: [{
                    type: "heatmap", data: cells.map(([i, j, gain]) => ({ value: [i, j, gain, Math.log(gain)],
                        label: { color: Math.abs(Math.log(gain)) > far * 0.6 ? colours.paper : colours.ink } })),
                    label: { show: (width - 170) / x.values.length > 36, formatter: ({ value }) => value[2].toFixed(value[2] < 10 ? 2 : 1) },
                    itemStyle: { borderColor: colours.paper, borderWidth: 2 },
                }],
            }),
        }).node, sliced || axes.length === 2 ? null : el("p.soft", "Medians over the other axes: the sweep does not hold them at the base for this pair.")];
    };
    const part = view.part(make);
    redraw = () => part.replaceChildren(...make().filter(Boolean));
    return section("pairs", "Pairs of axes", "Two axes together, the others as in the base. Blue is better than the base, orange worse.", part);
}
