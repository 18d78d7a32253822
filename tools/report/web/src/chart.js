// A chart of the page: drawn when it comes near the screen, again when the window or the colour scheme changes, and
// saved as SVG or PNG (in light colours, for papers).
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { el } from "./dom.js";
import { lightTheme, onThemeChange, theme } from "./theme.js";

echarts.use([BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, GridComponent, LegendComponent, TooltipComponent, DataZoomComponent, MarkLineComponent,
    VisualMapComponent, AriaComponent, SVGRenderer]);

const kNarrow = 560;
const drawn = new Set();
const waiting = new Map();
const watch = new IntersectionObserver((entries) => {
    for (const entry of entries)
        if (entry.isIntersecting && waiting.has(entry.target)) {
            const draw = waiting.get(entry.target);
            waiting.delete(entry.target);
            watch.unobserve(entry.target);
            draw();
        }
}, { rootMargin: "600px" });

// What all charts share; an option of the chart's own wins.
function dressed(option, colours, narrow) {
    const text = { color: colours.ink, fontFamily: "system-ui, sans-serif" };
    const axis = (given) => (given === undefined ? undefined : [given].flat().map((one) => ({
        ...one,
        axisLine: { lineStyle: { color: colours.soft }, ...one.axisLine },
        axisLabel: { color: colours.soft, fontSize: narrow ? 11 : 12, hideOverlap: true, ...one.axisLabel },
        splitLine: { lineStyle: { color: colours.line }, ...one.splitLine },
        nameTextStyle: { color: colours.soft, fontSize: narrow ? 11 : 12, ...one.nameTextStyle },
    })));
    return {
        animation: false, color: colours.series, textStyle: text, backgroundColor: "transparent", ...option,
        xAxis: axis(option.xAxis), yAxis: axis(option.yAxis),
        legend: option.legend && { type: "scroll", top: 0, left: 0, textStyle: { color: colours.ink }, pageTextStyle: { color: colours.ink },
            pageIconColor: colours.accent, pageIconInactiveColor: colours.line, itemWidth: 14, itemHeight: 10, icon: "roundRect", ...option.legend },
        tooltip: option.tooltip && { backgroundColor: colours.paper, borderColor: colours.line, textStyle: { color: colours.ink, fontSize: 13 }, confine: true, ...option.tooltip },
    };
}

function save(name, blob) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// An SVG text as PNG, twice as many pixels each way.
export async function pngOf(text, width, height) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = el("canvas", { width: width * 2, height: height * 2 });
    const context = canvas.getContext("2d");
    context.fillStyle = lightTheme().paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// The buttons that save a picture. `picture()` gives { text, width, height } of an SVG.
export function saveButtons(id, picture) {
    const file = (ending) => `heddle-${id}.${ending}`;
    return el("span.save",
        el("button", { type: "button", title: "Save this chart as SVG", onclick: () => save(file("svg"), new Blob([picture().text], { type: "image/svg+xml" })) }, "SVG"),
        el("button", { type: "button", title: "Save this chart as PNG", onclick: async () => {
            const { text, width, height } = picture();
            save(file("png"), await pngOf(text, width, height));
        } }, "PNG"));
}

// chart({ id, title, height, option, label }): `option({ colours, narrow, width })` gives the chart library's option;
// `height` is in pixels, a number or a function of the same. Returns { node, update() }.
export function chart({ id, title, height = 320, option, label, controls = [] }) {
    const canvas = el("div.canvas", { role: "img", "aria-label": label ?? title });
    const environment = (colours) => ({ colours, width: canvas.clientWidth || 640, narrow: (canvas.clientWidth || 640) < kNarrow });
    const heightOf = (e) => (typeof height === "function" ? height(e) : height);
    let instance = null;
    const one = {
        node: null,
        width: 0,
        draw() {
            const e = environment(theme());
            canvas.style.height = `${heightOf(e)}px`;
            one.width = canvas.clientWidth;
            instance ??= echarts.init(canvas, null, { renderer: "svg" });
            instance.resize({ width: e.width, height: heightOf(e) });
            instance.setOption(dressed(option(e), e.colours, e.narrow), true);
            drawn.add(one);
        },
        update() {
            if (instance) one.draw();
        },
        canvas,
    };
    const picture = () => {
        const e = environment(lightTheme());
        const copy = echarts.init(null, null, { renderer: "svg", ssr: true, width: e.width, height: heightOf(e) });
        copy.setOption({ ...dressed(option(e), e.colours, e.narrow), backgroundColor: e.colours.paper });
        const text = copy.renderToSVGString();
        copy.dispose();
        return { text, width: e.width, height: heightOf(e) };
    };
    one.picture = picture;
    one.instance = () => instance;
    one.node = el("figure.chart", { id: `chart-${id}` }, el("figcaption", el("span.title", title), el("span.controls", controls, saveButtons(id, picture))), canvas);
    one.node.heddleChart = one;
    canvas.style.height = typeof height === "number" ? `${height}px` : "320px";
    waiting.set(canvas, one.draw);
    watch.observe(canvas);
    return one;
}

// Draws everything that still waits, for printing and for tests.
export function drawAll() {
    for (const [canvas, draw] of [...waiting]) {
        waiting.delete(canvas);
        watch.unobserve(canvas);
        draw();
    }
}

const redraw = () => {
    for (const one of [...drawn]) {
        if (!one.canvas.isConnected) drawn.delete(one);
        else one.draw();
    }
};
const onResize = [];
export const whenResized = (act) => onResize.push(act);
let pending = 0;
window.addEventListener("resize", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => {
        for (const one of [...drawn]) if (one.canvas.isConnected && one.canvas.clientWidth !== one.width) one.draw();
        for (const act of onResize) act();
    });
});
onThemeChange(redraw);
window.addEventListener("beforeprint", drawAll);

// The content of a tooltip: a heading and lines of [colour or null, name, value].
export function tip(heading, lines) {
    return el("div.tip", el("b", heading), lines.map(([colour, name, value]) => el("div",
        colour ? el("i", { style: { background: colour } }) : null, el("span", name), el("em", value))));
}
