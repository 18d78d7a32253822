// The die: what each part of it takes, as estimated from the configuration. There only if the run gives an area.
import { chart, tip } from "./chart.js";
import { el, section, switcher } from "./dom.js";
import { number, percent, words } from "./format.js";

const kNames = { control: "sub-core control", fp32: "FP32 lanes", integer: "integer lanes", fp64: "FP64 lanes", tensor: "tensor cores", tensor_f64: "tensor cores, FP64", register_file: "registers",
    l1: "L1 and shared memory", sm_rest: "rest of the SMs", crossbar: "network", l2: "L2", hbm_phy: "HBM PHYs", hbm_controller: "memory controllers", nvlink: "NVLink", rest: "rest of the die" };
export const areaName = (part) => kNames[part] ?? words(part);
const whole = (mm2) => number(Math.round(mm2));

export function areaSection(view) {
    const rows = view.runs.map((run, at) => ({ area: run.area, label: view.pair ? view.label(at) : run.gpu, at })).filter(({ area }) => area && Object.keys(area.parts).length > 0);
    if (rows.length === 0) return null;
    let kind = "mm2";
    const most = (part) => Math.max(...rows.map(({ area }) => area.parts[part] ?? 0));
    const parts = [...new Set(rows.flatMap(({ area }) => Object.keys(area.parts)))].sort((a, b) => most(b) - most(a));
    const value = ({ area }, part) => (area.parts[part] ?? 0) * (kind === "mm2" ? 1 : 100 / area.mm2), unit = () => (kind === "mm2" ? "mm²" : "%");
    const bars = chart({
        id: "area", title: "Where the area goes", height: () => 90 + parts.length * (rows.length > 1 ? 34 : 24),
        controls: switcher("Show", [["mm2", "Area"], ["share", "Shares"]], kind, (chosen) => { kind = chosen; bars.update(); }),
        option: ({ colours, narrow }) => ({
            grid: { left: narrow ? 136 : 190, right: 56, top: rows.length > 1 ? 40 : 14, bottom: 44 }, legend: rows.length > 1 ? {} : undefined,
            xAxis: { type: "value", min: 0, name: kind === "mm2" ? "area of the die, mm²" : "% of the die", nameLocation: "middle", nameGap: 26, axisLabel: { formatter: (x) => number(x) } },
            yAxis: { type: "category", inverse: true, data: parts.map(areaName), splitLine: { show: false }, axisLabel: { color: colours.ink, hideOverlap: false } },
            tooltip: { trigger: "item", formatter: ({ dataIndex }) => tip(areaName(parts[dataIndex]), rows.map((row) => [view.pair ? view.colour(row.at) : colours.series[0], row.label,
                `${number(row.area.parts[parts[dataIndex]] ?? 0, 3)} mm², ${percent((100 * (row.area.parts[parts[dataIndex]] ?? 0)) / row.area.mm2)}`])) },
            series: rows.map((row) => {
                const paint = view.pair ? view.colour(row.at) : colours.series[0];
                return { name: row.label, type: "bar", barMaxWidth: 18, itemStyle: { color: paint, borderColor: colours.paper, borderWidth: 0.8 }, data: parts.map((part) => value(row, part)),
                    label: { show: rows.length === 1, position: "right", color: colours.ink, formatter: ({ value: x }) => `${x < 9.5 ? number(x, 2) : whole(x)} ${unit()}` } };
            }),
        }),
    });
    const text = ({ area, label }) => [
        el("p", view.pair ? el("b", `${label}: `) : null, `About ${whole(area.mm2)} mm² as configured, ${whole(area.low)} to ${whole(area.high)} within the ranges of the constants. `,
            `Told from ${area.anchor?.name ?? "a chip"}, whose die is ${whole(area.anchor?.mm2)} mm² by its vendor; how that divides is estimated (configs/area).`),
        ...(area.notes ?? []).map((note) => el("p", el("b", `${note.replaceAll("mm2", "mm²")}.`)))];
    return section("area", "Area", "The die without what is switched off, memory stacks and interposer. Good for comparing configurations near the chip it is told from; no measurement, and neither clocks nor latencies follow from it.",
        rows.map(text), bars.node);
}
