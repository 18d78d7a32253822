// Source Counters: the hottest instructions of a kernel with their machine code and what warps waited for there.
import { el, section } from "./dom.js";
import { number, percent, short, words } from "./format.js";
import { table } from "./table.js";
import { reasonColour, reasonOrder } from "./theme.js";

function stallBar(stalls, all) {
    const reasons = reasonOrder(Object.keys(stalls)).filter((reason) => stalls[reason] > 0);
    return el("span.bar", { title: reasons.map((reason) => `${words(reason)} ${percent(stalls[reason] / all * 100)}`).join(", ") },
        reasons.map((reason) => el("i", { style: { width: `${stalls[reason] / all * 100}%`, background: reasonColour(reason) } })));
}

const top = (stalls) => Object.entries(stalls ?? {}).filter(([reason]) => reason !== "selected").sort((a, b) => b[1] - a[1])[0];
const address = (pc) => (typeof pc === "number" ? pc.toString(16).padStart(4, "0") : String(pc));

function hotTable(hot) {
    const all = hot.samples || 1, inside = hot.rows.some((row) => row.function);
    const others = hot.samples - hot.rows.reduce((sum, row) => sum + row.samples, 0);
    return [table([
        ...(inside ? [{ title: "Function", key: (row) => row.function ?? "", text: (row) => el("span.name", { title: row.function }, row.function ?? ""), left: true }] : []),
        { title: "PC", key: (row) => row.pc, text: (row) => el("code", address(row.pc)), left: true, hint: "Byte offset in the function, hexadecimal" },
        { title: "SASS", key: (row) => row.sass, text: (row) => el("code.name", { title: row.sass }, row.sass ?? "–"), left: true },
        { title: "Warp cycles", key: (row) => row.samples, text: (row) => short(row.samples), hint: "Cycles of resident warps that stood at this instruction" },
        { title: "Share", key: (row) => row.samples, text: (row) => percent(row.samples / all * 100), hint: "Of the cycles of all resident warps of the kernel" },
        { title: "Spent on", key: (row) => top(row.stalls)?.[1] ?? 0, text: (row) => stallBar(row.stalls ?? {}, row.samples || 1), left: true },
        { title: "Top stall", key: (row) => top(row.stalls)?.[0] ?? "", text: (row) => (top(row.stalls) ? `${words(top(row.stalls)[0])} ${percent(top(row.stalls)[1] / (row.samples || 1) * 100, 0)}` : "–"), left: true },
        { title: "Executed", key: (row) => row.executed, text: (row) => short(row.executed), hint: "Warp instructions" },
        { title: "Lanes", key: (row) => row.thread_executed / row.executed, text: (row) => number(row.thread_executed / row.executed, 3), hint: "Threads per warp instruction" },
    ], hot.rows, { limit: 20, sortedBy: inside ? 3 : 2 }),
    hot.instructions > hot.rows.length ? el("p.soft", `${number(hot.instructions - hot.rows.length)} other instructions took ${percent(others / all * 100)} of the warp cycles.`) : null];
}

export function hotSection(view) {
    if (!view.runs.some((run) => run.kernels.some((kernel) => kernel.hot?.rows.length > 0))) return null;
    return section("hot", "Source Counters", "Instructions at which warps spent most cycles, counted exactly, and on what. A warp's cycle belongs to the instruction it stands at.", view.part(() => {
        const found = view.spans().filter(({ span }) => span.hot?.rows.length > 0);
        // Of the whole run the longest kernel is shown.
        const longest = view.runs[0].kernels.map((kernel, at) => [kernel.m?.time_us ?? 0, at]).filter(([, at]) => view.runs[0].kernels[at].hot?.rows.length > 0).sort((a, b) => b[0] - a[0])[0];
        const shown = found.length > 0 ? found : view.kernel < 0 && longest ? view.spans(longest[1]).filter(({ span }) => span.hot?.rows.length > 0) : [];
        if (shown.length === 0) return el("p.soft", "Not counted for this kernel, or left out because it is short.");
        return shown.map(({ span, at }) => [el("h3", `${view.label(at)} ${span.id}: ${span.name}`.trim()), hotTable(span.hot)]);
    }));
}
