// The page about one run, or about two runs side by side.
import { choice, el, replace, section } from "./dom.js";
import { change, clipped, microseconds, number, percent, words } from "./format.js";
import { theme } from "./theme.js";
import { configurationSection, honestySection, metricsSection } from "./run_details.js";
import { areaSection } from "./run_area.js";
import { energySection } from "./run_energy.js";
import { hotSection } from "./run_hot.js";
import { launchSection } from "./run_launches.js";
import { memorySection } from "./run_memory.js";
import { rooflineSection } from "./run_roofline.js";
import { seriesSection } from "./run_series.js";
import { mixSection, occupancySection, speedSection } from "./run_speed.js";
import { stallSection } from "./run_stalls.js";

// What the sections share: the runs, which kernel is looked at, and the spans that belong to it.
class View {
    constructor(data) {
        this.data = data;
        this.runs = data.runs;
        this.pair = data.runs.length === 2;
        this.kernel = data.runs[0].kernels.length === 1 ? 0 : -1; // -1: the whole run
        this.listeners = [];
        this.metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
        this.partner = new Map(data.pairs ?? []);
    }
    label(at) { return this.pair ? "AB"[at] : ""; }
    colour(at) { return theme().series[at]; }
    // [{ run, at, span }]: one for each run in which the chosen kernel is there.
    spans(kernel = this.kernel) {
        return this.runs.map((run, at) => {
            const place = at === 0 ? kernel : this.partner.get(kernel);
            return { run, at, span: kernel < 0 ? run.total : run.kernels[place] };
        }).filter(({ span }) => span !== undefined);
    }
    name(kernel = this.kernel) { return kernel < 0 ? "whole run" : this.runs[0].kernels[kernel].name; }
    choose(kernel) {
        this.kernel = kernel;
        for (const act of this.listeners) act();
    }
    // A part of the page that is made again when another kernel is chosen.
    part(make) {
        const node = el("div");
        const fill = () => replace(node, make());
        this.listeners.push(fill);
        fill();
        return node;
    }
    value(span, name) { return span.m?.[name]; }
    definition(name) { return this.metrics.get(name)?.definition; }
}

const kLinks = [["speed", "Speed of Light"], ["stalls", "Warp State"], ["energy", "Energy"], ["area", "Area"], ["roofline", "Roofline"], ["memory", "Memory"], ["occupancy", "Occupancy"],
    ["mix", "Instructions"], ["hot", "Source Counters"], ["series", "Timeline"], ["launches", "Launches"], ["details", "All metrics"], ["honesty", "Assumptions"]];

function navigation(view, sections) {
    const kernels = view.runs[0].kernels;
    const options = [[-1, "whole run"], ...kernels.map((kernel, at) => [at, `${kernel.id ?? at + 1}: ${clipped(kernel.name, 44)}`])];
    const there = new Set(sections.map((one) => one.id));
    return el("nav", { "aria-label": "Sections" }, el("div",
        el("div.links", kLinks.filter(([id]) => there.has(id)).map(([id, text]) => el("a", { href: `#${id}` }, text))),
        kernels.length > 0 ? choice("Kernel", options, view.kernel, (value) => view.choose(Number(value))) : null));
}

function runFacts(view, run, at) {
    return el("p.facts", view.pair ? [el("span.key", el("i", { style: { background: view.colour(at) } }), el("b", view.label(at)))] : null,
        [run.workload, run.gpu, run.overrides.length ? `with ${run.overrides.join(", ")}` : null, run.cache ? `caches: ${run.cache.split(":")[0]}` : null,
            `configuration ${run.config_hash}`, `run ${run.run_hash}`, `Heddle ${run.heddle_version}`].filter(Boolean).join(" · "));
}

function tiles(view) {
    const both = view.spans();
    const show = (name, title, text) => {
        const values = both.map(({ span }) => view.value(span, name));
        if (values.every((value) => value === undefined || value === null)) return null;
        return el(view.pair ? "div.tile.pair" : "div.tile", { title: view.definition(name) }, el("b", values.map(text).join(" → ")), el("span", title), values.length === 2 ? el("small", change(...values)) : null);
    };
    const stall = both.map(({ span }) => Object.entries(span.slots).filter(([reason]) => reason !== "issued").sort((a, b) => b[1] - a[1])[0]);
    return el("div.tiles",
        show("time_us", "duration", microseconds), show("cycles", "SM cycles", (value) => number(value)),
        view.kernel < 0 ? el("div.tile", el("b", both.map(({ run }) => number(run.kernels.length + run.left_out)).join(" → ")), el("span", "kernels")) : null,
        show("ipc", "warp instructions per cycle", (value) => number(value)),
        show("occupancy_percent", "achieved occupancy", (value) => percent(value)),
        show("compute_throughput_percent", "compute throughput, of peak", (value) => percent(value)), show("memory_throughput_percent", "memory throughput, of peak", (value) => percent(value)),
        stall.every(Boolean) ? el("div.tile", el("b", stall.map(([, share]) => percent(share * 100)).join(" → ")),
            el("span", `of issue slots: ${[...new Set(stall.map(([reason]) => words(reason)))].join(" → ")}`)) : null);
}

function verdict(view) {
    return el("div.verdict", view.spans().map(({ span, at }) => (span.verdict ? el("p", view.pair ? el("b", `${view.label(at)}: `) : null, span.verdict) : null)));
}

export function runPage(data) {
    const view = new View(data);
    const sections = [speedSection(view), stallSection(view), energySection(view), areaSection(view), rooflineSection(view), memorySection(view), occupancySection(view), mixSection(view), hotSection(view),
        seriesSection(view), launchSection(view), metricsSection(view), configurationSection(view), honestySection(view)].filter(Boolean);
    return [
        el("header", el("h1", data.title), view.runs.map((run, at) => runFacts(view, run, at))),
        navigation(view, sections),
        el("main", section("overview", "Overview", null, view.part(() => [el("p.soft", `Of the ${view.kernel < 0 ? "whole run" : `kernel ${view.name()}`}.`), tiles(view), verdict(view)])), sections),
        el("footer", `Made by heddle report. Everything on this page is inside this file; nothing is fetched.`),
    ];
}
