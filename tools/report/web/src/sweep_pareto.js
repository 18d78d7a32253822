// Pareto front: what is worth its cost, in two metrics or three, and what of it holds within the ranges of areas.
import { kAll } from "./analysis.js";
import { areaOf, compare, frontOf, holdsArea } from "./area_ranges.js";
import { chart, tip } from "./chart.js";
import { choice, el, section } from "./dom.js";
import { clipped, nameOf, number, shownUnit } from "./format.js";
import { describePoint, times } from "./sweep_text.js";

const kNone = "";
const kCosts = ["energy_joules", "area_mm2", "power_watts", "dram_bandwidth_gbs"];
const kNear = 0.5, kFar = 2; // of the anchor's die: beyond, areas say nothing
const kMarks = { likely: "may leave the front within the ranges of areas", possible: "may join it within the ranges of areas" };

// What a reader must know of a comparison by area or energy.
function provisos(view, items, front, metrics) {
    const { sweep } = view, count = (state) => [...front.values()].filter((one) => one === state).length, several = (n) => (n === 1 ? "configuration" : "configurations");
    const told = [];
    if (metrics.some(holdsArea)) {
        const known = items.filter(({ area }) => area), anchors = [...new Set(known.map(({ area }) => `${area.anchor.name} (${number(area.anchor.mm2)} mm² by its vendor)`))];
        if (anchors.length) told.push(`Areas are told from ${anchors.join(" and ")}; how ${anchors.length === 1 ? "that die divides" : "those dies divide"} is estimated, each constant with a range that all configurations share.`);
        const on = count("sure") + count("likely");
        told.push(`Whatever the constants within their ranges, ${count("sure") === on ? (on === 1 ? "the one on the front stays there" : `all ${on} on the front stay there`) : `${count("sure")} of the ${on} on the front stay there (the others are hollow)`}${
            count("possible") ? `, and ${count("possible")} more ${several(count("possible"))} might join (ringed)` : ", and no other can join"}.`);
        const far = known.filter(({ area }) => areaOf(area) < kNear * area.anchor.mm2 || areaOf(area) > kFar * area.anchor.mm2);
        if (far.length) told.push(`${far.length === known.length ? "All" : number(far.length)} ${several(far.length)} ${far.length === 1 ? "has" : "have"} less than half or more than twice the area of the chip that ${far.length === 1 ? "it is" : "they are"} told from: too far to say.`);
    }
    const watts = sweep.points.flatMap((point) => sweep.workloads.map((workload) => sweep.value(point, workload, "power_watts"))).filter((value) => value > 0);
    if (metrics.some((metric) => holdsArea(metric) || metric === "energy_joules") && watts.length && Math.max(...watts) > 1.01 * Math.min(...watts))
        told.push(`Not compared at equal power: the average goes from ${number(Math.min(...watts), 3)} to ${number(Math.max(...watts), 3)} W.`);
    return told.length ? el("p.soft", told.join(" ")) : null;
}

export function paretoSection(view) {
    const { sweep } = view, names = view.data.metrics.map(({ name }) => name), areas = view.data.areas ?? {};
    const objectives = view.data.objectives.map(({ metric }) => metric);
    if (names.length < 2 || sweep.points.length < 2) return null;
    const varies = (metric) => new Set(sweep.points.map((point) => sweep.workloads.map((workload) => sweep.value(point, workload, metric)).find((value) => value !== undefined))).size > 1;
    let y = objectives[0], x = objectives[1] ?? kCosts.find((name) => name !== y && names.includes(name) && varies(name)) ?? names.find((name) => name !== y);
    let z = objectives[2] ?? (x !== "area_mm2" && y !== "area_mm2" && names.includes("area_mm2") && varies("area_mm2") ? "area_mm2" : kNone);
    const options = [...objectives, ...names.filter((name) => !objectives.includes(name))].map((name) => [name, nameOf(name)]);
    let redraw = () => {};

    const make = () => {
        const metrics = [...new Set([x, y, z].filter((metric) => metric !== kNone))];
        // Over all workloads: ratios to the base, lower or higher as the metric itself.
        const ratio = (point, metric) => {
            const gain = sweep.gain(point, kAll, metric);
            return gain === undefined ? undefined : sweep.better(metric) === "lower" ? 1 / gain : gain;
        };
        const at = view.workload === kAll ? ratio : (point, metric) => sweep.value(point, view.workload, metric);
        const items = sweep.points.map((point) => ({ point, area: areas[point.number], values: Object.fromEntries(metrics.map((metric) => [metric, at(point, metric)])) }))
            .filter(({ values }) => metrics.every((metric) => values[metric] !== undefined));
        const front = frontOf(items, metrics.map((metric) => ({ metric, lower: sweep.better(metric) === "lower" }))), isOn = (item) => front.has(item) && front.get(item) !== "possible";
        const on = items.filter(isOn).sort((a, b) => a.values[x] - b.values[x] || a.values[y] - b.values[y]);
        const text = (value, metric) => (view.workload === kAll ? times(value) : view.text(value, metric));
        const axisName = (metric) => `${nameOf(metric)}${view.workload === kAll ? " / base" : view.unit(metric) ? `, ${shownUnit(view.unit(metric))}` : ""} (${sweep.better(metric)} is better)`;
        const pick = (label, value, set, more = []) => choice(label, [...more, ...options], value, (chosen) => { set(chosen); redraw(); });
        const controls = [pick("across", x, (value) => { x = value; }), pick("up", y, (value) => { y = value; }), pick("and", z, (value) => { z = value; }, [[kNone, "none"]])];
        if (items.length === 0) return [el("div.row", controls), el("p.soft", "No configuration has these metrics for every workload.")];
        // The third metric is the size of a dot.
        const sizes = z === kNone ? [] : items.map(({ values }) => values[z]), least = Math.min(...sizes), span = Math.max(...sizes) - least;
        const size = (item, usual) => (z === kNone || !(span > 0) ? usual : 7 + (17 * (item.values[z] - least)) / span);
        const list = (item) => metrics.map((metric) => `${nameOf(metric)} ${text(item.values[metric], metric)}`).join(", ") + (kMarks[front.get(item)] ? ` (${kMarks[front.get(item)]})` : "");
        return [chart({
            id: "pareto", title: clipped(view.workloadName(), 44), controls, height: ({ narrow }) => (narrow ? 340 : 440),
            option: ({ colours, narrow }) => {
                const style = (item) => ({ front: { color: front.get(item) === "sure" ? colours.series[0] : colours.paper, borderColor: front.get(item) === "sure" ? colours.paper : colours.series[0], borderWidth: front.get(item) === "sure" ? 1 : 2 },
                    rest: front.get(item) === "possible" ? { color: "transparent", borderColor: colours.series[1], borderWidth: 2 } : { color: colours.soft, opacity: 0.5 } });
                const dot = (item, usual, itemStyle) => ({ value: [item.values[x], item.values[y]], item, symbolSize: size(item, usual), itemStyle });
                const rest = items.filter((item) => !isOn(item) && item.point !== sweep.base), base = items.filter((item) => item.point === sweep.base);
                return {
                    grid: { left: narrow ? 62 : 78, right: 22, top: 38, bottom: 50 }, legend: {},
                    xAxis: { type: "value", scale: true, name: axisName(x), nameLocation: "middle", nameGap: 30, axisLabel: { formatter: (value) => number(value) } },
                    yAxis: { type: "value", scale: true, name: axisName(y), nameLocation: "middle", nameGap: narrow ? 46 : 58, axisLabel: { formatter: (value) => number(value) } },
                    tooltip: { trigger: "item", formatter: ({ data }) => (data.item ? tip(describePoint(sweep, data.item.point), [...metrics.map((metric) => [null, nameOf(metric), text(data.item.values[metric], metric)]), ...(kMarks[front.get(data.item)] ? [[null, kMarks[front.get(data.item)], ""]] : [])]) : "") },
                    series: [
                        { name: "other configurations", type: "scatter", itemStyle: { color: colours.soft }, data: rest.map((item) => dot(item, 8, style(item).rest)) },
                        { name: "Pareto front", type: "line", step: "end", showAllSymbol: true, symbol: "circle", data: on.map((item) => dot(item, 11, style(item).front)), itemStyle: { color: colours.series[0] }, lineStyle: { width: z === kNone ? 2 : 0 } },
                        { name: "base", type: "scatter", data: base.map((item) => ({ ...dot(item, 17), symbolSize: 17 })), symbol: "diamond", itemStyle: { color: colours.series[3], borderColor: colours.paper, borderWidth: 1 }, z: 4,
                            label: { show: true, formatter: "base", position: "top", color: colours.ink, fontWeight: 600 } },
                    ],
                };
            },
        }).node, z !== kNone && span > 0 ? el("p.soft", `The larger a dot, the more ${nameOf(z)} (${sweep.better(z)} is better).`) : null, provisos(view, items, front, metrics),
        el("details", el("summary", `${on.length} ${on.length === 1 ? "configuration" : "configurations"} on the front`), el("ul", on.map((item) => el("li", `${describePoint(sweep, item.point)}: ${list(item)}`))))].filter(Boolean);
    };
    const part = view.part(make);
    redraw = () => part.replaceChildren(...make());
    return section("pareto", "Pareto front", "Configurations that no other one beats in all the metrics chosen. Everything off it costs more than it need.", part);
}

// Whether a point's gain over the base in a metric of area holds whatever the constants: undefined if it depends on them.
export function sureAgainstBase(view, point, workload, metric) {
    const areas = view.data.areas ?? {}, lower = view.sweep.better(metric) === "lower", gain = view.sweep.gain(point, workload, metric);
    return compare(metric, { area: areas[point.number], value: lower ? 1 / gain : gain }, { area: areas[view.sweep.base.number], value: 1 }, lower);
}
