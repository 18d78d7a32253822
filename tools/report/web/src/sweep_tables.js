// Tables of a sweep: best configuration per workload with the reason, speed-ups, failures, all runs, the sweep itself.
import { kAll } from "./analysis.js";
import { el, section } from "./dom.js";
import { absent, nameOf, number, percent, words } from "./format.js";
import { sureAgainstBase } from "./sweep_pareto.js";
import { axisValue, describePoint, times } from "./sweep_text.js";
import { table } from "./table.js";
import { reasonColour, reasonOrder } from "./theme.js";

// A relative address whose parts cannot be taken for anything else.
const address = (path) => path.split("/").map((part) => (part === ".." || part === "." ? part : encodeURIComponent(part))).join("/");
const runLink = (sweep, run) => (run === undefined ? "–" : sweep.runs.link[run] ? el("a", { href: address(sweep.runs.link[run]) }, `run ${sweep.runs.run[run]}`) : `run ${sweep.runs.run[run]}`);

function stallBar(sweep, run) {
    const stalls = run === undefined ? {} : sweep.stalls(run), reasons = reasonOrder(Object.keys(stalls));
    if (reasons.length === 0) return null;
    return el("span.bar", { title: reasons.map((reason) => `${words(reason)} ${percent(stalls[reason])}`).join(", ") },
        reasons.map((reason) => el("i", { style: { width: `${stalls[reason]}%`, background: reasonColour(reason) } })));
}

const runOf = (point, workload) => point?.runs.get(workload)?.[0];

function bound(sweep, run) {
    return run === undefined ? el("span", "–") : el("span", { title: sweep.runs.verdict[run] ?? "" }, sweep.runs.bound[run] ?? "–", el("div", stallBar(sweep, run)));
}

export function bestSection(view) {
    const { sweep } = view;
    return section("best", "Best configuration for each workload", "What to build for one workload alone, and what bounded it before and after: the most used unit if one is above 60 % of its peak, else what warps wait for. The bars are stall reasons, as shares of the issue slots. Of configurations within 0.1 % of each other the one that changes least is named.", view.part(() => {
        const rows = sweep.workloads.map((workload) => ({ workload, ...sweep.best(workload, view.metric) })).filter(({ point }) => point);
        if (rows.length === 0) return el("p.soft", "No workload has this metric for the base and another configuration.");
        const before = ({ workload }) => runOf(sweep.base, workload), after = ({ workload, point }) => runOf(point, workload);
        return table([
            { title: "Workload", key: (row) => row.workload, text: (row) => el("span.name", { title: row.workload }, row.workload), left: true },
            { title: `${nameOf(view.metric)}, base`, key: (row) => sweep.value(sweep.base, row.workload, view.metric), text: (row) => view.text(sweep.value(sweep.base, row.workload, view.metric)) },
            { title: "best", key: (row) => sweep.value(row.point, row.workload, view.metric), text: (row) => view.text(sweep.value(row.point, row.workload, view.metric)) },
            { title: "Gain", key: (row) => row.gain, text: (row) => times(row.gain), hint: view.gainName() },
            { title: "Configuration", key: (row) => describePoint(sweep, row.point), text: (row) => el("span.prose", sweep.changes(row.point).length ? sweep.changes(row.point).map(({ axis, before, after }) => el("div", `${axis.label}: ${axisValue(axis, before)} → ${axisValue(axis, after)}`)) : "the base"), left: true },
            { title: "Bound before", key: (row) => sweep.runs.bound[before(row)], text: (row) => bound(sweep, before(row)), left: true },
            { title: "after", key: (row) => sweep.runs.bound[after(row)], text: (row) => bound(sweep, after(row)), left: true },
            { title: "Runs", text: (row) => el("span", runLink(sweep, before(row)), " → ", runLink(sweep, after(row))), left: true },
        ], rows);
    }));
}

const kPerWatt = "performance_per_watt_gflops", kPerArea = "area_delay_product";

export function speedUpSection(view) {
    const { sweep } = view;
    return section("speedups", "All configurations against the base", "A head sorts the table; marked is the base.", view.part(() => {
        const cell = (workload) => ({
            title: workload === kAll ? "geo. mean" : workload, key: ({ point }) => sweep.gain(point, workload, view.metric),
            text: ({ point }) => {
                const gain = sweep.gain(point, workload, view.metric);
                return el(absent(gain) ? "span" : gain > 1.0005 ? "span.good" : gain < 0.9995 ? "span.bad" : "span", { title: view.text(sweep.value(point, workload, view.metric)) }, times(gain));
            },
        });
        const workloads = sweep.workloads.length > 1 ? [kAll, ...sweep.workloads.slice(0, 24)] : sweep.workloads;
        // Runs with an energy model: what the configuration does per watt, against the base.
        const overall = sweep.workloads.length > 1 ? kAll : sweep.workloads[0], perWatt = ({ point }) => sweep.gain(point, overall, kPerWatt);
        const watts = sweep.points.some((point) => !absent(perWatt({ point }))) ? [{ title: "per watt", hint: "Gain of performance per watt, all workloads", key: perWatt, text: (row) => el("span", times(perWatt(row))) }] : [];
        // Runs with an area: speed-up over the ratio of areas.
        const perArea = ({ point }) => sweep.gain(point, overall, kPerArea), depends = ({ point }) => sureAgainstBase(view, point, overall, kPerArea) === undefined;
        const areas = sweep.points.some((point) => !absent(perArea({ point }))) ? [{ title: "per mm²", hint: "Gain of speed per area of the die, all workloads; ~ if the ranges of areas allow better and worse than the base", key: perArea,
            text: (row) => el("span", !absent(perArea(row)) && depends(row) ? "~" : null, times(perArea(row))) }] : [];
        const unsure = areas.length > 0 && sweep.points.some((point) => !absent(perArea({ point })) && depends({ point })) ? " Per mm², ~ marks what may be better or worse than the base within the ranges of areas." : "";
        return [el("p.soft", `${nameOf(view.metric)}: ${view.gainName()}.${unsure}`), table([
            ...sweep.axes.map((axis) => ({ title: axis.label, key: ({ point }) => point.values[axis.name], text: ({ point }) => axisValue(axis, point.values[axis.name]), left: axis.kind === "text" })),
            ...workloads.map(cell), ...(view.metric === kPerWatt ? [] : watts), ...(view.metric === kPerArea ? [] : areas)], sweep.points.map((point) => ({ point })), { limit: 25, sortedBy: sweep.axes.length, mark: ({ point }) => (point === sweep.base ? "marked" : null) })];
    }));
}

const allRuns = (sweep) => sweep.runs.run.map((_, run) => run);

export function failureSection(view) {
    const { sweep } = view, failed = allRuns(sweep).filter((run) => sweep.runs.status[run] !== "ok");
    if (failed.length === 0) return null;
    return section("failures", "Failures", `${number(failed.length)} of ${number(sweep.runs.run.length)} runs have no result.`, table([
        { title: "Run", key: (run) => sweep.runs.run[run] }, { title: "Status", key: (run) => sweep.runs.status[run], left: true },
        { title: "Workload", key: (run) => sweep.runs.workload[run], text: (run) => el("span.name", { title: sweep.runs.workload[run] }, sweep.runs.workload[run]), left: true },
        ...sweep.axes.map((axis) => ({ title: axis.label, key: (run) => sweep.runs[axis.name][run], text: (run) => axisValue(axis, sweep.runs[axis.name][run]), left: axis.kind === "text" })),
        { title: "Error", key: (run) => sweep.runs.error[run], text: (run) => el("span.prose", sweep.runs.error[run] ?? "–"), left: true }], failed, { limit: 25 }));
}

export function runsSection(view) {
    const { sweep } = view;
    const severalSeeds = new Set(sweep.runs.seed).size > 1;
    return section("runs", "Runs", "Every run with its objectives; results.sqlite and runs.csv hold all metrics.", view.part(() => {
        // What a governor chose, or an axis set.
        const clocks = new Set(sweep.runs.sm_clock_mhz?.filter((clock) => typeof clock === "number").map(Math.round));
        const metrics = [...new Set([view.metric, ...view.data.objectives.map(({ metric }) => metric), ...(clocks.size > 1 ? ["sm_clock_mhz"] : []), "ipc", "dram_utilization_percent", "occupancy_percent"])].filter((name) => sweep.metrics.has(name));
        return table([
            { title: "Run", key: (run) => sweep.runs.run[run], text: (run) => runLink(sweep, run), left: true },
            { title: "Workload", key: (run) => sweep.runs.workload[run], text: (run) => el("span.name", { title: sweep.runs.workload[run] }, sweep.runs.workload[run]), left: true },
            ...(severalSeeds ? [{ title: "Seed", key: (run) => sweep.runs.seed[run] }] : []),
            ...sweep.axes.map((axis) => ({ title: axis.label, key: (run) => sweep.runs[axis.name][run], text: (run) => axisValue(axis, sweep.runs[axis.name][run]), left: axis.kind === "text" })),
            ...metrics.map((name) => ({ title: nameOf(name), key: (run) => sweep.runs[name][run], text: (run) => view.text(sweep.runs[name][run], name), hint: sweep.metrics.get(name).definition })),
            { title: "Bound by", key: (run) => sweep.runs.bound[run], text: (run) => sweep.runs.bound[run] ?? sweep.runs.status[run], left: true, hint: "See Best configuration for each workload" },
        ], allRuns(sweep), { limit: 20, mark: (run) => (sweep.runs.is_base[run] ? "marked" : null) });
    }));
}

export function aboutSection(view) {
    const { meta, axes, metrics } = view.data;
    return section("about", "About this sweep", null,
        table([{ title: "Axis", key: (axis) => axis.label, left: true }, { title: "Configuration key", key: (axis) => axis.key, text: (axis) => el("code", axis.key), left: true },
            { title: "Base", key: (axis) => axis.base, text: (axis) => axisValue(axis, axis.base) }, { title: "Values", text: (axis) => el("span.prose", axis.values.map((value) => axisValue(axis, value)).join(", ")), left: true }], axes),
        el("details", el("summary", `${metrics.length} metrics, with what they mean`), table([{ title: "Metric", key: (row) => row.name, text: (row) => el("code", row.name), left: true }, { title: "Unit", key: (row) => row.unit, left: true },
            { title: "Better", key: (row) => row.better, left: true }, { title: "Definition", text: (row) => el("span.prose", row.definition), left: true }], metrics, { limit: 300 })),
        meta.sweep_file ? el("details", el("summary", "The sweep file"), el("pre.code", meta.sweep_file)) : null);
}
