// All metrics, the configuration, and what a run rests on.
import { chart, tip } from "./chart.js";
import { el, section } from "./dom.js";
import { absent, change, nameOf, number, short, withUnit } from "./format.js";
import { table } from "./table.js";
import { inkOn } from "./theme.js";

// The metrics that differ most between two runs.
function changes(view, [{ span: a }, { span: b }]) {
    const rows = view.data.metrics.map((metric) => ({ ...metric, before: view.value(a, metric.name), after: view.value(b, metric.name) }))
        .filter(({ before, after }) => before > 0 && after > 0 && Math.abs(Math.log(after / before)) > 5e-4).sort((x, y) => Math.abs(Math.log(y.after / y.before)) - Math.abs(Math.log(x.after / x.before)));
    if (rows.length === 0) return el("p.soft", "No metric differs by more than 0.05 %.");
    const verdict = ({ better, before, after }) => (better === "" ? "span" : (better === "lower") === (after < before) ? "span.good" : "span.bad");
    return [el("h3", "Largest changes"), table([{ title: "Metric", key: (row) => row.name, text: (row) => el("span", { title: row.definition }, nameOf(row.name)), left: true },
        { title: "A", key: (row) => row.before, text: (row) => withUnit(row.before, row.unit) }, { title: "B", key: (row) => row.after, text: (row) => withUnit(row.after, row.unit) },
        { title: "Change", key: (row) => row.after / row.before, text: (row) => el(verdict(row), change(row.before, row.after)) }], rows, { limit: 12 })];
}

export function metricsSection(view) {
    if (view.data.metrics.length === 0) return null;
    return section("details", "All metrics", null, view.part(() => {
        const both = view.spans();
        const rows = view.data.metrics.filter(({ name }) => both.some(({ span }) => !absent(view.value(span, name))));
        return [both.length === 2 ? changes(view, both) : null, el("details", el("summary", `${rows.length} metrics of ${view.kernel < 0 ? "the whole run" : view.name()}, with what they mean`), table([
            { title: "Metric", key: (row) => row.name, text: (row) => el("code", row.name), left: true },
            ...both.map(({ span, at }) => ({ title: view.label(at) || "Value", key: (row) => view.value(span, row.name), text: (row) => withUnit(view.value(span, row.name), row.unit) })),
            ...(both.length === 2 ? [{ title: "Change", key: (row) => view.value(both[1].span, row.name) / view.value(both[0].span, row.name), text: (row) => change(view.value(both[0].span, row.name), view.value(both[1].span, row.name)) }] : []),
            { title: "Definition", text: (row) => el("span.prose", row.definition), left: true },
        ], rows, { limit: 200 }))];
    }));
}

export function configurationSection(view) {
    const rows = view.data.config;
    if (rows.length === 0) return null;
    const columns = [{ title: "Key", key: (row) => row[0], text: (row) => el("code", row[0]), left: true }, ...view.runs.map((run, at) => ({ title: view.label(at) || "Value", key: (row) => row[at + 1], text: (row) => row[at + 1] ?? "–" }))];
    const differing = rows.filter((row) => view.pair && row[1] !== row[2]);
    const all = el("details", el("summary", `All ${rows.length} values`), table(columns, rows, { limit: 1000 }));
    if (!view.pair) return section("configuration", "Configuration", null, all);
    return section("configuration", "Configuration", differing.length ? `${differing.length} values differ.` : "The two runs have the same configuration.", differing.length ? table(columns, differing, { limit: 60 }) : null, all);
}

const kSources = [["vendor", "Published by the vendor"], ["measured", "Measured and published by others"], ["paper", "From a paper or a standard"], ["fitted", "Fitted to measurements"], ["assumed", "Assumed"], ["default", "Default of the code"]];

function sourcesChart(view) {
    return chart({
        id: "sources", title: "Where the configuration's values come from", height: 70 + 44 * view.runs.length,
        option: ({ colours, narrow }) => ({
            grid: { left: view.pair ? 34 : 10, right: 18, top: 34, bottom: 26 },
            legend: { data: kSources.map(([name]) => name) },
            xAxis: { type: "value", name: narrow ? "" : "values", max: "dataMax", nameLocation: "middle", nameGap: 24, axisLabel: { show: false }, splitLine: { show: false } },
            yAxis: { type: "category", inverse: true, data: view.runs.map((run, at) => view.label(at)), splitLine: { show: false } },
            tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (points) => tip("Values by source", points.map((point) => [point.color, kSources[point.seriesIndex][1], number(point.value)])) },
            series: kSources.map(([name], at) => ({ name, type: "bar", stack: "all", barMaxWidth: 26, itemStyle: { color: colours.series[[2, 0, 4, 1, 3, 7][at]], borderColor: colours.paper, borderWidth: 1 },
                data: view.runs.map((run) => run.sources?.[name] ?? 0), label: { show: true, color: inkOn(colours.series[[2, 0, 4, 1, 3, 7][at]]), formatter: ({ value }) => (value > 6 ? value : "") } })),
        }),
    });
}

const counts = (object) => Object.entries(object ?? {}).map(([what, count]) => `${what}: ${short(count)}`);
const list = (title, lines, none) => [el("h3", title), lines.length ? el("ul", lines.map((text) => el("li", text))) : el("p.soft", none)];

export function honestySection(view) {
    return section("honesty", "What this rests on", "A simulation is as good as its model. What it assumed, what it left out and where its numbers come from:", el("div.two",
        view.runs.map((run, at) => el("div", view.pair ? el("h3", `Run ${view.label(at)}`) : null,
            list("Assumed", run.assumptions ?? [], "Nothing beyond the model."), list("Not modelled, though asked for", counts(run.unmodelled), "Nothing this workload asked for."),
            Object.keys(run.anomalies ?? {}).length ? list("Anomalies of the input", counts(run.anomalies), "") : null,
            run.cache ? [el("h3", "Caches"), el("p", run.cache)] : null,
            run.host ? [el("h3", "Host"), el("p.soft", `Simulated in ${number(run.host.wall_seconds, 3)} s (${number(run.host.cpu_seconds, 3)} CPU seconds, ${run.host.threads} threads, ${short(run.host.peak_memory_bytes, "B")} of memory).`)] : null)),
        view.runs.some((run) => run.sources) ? sourcesChart(view).node : null));
}
