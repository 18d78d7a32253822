// The page about a sweep: what each axis does, alone and in pairs, what is worth its cost, what is best and why.
import { kAll, Sweep } from "./analysis.js";
import { choice, el, replace, section } from "./dom.js";
import { nameOf, number, short, shownUnit, withUnit } from "./format.js";
import { heatSection, responseSection, tornadoSection } from "./sweep_charts.js";
import { paretoSection } from "./sweep_pareto.js";
import { describePoint, times } from "./sweep_text.js";
import { aboutSection, bestSection, failureSection, runsSection, speedUpSection } from "./sweep_tables.js";
import { onThemeChange } from "./theme.js";

// What the sections share: the sweep, and which metric and workload are looked at.
class View {
    constructor(data) {
        this.data = data;
        this.sweep = new Sweep(data);
        this.metric = data.objectives[0]?.metric ?? "time_us";
        this.workload = this.sweep.workloads.length === 1 ? this.sweep.workloads[0] : kAll;
        this.listeners = [];
    }
    choose(what, value) {
        this[what] = value;
        for (const act of this.listeners) act();
    }
    part(make) {
        const node = el("div");
        const fill = () => replace(node, make());
        this.listeners.push(fill);
        fill();
        return node;
    }
    unit(metric = this.metric) { return this.sweep.metrics.get(metric)?.unit ?? ""; }
    text(value, metric = this.metric) { return withUnit(value, this.unit(metric)); }
    // What a ratio to the base is called.
    gainName(metric = this.metric) {
        if (metric === "time_us" || metric === "cycles") return "speed-up over the base";
        return this.sweep.better(metric) === "lower" ? "base / value (higher is better)" : "value / base";
    }
    workloadName() { return this.workload === kAll ? "geometric mean of all workloads" : this.workload; }
    // What a chart with measure() shows on its axis.
    measureName() { return this.workload === kAll ? this.gainName() : `${nameOf(this.metric)}${this.unit() ? `, ${shownUnit(this.unit())}` : ""}`; }
    measureText(value) { return this.workload === kAll ? times(value) : this.text(value); }
}

function tiles(view) {
    const { sweep } = view, { status } = sweep.runs;
    const good = status.filter((one) => one === "ok").length, best = sweep.best(view.workload, view.metric);
    const tile = (big, small, more) => el("div.tile", el("b", big), el("span", small), more ? el("small", more) : null);
    return el("div.tiles", tile(good === status.length ? number(good) : `${number(good)} of ${number(status.length)}`, good === status.length ? "runs, all done" : "runs done"),
        tile(number(sweep.points.length), "configurations"), tile(number(sweep.workloads.length), sweep.workloads.length === 1 ? "workload" : "workloads"),
        tile(number(sweep.axes.length), sweep.axes.length === 1 ? "axis" : "axes"),
        best ? tile(times(best.gain), `best ${view.gainName()}`, describePoint(sweep, best.point)) : null);
}

const kLinks = [["response", "Response"], ["tornado", "Sensitivity"], ["pairs", "Pairs"], ["pareto", "Pareto front"], ["best", "Best"], ["speedups", "Speed-ups"], ["failures", "Failures"], ["runs", "Runs"], ["about", "About"]];

function navigation(view, sections) {
    const there = new Set(sections.map((one) => one.id));
    const objectives = view.data.objectives.map(({ metric }) => metric);
    const metrics = [...objectives, ...view.data.metrics.map(({ name }) => name).filter((name) => !objectives.includes(name))];
    return el("nav", { "aria-label": "Sections" }, el("div", el("div.links", kLinks.filter(([id]) => there.has(id)).map(([id, text]) => el("a", { href: `#${id}` }, text))),
        choice("Metric", metrics.map((name) => [name, nameOf(name)]), view.metric, (value) => view.choose("metric", value)),
        view.sweep.workloads.length > 1 ? choice("Workload", [[kAll, "all"], ...view.sweep.workloads.map((name) => [name, name])], view.workload, (value) => view.choose("workload", value)) : null));
}

export function sweepPage(data) {
    const view = new View(data), { meta } = data;
    const sections = [responseSection(view), tornadoSection(view), heatSection(view), paretoSection(view), bestSection(view), speedUpSection(view), failureSection(view), runsSection(view), aboutSection(view)].filter(Boolean);
    onThemeChange(() => view.choose("metric", view.metric));
    return [
        el("header", el("h1", data.title), meta.description ? el("p", meta.description) : null,
            el("p.facts", [meta.base_gpu ? `base: ${meta.base_gpu}` : null, `${short(data.runs.run.length)} runs`, meta.heddle_version ? `Heddle ${meta.heddle_version}` : null].filter(Boolean).join(" · "))),
        navigation(view, sections),
        el("main", section("overview", "Overview", null, view.part(() => [tiles(view),
            view.sweep.baseIsDeclared ? null : el("p.soft", "No run of the base configuration is there; ratios are against the first configuration that ran.")])), sections),
        el("footer", "Made by heddle report. Everything on this page is inside this file; nothing is fetched."),
    ];
}
