// Which SM did how much and when: a picture with a row of pixels per SM and a column per interval.
import { saveButtons, whenResized } from "./chart.js";
import { el, replace, svg } from "./dom.js";
import { number, short } from "./format.js";
import { lightTheme, onThemeChange, theme } from "./theme.js";

const bytes = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

// A colour between those of the scale; nothing at all is the paper.
function paint(share, colours) {
    if (share <= 0) return bytes(colours.paper);
    const scale = colours.heat.slice(1), place = Math.min(share, 1) * (scale.length - 1), low = Math.min(Math.floor(place), scale.length - 2);
    const [a, b] = [bytes(scale[low]), bytes(scale[low + 1])];
    return a.map((part, at) => Math.round(part + (b[at] - part) * (place - low)));
}

function pixels(rows, most, colours) {
    const sms = Math.max(...rows.map((row) => row.length)), canvas = el("canvas", { width: rows.length, height: sms });
    const context = canvas.getContext("2d"), image = context.createImageData(rows.length, sms);
    rows.forEach((row, x) => row.forEach((count, y) => image.data.set([...paint(count / most, colours), 255], (y * rows.length + x) * 4)));
    context.putImageData(image, 0, 0);
    return { address: canvas.toDataURL(), sms };
}

function scaleOf(most, colours, x, y) {
    const steps = 40;
    return [...Array(steps).keys()].map((at) => svg("rect", { x: x + at * 3, y, width: 3.2, height: 10, fill: `rgb(${paint((at + 1) / steps, colours)})` })).concat(
        svg("text", { x: x - 6, y: y + 9, "text-anchor": "end", "font-size": 11.5, fill: colours.soft }, "0"), svg("text", { x: x + steps * 3 + 6, y: y + 9, "font-size": 11.5, fill: colours.soft }, short(most)));
}

export function smMap(view, run, at) {
    const { end_ns: ends, warp_instructions: rows } = run.sms, canvas = el("div.canvas"), id = `sms${at ? "-b" : ""}`;
    const most = Math.max(...rows.map((row) => Math.max(...row))), end = ends[ends.length - 1] / 1000;
    const make = (colours) => {
        const width = Math.max(canvas.clientWidth || 900, 300), left = 58, right = 12, { address, sms } = pixels(rows, most || 1, colours), tall = Math.min(Math.max(sms * 2, 80), 300), total = tall + 62;
        const step = 10 ** Math.floor(Math.log10(end / 3)), stride = [1, 2, 5, 10].map((factor) => factor * step).find((one) => end / one <= (width < 500 ? 5 : 9)) ?? end;
        const ticks = [...Array(Math.floor(end / stride) + 1).keys()].map((place) => place * stride), inner = width - left - right;
        return { width, height: total, root: svg("svg", { viewBox: `0 0 ${width} ${total}`, class: "drawing", xmlns: "http://www.w3.org/2000/svg", "font-family": "system-ui, sans-serif" },
            svg("rect", { x: left, y: 2, width: inner, height: tall, fill: "none", stroke: colours.line }),
            svg("image", { x: left, y: 2, width: inner, height: tall, href: address, preserveAspectRatio: "none", style: "image-rendering: pixelated" }),
            [0, sms - 1].map((sm) => svg("text", { x: left - 6, y: sm === 0 ? 12 : tall, "text-anchor": "end", "font-size": 11.5, fill: colours.soft }, `SM ${sm}`)),
            ticks.map((time) => svg("text", { x: left + time / end * inner, y: tall + 18, "text-anchor": "middle", "font-size": 11.5, fill: colours.soft }, number(time))),
            svg("text", { x: left + inner / 2, y: tall + 36, "text-anchor": "middle", "font-size": 11.5, fill: colours.soft }, "time, µs"), scaleOf(most, colours, left + 14, tall + 44)) };
    };
    const picture = () => {
        const { root, width, height } = make(lightTheme());
        root.setAttribute("width", width);
        root.setAttribute("height", height);
        root.prepend(svg("rect", { width, height, fill: lightTheme().paper }));
        return { text: new XMLSerializer().serializeToString(root), width, height };
    };
    const draw = () => replace(canvas, make(theme()).root);
    const figure = el("figure.chart", { id: `chart-${id}` }, el("figcaption", el("span.title", `Warp instructions of each SM per interval${view.pair ? ` (${view.label(at)})` : ""}`), el("span.controls", saveButtons(id, picture))), canvas);
    figure.heddleChart = { picture, draw };
    requestAnimationFrame(draw);
    whenResized(draw);
    onThemeChange(draw);
    return figure;
}
