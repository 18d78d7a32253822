// The page: reads the data inside it and shows what it is about.
import { drawAll, pngOf } from "./chart.js";
import { runPage } from "./run_page.js";
import { sweepPage } from "./sweep_page.js";

const data = JSON.parse(document.getElementById("data").textContent);
document.body.append(...(data.kind === "sweep" ? sweepPage(data) : runPage(data)));
// For scripts that take pictures of the page.
window.heddlePage = { drawAll, pngOf, ready: performance.now() };
