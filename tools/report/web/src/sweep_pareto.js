// Pareto front: what is worth its cost.
import { kAll, paretoFront } from "./analysis.js";
import { chart, tip } from "./chart.js";
import { choice, el, section } from "./dom.js";
import { clipped, nameOf, number, shownUnit } from "./format.js";
import { describePoint, times } from "./sweep_text.js";

export function paretoSection(view) {
    const { sweep } = view, names = view.data.metrics.map(({ name }) => name);
    const objectives = view.data.objectives.map(({ metric }) => metric);
    if (names.length < 2 || sweep.points.length < 2) return null;
    let y = objectives[0], x = objectives[1] ?? ["energy_joules", "area_mm2", "power_watts", "dram_bandwidth_gbs"].find((name) => name !== y && names.includes(name)) ?? names.find((name) => name !== y);
    const options = [...objectives, ...names.filter((name) => !objectives.includes(name))].map((name) => [name, nameOf(name)]);
    let redraw = () => {};

    const make = () => {
        // Over all workloads: ratios to the base, lower or higher as the metric itself.
        const ratio = (point, metric) => {
            const gain = sweep.gain(point, kAll, metric);
            return gain === undefined ? undefined : sweep.better(metric) === "lower" ? 1 / gain : gain;
        };
        const at = view.workload === kAll ? ratio : (point, metric) => sweep.value(point, view.workload, metric);
        const items = sweep.points.map((point) => ({ point, x: at(point, x), y: at(point, y) })).filter((item) => item.x !== undefined && item.y !== undefined);
        const front = paretoFront(items, sweep.better(x) === "lower", sweep.better(y) === "lower"), on = new Set(front);
        const text = (value, metric) => (view.workload === kAll ? times(value) : view.text(value, metric));
        const axisName = (metric) => `${nameOf(metric)}${view.workload === kAll ? " / base" : view.unit(metric) ? `, ${shownUnit(view.unit(metric))}` : ""} (${sweep.better(metric)} is better)`;
        const controls = [choice("across", options, x, (value) => { x = value; redraw(); }), choice("up", options, y, (value) => { y = value; redraw(); })];
        if (items.length === 0) return [el("div.row", controls), el("p.soft", "No configuration has both metrics for every workload.")];
        return [chart({
            id: "pareto", title: clipped(view.workloadName(), 44), controls, height: ({ narrow }) => (narrow ? 340 : 440),
            option: ({ colours, narrow }) => {
                const dots = (name, chosen, style) => ({ name, type: "scatter", data: chosen.map((item) => ({ value: [item.x, item.y], item })), ...style });
                const rest = items.filter((item) => !on.has(item) && item.point !== sweep.base), base = items.filter((item) => item.point === sweep.base);
                return {
                    grid: { left: narrow ? 62 : 78, right: 22, top: 38, bottom: 50 }, legend: {},
                    xAxis: { type: "value", scale: true, name: axisName(x), nameLocation: "middle", nameGap: 30, axisLabel: { formatter: (value) => number(value) } },
                    yAxis: { type: "value", scale: true, name: axisName(y), nameLocation: "middle", nameGap: narrow ? 46 : 58, axisLabel: { formatter: (value) => number(value) } },
                    tooltip: { trigger: "item", formatter: ({ data }) => (data.item ? tip(describePoint(sweep, data.item.point), [[null, nameOf(x), text(data.item.x, x)], [null, nameOf(y), text(data.item.y, y)]]) : "") },
                    series: [
                        dots("other configurations", rest, { symbolSize: 8, itemStyle: { color: colours.soft, opacity: 0.5 } }),
                        { name: "Pareto front", type: "line", step: "end", data: front.map((item) => ({ value: [item.x, item.y], item })), symbol: "circle", symbolSize: 11, itemStyle: { color: colours.series[0], borderColor: colours.paper, borderWidth: 1 }, lineStyle: { width: 2 } },
                        dots("base", base, { symbol: "diamond", symbolSize: 17, itemStyle: { color: colours.series[3], borderColor: colours.paper, borderWidth: 1 }, z: 4,
                            label: { show: true, formatter: "base", position: "top", color: colours.ink, fontWeight: 600 } }),
                    ],
                };
            },
        }).node, el("details", el("summary", `${front.length} ${front.length === 1 ? "configuration" : "configurations"} on the front`), el("ul", front.map((item) => el("li", `${describePoint(sweep, item.point)}: ${nameOf(x)} ${text(item.x, x)}, ${nameOf(y)} ${text(item.y, y)}`))))];
    };
    const part = view.part(make);
    redraw = () => part.replaceChildren(...make());
    return section("pareto", "Pareto front", "Configurations that no other one beats in both metrics. Everything off the line costs more than it need.", part);
}
