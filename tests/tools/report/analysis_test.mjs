// What the page of a sweep works out (tools/report/web/src/analysis.js), on sweeps small enough to do by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { geometricMean, kAll, median, Sweep } from "../../../tools/report/web/src/analysis.js";
import { axisValue, describePoint, times } from "../../../tools/report/web/src/sweep_text.js";
import { change, clipped, microseconds, nameOf, number, short, withUnit, words } from "../../../tools/report/web/src/format.js";

// rows: [workload, point, is_base, status, sms, l2, time, rate]
function sweepOf(rows, axes = ["sms", "l2"]) {
    const column = (at) => rows.map((row) => row[at]);
    const values = (at) => [...new Set(column(at))].sort((a, b) => a - b);
    return new Sweep({
        objectives: [{ metric: "time_us", goal: "min" }],
        metrics: [{ name: "time_us", unit: "us", better: "lower" }, { name: "rate", unit: "GB/s", better: "higher" }, { name: "stall_wait_percent", unit: "%", better: "" }],
        axes: axes.map((name, at) => ({ name, label: name, unit: "", kind: "number", values: values(4 + at) })),
        runs: { workload: column(0), point: column(1), is_base: column(2), status: column(3), sms: column(4), l2: column(5), time_us: column(6), rate: column(7), stall_wait_percent: column(7), seed: rows.map(() => 0), run: rows.map((_, at) => at) },
    });
}
const ok = "ok";
const kGrid = [
    ["a", 1, 1, ok, 2, 10, 8, 1], ["b", 1, 1, ok, 2, 10, 4, 1],
    ["a", 2, 0, ok, 4, 10, 4, 2], ["b", 2, 0, ok, 4, 10, 4, 1],
    ["a", 3, 0, ok, 2, 20, 16, 1], ["b", 3, 0, ok, 2, 20, 2, 1],
    ["a", 4, 0, ok, 4, 20, 2, 4], ["b", 4, 0, "failed", 4, 20, null, null],
];

test("gains are better when larger, whatever the metric", () => {
    const sweep = sweepOf(kGrid), [base, wide, large, both] = sweep.points;
    assert.equal(sweep.base, base);
    assert.equal(sweep.baseIsDeclared, true);
    assert.equal(sweep.gain(base, "a", "time_us"), 1);
    assert.equal(sweep.gain(wide, "a", "time_us"), 2);
    assert.equal(sweep.gain(large, "a", "time_us"), 0.5);
    assert.equal(sweep.gain(wide, "a", "rate"), 2);
    assert.ok(Math.abs(sweep.gain(wide, kAll, "time_us") - Math.SQRT2) < 1e-12);
    assert.equal(sweep.gain(both, kAll, "time_us"), undefined); // b failed there
    assert.equal(sweep.measure(wide, "a", "time_us"), 4);
});

test("a point's value is the mean over its seeds", () => {
    const sweep = sweepOf([["a", 1, 1, ok, 2, 10, 8, 1], ["a", 1, 1, ok, 2, 10, 10, 1], ["a", 1, 1, "failed", 2, 10, null, null]]);
    assert.equal(sweep.value(sweep.points[0], "a", "time_us"), 9);
});

test("curves run through the base, with the span of the other axes", () => {
    const sweep = sweepOf(kGrid), { sliced, points } = sweep.curve(sweep.axes[0], "a", "time_us");
    assert.equal(sliced, true);
    assert.deepEqual(points, [{ value: 2, y: 8, low: 8, high: 16 }, { value: 4, y: 4, low: 2, high: 4 }]);
});

test("without points beside the base medians stand in", () => {
    const sweep = sweepOf([["a", 1, 1, ok, 2, 10, 8, 1], ["a", 2, 0, ok, 3, 20, 6, 1], ["a", 3, 0, ok, 4, 30, 4, 1], ["a", 4, 0, ok, 4, 40, 2, 1]]);
    const { sliced, points } = sweep.curve(sweep.axes[0], "a", "time_us");
    assert.equal(sliced, false);
    assert.deepEqual(points.map(({ y }) => y), [8, 6, 3]);
});

test("pairs of axes", () => {
    const sweep = sweepOf(kGrid), { sliced, cells } = sweep.grid(sweep.axes[0], sweep.axes[1], "a", "time_us");
    assert.equal(sliced, true);
    assert.deepEqual(cells, [[0, 0, 1], [0, 1, 0.5], [1, 0, 2], [1, 1, 4]]);
});

test("the axis that moves most comes first", () => {
    const rows = sweepOf(kGrid).sensitivity("b", "time_us");
    assert.deepEqual(rows.map(({ axis, worst, best }) => [axis.name, worst.gain, best.gain]), [["l2", 1, 2], ["sms", 1, 1]]);
});

test("best configuration and what it changes", () => {
    const sweep = sweepOf(kGrid), { point, gain } = sweep.best("a", "time_us");
    assert.equal(gain, 4);
    assert.equal(describePoint(sweep, point), "sms 4, l2 20");
    assert.equal(describePoint(sweep, sweep.base), "base");
    assert.equal(sweep.best("a", "nothing"), undefined);
    // What changes nothing is not recommended.
    const idle = sweepOf([["a", 1, 1, ok, 2, 10, 8, 1], ["a", 2, 0, ok, 4, 20, 3.999, 1], ["a", 3, 0, ok, 4, 10, 4, 1], ["a", 4, 0, ok, 2, 20, 7.999, 1]]);
    assert.equal(describePoint(idle, idle.best("a", "time_us").point), "sms 4");
});

test("a sweep without a base that ran uses its first point", () => {
    const sweep = sweepOf([["a", 1, 1, "failed", 2, 10, null, null], ["a", 2, 0, ok, 4, 10, 4, 1]]);
    assert.equal(sweep.baseIsDeclared, false);
    assert.equal(sweep.base.number, 2);
    const none = sweepOf([["a", 1, 1, "failed", 2, 10, null, null]]);
    assert.equal(none.base, undefined);
    assert.equal(none.best("a", "time_us"), undefined);
    assert.deepEqual(none.sensitivity("a", "time_us"), []);
});

test("stall reasons of a run", () => assert.deepEqual(sweepOf(kGrid).stalls(2), { wait: 2 }));

test("means", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(median([]), undefined);
    assert.ok(Math.abs(geometricMean([1, 4]) - 2) < 1e-12);
    for (const values of [[], [1, undefined], [1, 0], [1, -2]]) assert.equal(geometricMean(values), undefined);
});

test("numbers as text", () => {
    assert.deepEqual([0, 52839, 31.157, 0.00421, 1.58e-7, 12345678, null, undefined, NaN, Infinity].map((value) => number(value)),
        ["0", "52,839", "31.16", "0.00421", "1.58e-7", "12,345,678", "–", "–", "–", "∞"]);
    assert.deepEqual([short(4456448, "B"), short(0, "B"), short(131072), short(12)], ["4.46 MB", "0 B", "131 k", "12"]);
    assert.deepEqual([25.6762, 1020, 0.5, 2.5e6].map(microseconds), ["25.68 µs", "1.02 ms", "500 ns", "2.5 s"]);
    assert.deepEqual([withUnit(12.34, "%"), withUnit(3, "GB/s"), withUnit(3, "uJ"), withUnit(3, "mm2"), withUnit(null, "%"), withUnit(2, "us")], ["12.3 %", "3 GB/s", "3 µJ", "3 mm²", "–", "2 µs"]);
    assert.deepEqual([change(2, 3), change(2, 1), change(0, 1), change(1, null)], ["+50.0 %", "−50.0 %", "–", "–"]);
    assert.deepEqual([words("long_scoreboard"), words("lg_throttle"), nameOf("dram_bandwidth_gbs"), nameOf("time_us")], ["Long Scoreboard", "LG Throttle", "DRAM Bandwidth", "Time"]);
    assert.equal(clipped("abcdefghij", 6).length, 6);
    assert.deepEqual([times(1.23456), times(undefined), axisValue({ unit: "MiB" }, 50), axisValue({ unit: "" }, "lrr")], ["1.235×", "–", "50 MiB", "lrr"]);
});
