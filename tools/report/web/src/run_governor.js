// What chose the SM clock: the clocks that a search tried, or what a governor did from interval to interval.
import { el } from "./dom.js";
import { number } from "./format.js";
import { table } from "./table.js";

const kPolicies = { power_cap: "the highest SM clock within the limit", lowest_energy: "the SM clock of least energy", lowest_energy_delay: "the SM clock of least energy times time" };
const megahertz = (hertz) => `${number(hertz / 1e6)} MHz`;

export function governorText(governor) {
    if (!governor || typeof governor !== "object") return null;
    const limits = [governor.cap_watts > 0 ? `${number(governor.cap_watts)} W` : null, governor.policy !== "power_cap" && governor.most_slowdown > 0 ? `${number(governor.most_slowdown)} times the time` : null].filter(Boolean).join(" and ");
    if (governor.interval_ns > 0)
        return el("p", `A governor looked at the power of every ${number(governor.interval_ns / 1e3)} µs${limits ? ` and aimed at ${limits}` : ""}: `,
            `${number(governor.clock_changes)} changes of the SM clock after ${number(governor.intervals)} intervals, ${megahertz(governor.lowest_sm_clock_hz)} to ${megahertz(governor.highest_sm_clock_hz)}; ${number(governor.intervals_above_cap)} intervals drew more.`);
    if (!Array.isArray(governor.runs)) return null;
    return el("div",
        el("p", `A governor chose ${kPolicies[governor.policy] ?? "the SM clock"}${limits ? `, ${governor.policy === "power_cap" ? "" : "within "}${limits}` : ""}: `, el("b", megahertz(governor.sm_clock_hz)),
            governor.keeps_limits === false ? ". No clock keeps the limits; this one comes closest." : "."),
        table([
            { title: "SM clock, MHz", key: (row) => row.sm_clock_hz / 1e6, text: (row) => number(row.sm_clock_hz / 1e6) },
            { title: "Time, µs", key: (row) => row.time_ns / 1e3, text: (row) => number(row.time_ns / 1e3) },
            { title: "Energy, µJ", key: (row) => row.joules * 1e6, text: (row) => number(row.joules * 1e6) },
            { title: "Power, W", key: (row) => row.watts, text: (row) => number(row.watts) },
        ], [...governor.runs].sort((a, b) => b.sm_clock_hz - a.sm_clock_hz), { mark: (row) => (row.sm_clock_hz === governor.sm_clock_hz ? "marked" : null), caption: "Clocks tried" }));
}
