// Source Counters: the hottest instructions of a kernel with their machine code and stalls.
import { el, section } from "./dom.js";
import { number, percent, short, words } from "./format.js";
import { table } from "./table.js";
import { reasonColour, reasonOrder } from "./theme.js";

function stallBar(stalls, samples) {
    const reasons = reasonOrder(Object.keys(stalls)).filter((reason) => stalls[reason] > 0);
    return el("span.bar", { title: reasons.map((reason) => `${words(reason)} ${percent(stalls[reason] / samples * 100)}`).join(", ") },
        reasons.map((reason) => el("i", { style: { width: `${stalls[reason] / samples * 100}%`, background: reasonColour(reason) } })));
}

const top = (stalls) => Object.entries(stalls).sort((a, b) => b[1] - a[1])[0];
const address = (pc) => (typeof pc === "number" ? pc.toString(16).padStart(4, "0") : String(pc));

export function hotSection(view) {
    if (!view.runs.some((run) => run.kernels.some((kernel) => kernel.hot?.length > 0))) return null;
    return section("hot", "Source Counters", "Instructions at which resident warps were found most often, with what they waited for there.", view.part(() => {
        const found = view.spans().filter(({ span }) => span.hot?.length > 0);
        const longest = view.runs[0].kernels.map((kernel, at) => [kernel.m?.time_us ?? 0, at]).filter(([, at]) => view.runs[0].kernels[at].hot?.length > 0).sort((a, b) => b[0] - a[0])[0];
        const shown = found.length > 0 ? found : longest ? view.spans(longest[1]).filter(({ span }) => span.hot?.length > 0) : [];
        return shown.map(({ span, at }) => {
            const all = span.hot_samples ?? span.hot.reduce((sum, one) => sum + one.samples, 0);
            return [el("h3", `${view.label(at)} ${span.id}: ${span.name}`.trim()), table([
                { title: "PC", key: (row) => row.pc, text: (row) => el("code", address(row.pc)), left: true },
                { title: "SASS", key: (row) => row.sass, text: (row) => el("code.name", { title: row.sass }, row.sass ?? "–"), left: true },
                { title: "Samples", key: (row) => row.samples, text: (row) => number(row.samples) },
                { title: "Share", key: (row) => row.samples, text: (row) => percent(row.samples / all * 100), hint: "Of the samples of the instructions listed" },
                { title: "Stalls", key: (row) => top(row.stalls ?? {})?.[1] ?? 0, text: (row) => stallBar(row.stalls ?? {}, row.samples || 1), left: true },
                { title: "Most", key: (row) => top(row.stalls ?? {})?.[0] ?? "", text: (row) => words(top(row.stalls ?? {})?.[0] ?? "–"), left: true },
                { title: "Executed", key: (row) => row.executed, text: (row) => short(row.executed), hint: "Warp instructions" },
                { title: "Lanes", key: (row) => row.thread_executed / row.executed, text: (row) => number(row.thread_executed / row.executed, 3), hint: "Threads per warp instruction" },
            ], span.hot, { limit: 25, sortedBy: 2 })];
        });
    }));
}
