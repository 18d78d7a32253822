// What a sweep's page works out of its runs. No drawing here, so that Node.js can test it (tests/tools/report).
//
// A point is a configuration; a run is a point with a workload and a seed. The value of a metric at a point for a workload
// is the mean over its seeds. The gain of a point is how many times better it is than the base: base / value where lower is
// better, value / base otherwise; over all workloads it is the geometric mean, and absent unless every workload has one.

export const kAll = ""; // the workload that stands for all of them

const known = (value) => typeof value === "number" && Number.isFinite(value);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values) {
    if (values.length === 0) return undefined;
    const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values) {
    if (values.length === 0 || !values.every((value) => known(value) && value > 0)) return undefined;
    return Math.exp(mean(values.map(Math.log)));
}

export class Sweep {
    constructor(data) {
        const runs = data.runs;
        this.data = data;
        this.runs = runs;
        this.axes = data.axes;
        this.workloads = [...new Set(runs.workload)];
        this.metrics = new Map(data.metrics.map((metric) => [metric.name, metric]));
        this.goals = new Map(data.objectives.map(({ metric, goal }) => [metric, goal]));
        this.points = [];
        const byNumber = new Map();
        runs.point.forEach((number, run) => {
            let point = byNumber.get(number);
            if (!point) {
                point = { number, values: Object.fromEntries(this.axes.map(({ name }) => [name, runs[name][run]])), base: false, runs: new Map() };
                byNumber.set(number, point);
                this.points.push(point);
            }
            point.base ||= Boolean(runs.is_base[run]);
            if (runs.status[run] === "ok") point.runs.set(runs.workload[run], [...(point.runs.get(runs.workload[run]) ?? []), run]);
        });
        // Without a base the first point that ran stands in for it.
        this.base = this.points.find((point) => point.base && point.runs.size > 0) ?? this.points.find((point) => point.runs.size > 0);
        this.baseIsDeclared = Boolean(this.base?.base);
    }

    better(metric) {
        const goal = this.goals.get(metric);
        return goal ? (goal === "max" ? "higher" : "lower") : this.metrics.get(metric)?.better || "higher";
    }

    value(point, workload, metric) {
        const values = (point.runs.get(workload) ?? []).map((run) => this.runs[metric]?.[run]).filter(known);
        return values.length ? mean(values) : undefined;
    }

    gain(point, workload, metric) {
        if (workload === kAll) return geometricMean(this.workloads.map((one) => this.gain(point, one, metric)));
        const before = this.base && this.value(this.base, workload, metric), after = this.value(point, workload, metric);
        if (!known(before) || !known(after) || before <= 0 || after <= 0) return undefined;
        return this.better(metric) === "lower" ? before / after : after / before;
    }

    // The value where one workload is asked for, the gain for all of them.
    measure(point, workload, metric) {
        return workload === kAll ? this.gain(point, kAll, metric) : this.value(point, workload, metric);
    }

    // Points that are like the base in every axis but those named.
    slice(...free) {
        return this.points.filter((point) => this.axes.every(({ name }) => free.includes(name) || point.values[name] === this.base?.values[name]));
    }

    // Along one axis: [{ value, y, low, high }]. y is measured with the other axes at the base where the sweep has that, else
    // it is the median over them (`sliced` false); low and high span all points with that value of the axis.
    curve(axis, workload, metric, measure = (point) => this.measure(point, workload, metric)) {
        const slice = this.slice(axis.name);
        const at = (points, value) => points.filter((point) => point.values[axis.name] === value).map(measure).filter(known);
        const sliced = axis.values.filter((value) => at(slice, value).length > 0).length > 1;
        const points = axis.values.map((value) => {
            const all = at(this.points, value), own = sliced ? at(slice, value) : all;
            return { value, y: median(own), low: all.length ? Math.min(...all) : undefined, high: all.length ? Math.max(...all) : undefined };
        }).filter(({ y }) => y !== undefined);
        return { sliced, points };
    }

    // Over a pair of axes: { sliced, cells: [[x index, y index, value]] }.
    grid(x, y, workload, metric) {
        const slice = this.slice(x.name, y.name);
        const at = (points, i, j) => points.filter((point) => point.values[x.name] === x.values[i] && point.values[y.name] === y.values[j])
            .map((point) => this.gain(point, workload, metric)).filter(known);
        const places = x.values.flatMap((_, i) => y.values.map((__, j) => [i, j]));
        const sliced = places.filter(([i, j]) => at(slice, i, j).length > 0).length * 2 > places.length;
        return { sliced, cells: places.map(([i, j]) => [i, j, median(at(sliced ? slice : this.points, i, j))]).filter(([, , value]) => value !== undefined) };
    }

    // How far each axis alone moves the metric, the widest first: [{ axis, worst: { value, gain }, best: { value, gain }, sliced }].
    sensitivity(workload, metric) {
        return this.axes.filter(({ values }) => values.length > 1).map((axis) => {
            const { sliced, points } = this.curve(axis, workload, metric, (point) => this.gain(point, workload, metric));
            const sorted = points.map(({ value, y }) => ({ value, gain: y })).sort((a, b) => a.gain - b.gain);
            return { axis, worst: sorted[0], best: sorted[sorted.length - 1], sliced };
        }).filter(({ worst }) => worst).sort((a, b) => Math.log(b.best.gain / b.worst.gain) - Math.log(a.best.gain / a.worst.gain));
    }

    // The point with the largest gain, undefined if none has one. Of those within 0.1 % of it, the one that changes least.
    best(workload, metric) {
        const found = this.points.map((point) => ({ point, gain: this.gain(point, workload, metric) })).filter(({ gain }) => known(gain)).sort((a, b) => b.gain - a.gain);
        const changed = ({ point }) => this.changes(point).length;
        return found.filter(({ gain }) => gain > found[0].gain * 0.999).sort((a, b) => changed(a) - changed(b))[0];
    }

    // What a point changes against the base: [{ axis, before, after }].
    changes(point) {
        return this.axes.filter(({ name }) => point.values[name] !== this.base?.values[name]).map((axis) => ({ axis, before: this.base?.values[axis.name], after: point.values[axis.name] }));
    }

    // The stall reasons of a run as { reason: per cent of issue slots }.
    stalls(run) {
        const found = {};
        for (const name of this.metrics.keys()) {
            const reason = /^stall_(.+)_percent$/.exec(name)?.[1];
            if (reason && this.runs[name][run] > 0) found[reason] = this.runs[name][run];
        }
        return found;
    }
}
