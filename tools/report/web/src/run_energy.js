// Energy and power: what each part of the machine took, kernel by kernel. There only if the run gives a breakdown.
import { chart, tip } from "./chart.js";
import { el, section, switcher } from "./dom.js";
import { clipped, number, words } from "./format.js";
import { governorText } from "./run_governor.js";
import { inkOn } from "./theme.js";

const kRows = 16;
const total = (parts) => Object.values(parts).reduce((sum, joules) => sum + joules, 0);

export function energySection(view) {
    const run = view.runs[0];
    const longest = run.kernels.map((kernel, at) => at).sort((a, b) => total(run.kernels[b].energy ?? {}) - total(run.kernels[a].energy ?? {})).slice(0, kRows).sort((a, b) => a - b);
    const rows = (run.kernels.length === 1 && !view.pair ? longest : [-1, ...longest]).flatMap((kernel) => view.spans(kernel).map(({ span, at }) => ({
        span, parts: span.energy ?? {}, label: `${view.label(at)}${view.pair ? "  " : ""}${kernel < 0 ? "whole run" : `${run.kernels[kernel].id}: ${span.name}`}`,
    }))).filter(({ parts }) => total(parts) > 0);
    if (rows.length === 0) return null;
    let kind = "joules";
    const value = (row, part) => (row.parts[part] ?? 0) * (kind === "joules" ? 1e6 : kind === "share" ? 100 / total(row.parts) : 1e6 / (row.span.m?.time_us ?? NaN));
    const names = { joules: "energy, µJ", watts: "average power, W", share: "% of the energy" };
    const stack = chart({
        id: "energy", title: "Where the energy went", height: ({ narrow }) => (narrow ? 120 : 96) + rows.length * 27,
        controls: switcher("Show", [["joules", "Energy"], ["watts", "Power"], ["share", "Shares"]], kind, (chosen) => { kind = chosen; stack.update(); }),
        option: ({ colours, narrow }) => {
            const parts = [...new Set(rows.flatMap(({ parts }) => Object.keys(parts)))].sort((a, b) => rows.reduce((sum, row) => sum + (row.parts[b] ?? 0) - (row.parts[a] ?? 0), 0));
            const paint = (at) => colours.series[at % colours.series.length], second = (at) => (at < colours.series.length ? 1 : 0.5); // more parts than colours
            return {
                grid: { left: narrow ? 104 : 210, right: 16, top: narrow ? 60 : 40, bottom: 44 }, legend: { data: parts.map(words) },
                xAxis: { type: "value", min: 0, name: names[kind], nameLocation: "middle", nameGap: 26, axisLabel: { formatter: (x) => number(x) } },
                yAxis: { type: "category", inverse: true, data: rows.map(({ label }) => label), splitLine: { show: false }, axisLabel: { color: colours.ink, hideOverlap: false, formatter: (text) => clipped(text, narrow ? 16 : 32) } },
                tooltip: { trigger: "item", formatter: (point) => tip(rows[point.dataIndex].label, parts.map((part, at) => [paint(at), words(part), `${number(value(rows[point.dataIndex], part))} ${names[kind].replace(/^.*, /, "").split(" ")[0]}`])) },
                series: parts.map((part, at) => ({ name: words(part), type: "bar", stack: "all", barMaxWidth: 22, itemStyle: { color: paint(at), opacity: second(at), borderColor: colours.paper, borderWidth: 0.8 },
                    label: { show: false, color: inkOn(paint(at)) }, data: rows.map((row) => value(row, part)) })),
            };
        },
    });
    return section("energy", "Energy and Power", "Joules of each part over the duration, as the run's energy model has them; power is their average.",
        view.runs.map((one, at) => (one.governor ? [view.pair ? el("p", el("b", view.label(at))) : null, governorText(one.governor)] : null)), stack.node);
}
