// Warp State Statistics: what issue slots and resident warps spent their cycles on, kernel by kernel.
import { chart, tip } from "./chart.js";
import { el, section, switcher } from "./dom.js";
import { clipped, percent, words } from "./format.js";
import { inkOn, reasonColour, reasonOrder } from "./theme.js";

const kRows = 16;

// The whole run, then the longest kernels, each with its partner below it: [{ label, span, kernel }].
function rowsOf(view) {
    const kernels = view.runs[0].kernels.map((kernel, at) => at).sort((a, b) => (view.runs[0].kernels[b].m?.time_us ?? 0) - (view.runs[0].kernels[a].m?.time_us ?? 0)).slice(0, kRows).sort((a, b) => a - b);
    const shown = kernels.length === 1 && !view.pair ? kernels : [-1, ...kernels];
    return shown.flatMap((kernel) => view.spans(kernel).map(({ span, at }) => ({
        kernel, span, label: `${view.label(at)}${view.pair ? "  " : ""}${kernel < 0 ? "whole run" : `${view.runs[0].kernels[kernel].id}: ${span.name}`}`,
    })));
}

export function stallSection(view) {
    const rows = rowsOf(view);
    if (rows.every(({ span }) => Object.keys(span.slots).length === 0)) return null;
    let kind = "slots";
    const kinds = { slots: ["slots", "issue slots", "% of issue slots of SMs with work"], states: ["states", "resident warps", "% of the cycles of resident warps"] };
    const stack = chart({
        id: "stalls", title: "What cycles were spent on", height: ({ narrow }) => (narrow ? 100 : 92) + rows.length * 27,
        controls: switcher("Cycles of", [["slots", "Issue slots"], ["states", "Warps"]], kind, (value) => { kind = value; stack.update(); }),
        option: ({ colours, narrow, width }) => {
            const reasons = reasonOrder(new Set(rows.flatMap(({ span }) => Object.keys(span[kind]))));
            const room = narrow ? 104 : 210;
            return {
                grid: { left: room, right: 16, top: 40, bottom: 44 },
                legend: { data: reasons.map(words) },
                xAxis: { type: "value", min: 0, max: 100, name: kinds[kind][2], nameLocation: "middle", nameGap: 26 },
                yAxis: { type: "category", inverse: true, data: rows.map(({ label }) => label), splitLine: { show: false },
                    axisLabel: { color: colours.ink, hideOverlap: false, formatter: (text) => clipped(text, narrow ? 16 : 32) } },
                tooltip: { trigger: "item", formatter: (point) => {
                    const { span, label } = rows[point.dataIndex];
                    return tip(label, Object.entries(span[kind]).sort((a, b) => b[1] - a[1]).slice(0, 10).map(([reason, share]) => [reasonColour(reason), words(reason), percent(share * 100)]));
                } },
                series: reasons.map((reason) => ({
                    name: words(reason), type: "bar", stack: "all", barMaxWidth: 22, itemStyle: { color: reasonColour(reason), borderColor: colours.paper, borderWidth: 0.8 },
                    emphasis: { focus: "series" },
                    data: rows.map(({ span }) => (span[kind][reason] ?? 0) * 100),
                    label: { show: true, color: inkOn(reasonColour(reason)), fontSize: 11, formatter: ({ value }) => (value * (width - room) / 100 > 38 ? `${value.toFixed(0)} %` : "") },
                })),
            };
        },
    });
    const left = view.runs[0].kernels.length - kRows;
    return section("stalls", "Warp State Statistics", "Each cycle of each warp scheduler that had work is charged to one reason: it issued, or why it could not. Reasons carry Nsight Compute's names.", stack.node,
        left > 0 ? el("p.soft", `The ${kRows} longest kernels are shown; ${left} shorter ones are in the table of launches.`) : null);
}
