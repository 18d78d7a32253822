// Memory Workload Analysis: the memory hierarchy as a drawing with its traffic.
import { saveButtons, whenResized } from "./chart.js";
import { el, replace, section, svg } from "./dom.js";
import { absent, number, percent, short } from "./format.js";
import { lightTheme, onThemeChange, theme } from "./theme.js";

const kKinds = [["Global", [["global_load", "loads"], ["global_store", "stores"]], "l1"], ["Local", [["local_load", "loads"], ["local_store", "stores"]], "l1"],
    ["Texture", [["texture", "fetches"]], "l1"], ["Atomics", [["atomic", "atomics"]], "l1"],
    ["Shared", [["shared_load", "loads"], ["shared_store", "stores"], ["shared_atomic", "atomics"]], "shared"]];

function box(x, y, width, height, lines, colours, fill = null) {
    const step = 16, top = y + height / 2 - ((lines.length - 1) * step) / 2;
    return [
        svg("rect", { x, y, width, height, rx: 8, fill: colours.tint, stroke: colours.soft, "stroke-width": 1 }),
        absent(fill) ? null : svg("rect", { x: x + 4, y: y + height - 10, width: Math.max(0, (width - 8) * Math.min(fill, 100) / 100), height: 6, rx: 2, fill: colours.series[2] }),
        absent(fill) ? null : svg("rect", { x: x + 4, y: y + height - 10, width: width - 8, height: 6, rx: 2, fill: "none", stroke: colours.soft, "stroke-width": 0.6 }),
        lines.map((text, at) => svg("text", { x: x + width / 2, y: top + at * step - (absent(fill) ? 0 : 4), "text-anchor": "middle", "dominant-baseline": "middle",
            "font-size": at === 0 ? 13.5 : 12, "font-weight": at === 0 ? 650 : 400, fill: at === 0 ? colours.ink : colours.soft }, text)),
    ];
}

// An arrow with its amount; the line is as thick as the amount is large among `largest`.
function arrow(x1, y1, x2, y2, amount, largest, colour, colours, text) {
    const none = !(amount > 0), width = none ? 1 : 1.5 + 9 * Math.sqrt(amount / largest), head = 6 + width * 0.9;
    const length = Math.hypot(x2 - x1, y2 - y1), dx = (x2 - x1) / length, dy = (y2 - y1) / length;
    const bx = x2 - dx * head, by = y2 - dy * head, paint = none ? colours.line : colour;
    const across = Math.abs(dx) > 0.5;
    return [
        svg("line", { x1, y1, x2: bx + dx, y2: by + dy, stroke: paint, "stroke-width": width }),
        svg("path", { d: `M${x2},${y2} L${bx - dy * head * 0.6},${by + dx * head * 0.6} L${bx + dy * head * 0.6},${by - dx * head * 0.6} Z`, fill: paint }),
        svg("text", { x: (x1 + x2) / 2 + (across ? 0 : 9 + width / 2), y: across ? y1 - 7 - width / 2 : (y1 + y2) / 2, "text-anchor": across ? "middle" : "start", "dominant-baseline": across ? "auto" : "middle",
            "font-size": 12.5, "font-weight": 600, fill: none ? colours.soft : colours.ink }, text),
    ];
}

const line = (x1, y1, x2, y2, colours) => svg("path", { d: `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`, fill: "none", stroke: colours.soft, "stroke-width": 1.2 });
const fall = (x1, y1, x2, y2, colours) => svg("path", { d: `M${x1},${y1} C${x1},${(y1 + y2) / 2} ${x2},${(y1 + y2) / 2} ${x2},${y2}`, fill: "none", stroke: colours.soft, "stroke-width": 1.2 });

// The words in each box and the amounts on the arrows.
function contents(view, span) {
    const t = span.traffic, value = (name) => view.value(span, name);
    const hits = { l1: value("l1_hit_rate_percent"), l2: value("l2_hit_rate_percent") };
    const kinds = kKinds.filter(([name, counts]) => name === "Global" || name === "Shared" || counts.some(([key]) => t[key] > 0))
        .map(([name, counts, below]) => ({ below, lines: [name, ...counts.filter(([key]) => t[key] > 0 || counts.length === 1).map(([key, word]) => `${short(t[key] ?? 0)} ${word}`)] }));
    for (const kind of kinds) if (kind.lines.length === 1) kind.lines.push("none");
    const used = (name) => (absent(value(name)) ? [] : [`${percent(value(name))} of peak`]);
    return {
        kinds, flows: [t.l2_to_l1, t.l1_to_l2, t.dram_to_l2, t.l2_to_dram].map((bytes) => bytes ?? 0),
        l1: ["L1/TEX Cache", absent(hits.l1) ? "no loads" : `${percent(hits.l1)} hits`, ...used("l1_utilization_percent")],
        shared: ["Shared Memory", ...used("shared_utilization_percent"), ...(value("shared_bank_conflict_ways") > 1.005 ? [`${number(value("shared_bank_conflict_ways"), 3)}-way conflicts`] : [])],
        l2: ["L2 Cache", absent(hits.l2) ? "no reads" : `${percent(hits.l2)} hits`, ...used("l2_utilization_percent"), ...(t.l2_far > 0 ? [`${short(t.l2_far, "B")} from`, "far partition"] : [])],
        dram: ["Device Memory", ...used("dram_utilization_percent"), ...(absent(value("dram_row_hit_rate_percent")) ? [] : [`${percent(value("dram_row_hit_rate_percent"))} row hits`])],
        hits,
    };
}

function across(view, span, colours) {
    const { kinds, flows, l1, shared, l2, dram, hits } = contents(view, span), largest = Math.max(...flows, 1);
    const pitch = 76, height = Math.max(kinds.length * pitch, 250), middle = height / 2;
    const l1Kinds = kinds.filter(({ below }) => below === "l1").length;
    const l1Top = 4, l1Height = Math.max(l1Kinds * pitch - 12, 120), sharedTop = Math.max(l1Top + l1Height + 16, height - pitch);
    const at = (place) => (kinds[place].below === "shared" ? sharedTop + 30 : l1Top + (l1Height / l1Kinds) * (place + 0.5));
    const total = Math.max(height, sharedTop + 64);
    const root = svg("svg", { viewBox: `0 0 1120 ${total + 4}`, class: "drawing", xmlns: "http://www.w3.org/2000/svg", "font-family": "system-ui, sans-serif" });
    root.append(...[
        kinds.map((kind, place) => [line(110, middle, 190, at(place), colours), line(330, at(place), 450, at(place), colours), ...box(190, at(place) - 30, 140, 60, kind.lines, colours)]),
        box(4, middle - 50, 106, 100, ["Kernel", "warp", "instructions"], colours),
        box(450, l1Top, 150, l1Height, l1, colours, hits.l1), box(450, sharedTop, 150, 60, shared, colours),
        box(730, l1Top, 150, l1Height, l2, colours, hits.l2), box(990, l1Top, 126, l1Height, dram, colours),
        arrow(727, l1Top + l1Height * 0.35, 603, l1Top + l1Height * 0.35, flows[0], largest, colours.series[0], colours, short(flows[0], "B")),
        arrow(603, l1Top + l1Height * 0.75, 727, l1Top + l1Height * 0.75, flows[1], largest, colours.series[1], colours, short(flows[1], "B")),
        arrow(987, l1Top + l1Height * 0.35, 883, l1Top + l1Height * 0.35, flows[2], largest, colours.series[0], colours, short(flows[2], "B")),
        arrow(883, l1Top + l1Height * 0.75, 987, l1Top + l1Height * 0.75, flows[3], largest, colours.series[1], colours, short(flows[3], "B")),
    ].flat(Infinity).filter(Boolean));
    return { root, width: 1120, height: total + 4 };
}

function downward(view, span, colours) {
    const { kinds, flows, l1, shared, l2, dram, hits } = contents(view, span), largest = Math.max(...flows, 1);
    const width = 400, each = Math.min(120, (width - 8) / kinds.length - 8);
    const place = (at) => 4 + (width - 8) / kinds.length * (at + 0.5);
    const tall = 84;
    const root = svg("svg", { viewBox: `0 0 ${width} 640`, class: "drawing", xmlns: "http://www.w3.org/2000/svg", "font-family": "system-ui, sans-serif" });
    root.append(...[
        kinds.map((kind, at) => [fall(200, 36, place(at), 76, colours), fall(place(at), 136, kind.below === "l1" ? 130 : 330, 176, colours), ...box(place(at) - each / 2, 70, each, 70, kind.lines, colours)]),
        box(110, 4, 180, 34, ["Kernel"], colours),
        box(4, 176, 260, tall, l1, colours, hits.l1), box(280, 176, 116, tall, shared, colours),
        box(4, 356, 260, 104, l2, colours, hits.l2), box(4, 552, 260, tall, dram, colours),
        arrow(70, 353, 70, 263, flows[0], largest, colours.series[0], colours, short(flows[0], "B")),
        arrow(180, 263, 180, 353, flows[1], largest, colours.series[1], colours, short(flows[1], "B")),
        arrow(70, 549, 70, 463, flows[2], largest, colours.series[0], colours, short(flows[2], "B")),
        arrow(180, 463, 180, 549, flows[3], largest, colours.series[1], colours, short(flows[3], "B")),
    ].flat(Infinity).filter(Boolean));
    return { root, width, height: 640 };
}

function drawing(view, { span, at }) {
    const canvas = el("div.canvas"), id = `memory${at ? "-b" : ""}`;
    const make = (colours) => (canvas.clientWidth > 0 && canvas.clientWidth < 620 ? downward : across)(view, span, colours);
    const picture = () => {
        const { root, width, height } = make(lightTheme());
        root.setAttribute("width", width);
        root.setAttribute("height", height);
        root.prepend(svg("rect", { width, height, fill: lightTheme().paper }));
        return { text: new XMLSerializer().serializeToString(root), width, height };
    };
    const draw = () => replace(canvas, make(theme()).root);
    const figure = el("figure.chart", { id: `chart-${id}` }, el("figcaption", el("span.title", `Memory chart (${view.pair ? `${view.label(at)}, ` : ""}${view.name()})`),
        el("span.controls", saveButtons(id, picture))), canvas);
    figure.heddleChart = { picture, draw };
    return { figure, draw };
}

export function memorySection(view) {
    if (!view.spans(-1).some(({ span }) => Object.keys(span.traffic).length > 0)) return null;
    let drawings = [];
    const part = view.part(() => {
        drawings = view.spans().map((one) => drawing(view, one));
        requestAnimationFrame(() => drawings.forEach(({ draw }) => draw()));
        return drawings.map(({ figure }) => figure);
    });
    const redraw = () => drawings.forEach(({ draw }) => draw());
    whenResized(redraw);
    onThemeChange(redraw);
    return section("memory", "Memory Workload Analysis",
        "What moved between the levels of the memory hierarchy: blue towards the SMs, orange away from them; a line is as thick as its traffic. The bar in a cache is its hit rate.", part);
}
