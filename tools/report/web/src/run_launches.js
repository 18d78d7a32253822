// The table of launches.
import { el, section } from "./dom.js";
import { absent, change, microseconds, number, percent, words } from "./format.js";
import { table } from "./table.js";

const topStall = (span) => Object.entries(span.slots).filter(([reason]) => reason !== "issued").sort((a, b) => b[1] - a[1])[0];

export function launchSection(view) {
    const run = view.runs[0];
    if (run.kernels.length === 0) return null;
    const m = (name) => (row) => view.value(row.span, name);
    const columns = [
        { title: "#", key: ({ span }) => span.id },
        { title: "Kernel", key: ({ span }) => span.name, text: ({ span }) => el("span.name", { title: span.name }, span.name), left: true },
        { title: "Grid", key: ({ span }) => span.ctas, text: ({ span }) => span.grid }, { title: "Block", key: ({ span }) => span.block },
        ...(view.pair ? [] : [{ title: "Registers", key: ({ span }) => span.registers_per_thread, hint: "Per thread" }]),
        { title: "Duration", key: m("time_us"), text: (row) => microseconds(m("time_us")(row)) },
        ...(view.pair ? [{ title: "in B", key: ({ other }) => other && view.value(other, "time_us"), text: ({ other }) => microseconds(other && view.value(other, "time_us")) },
            { title: "Change", key: ({ span, other }) => other && view.value(other, "time_us") / view.value(span, "time_us"), text: ({ span, other }) => {
                const before = view.value(span, "time_us"), after = other && view.value(other, "time_us");
                return el(absent(after) ? "span" : after < before * 0.9995 ? "span.good" : after > before * 1.0005 ? "span.bad" : "span", change(before, after));
            } }] : []),
        ...(view.pair ? [] : [{ title: "Cycles", key: m("cycles"), text: (row) => number(m("cycles")(row)) }]),
        { title: "IPC", key: m("ipc"), text: (row) => number(m("ipc")(row)), hint: view.definition("ipc") },
        { title: "Occupancy", key: m("occupancy_percent"), text: (row) => percent(m("occupancy_percent")(row)), hint: view.definition("occupancy_percent") },
        { title: "L1 hits", key: m("l1_hit_rate_percent"), text: (row) => percent(m("l1_hit_rate_percent")(row)) },
        { title: "L2 hits", key: m("l2_hit_rate_percent"), text: (row) => percent(m("l2_hit_rate_percent")(row)) },
        { title: "DRAM", key: m("dram_utilization_percent"), text: (row) => percent(m("dram_utilization_percent")(row)), hint: view.definition("dram_utilization_percent") },
        { title: "Top stall", key: ({ span }) => topStall(span)?.[1], text: ({ span }) => (topStall(span) ? `${words(topStall(span)[0])} ${percent(topStall(span)[1] * 100, 0)}` : "–"), left: true, hint: "Of issue slots" },
    ];
    const rows = run.kernels.map((span, at) => ({ span, at, other: view.pair ? view.runs[1].kernels[view.partner.get(at)] : undefined }));
    const overlapped = rows.some(({ span }) => span.overlapped);
    return section("launches", "Launches", `${number(run.kernels.length)} ${run.kernels.length === 1 ? "kernel" : "kernels"}${view.pair ? " of run A" : ""}. A head sorts the table.`, table(columns, rows, { limit: 60 }),
        overlapped ? el("p.soft", "Kernels that ran beside each other: the counters of such a kernel hold those of the others at the same time too.") : null,
        run.left_out > 0 ? el("p.soft", `${number(run.left_out)} shorter kernels are left out of this page; run.json and kernels.csv have them.`) : null,
        view.pair && rows.some(({ other }) => !other) ? el("p.soft", "A kernel without a value in B has no launch of the same name and turn there.") : null);
}
