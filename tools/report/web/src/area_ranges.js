// Which comparisons of areas hold whatever the constants are within their ranges. No drawing here, so that Node.js can test it.
//
// Two configurations share their constants: if a KiB of L1 takes more than was thought, it does in both. So of a difference only what they
// differ in counts, part by part. Areas come as { anchor: { name, mm2 }, parts: { name: [at low, mm2, at high] } }, told from the anchor; of two anchors
// the constants are taken as independent.

const kArea = { area_mm2: 0, area_delay_product: 1, performance_per_mm2_gflops: -1 }; // powers: 0 the area, 1 something times it, -1 something over it
export const holdsArea = (metric) => Object.hasOwn(kArea, metric);

const kLow = 0, kMiddle = 1, kHigh = 2, kNothing = [0, 0, 0];

export function areaOf(area, end = kMiddle) {
    return Object.values(area.parts ?? {}).reduce((sum, part) => sum + part[end], area.anchor.mm2);
}

// The range of `weight a` times area a minus `weight b` times area b.
export function difference(a, b, weightA = 1, weightB = 1) {
    const range = { low: 0, high: 0 };
    const add = (...ends) => {
        range.low += Math.min(...ends);
        range.high += Math.max(...ends);
    };
    const one = a.anchor.name === b.anchor.name && a.anchor.mm2 === b.anchor.mm2;
    add(weightA * a.anchor.mm2 - weightB * b.anchor.mm2);
    const partsA = a.parts ?? {}, partsB = b.parts ?? {};
    for (const name of new Set([...Object.keys(partsA), ...Object.keys(partsB)])) {
        const x = partsA[name] ?? kNothing, y = partsB[name] ?? kNothing;
        if (one) add(...[kLow, kHigh].map((end) => weightA * x[end] - weightB * y[end]));
        else add(...[kLow, kHigh].flatMap((end) => [kLow, kHigh].map((other) => weightA * x[end] - weightB * y[other])));
    }
    return range;
}

// 1 if p is better than q in the metric whatever the constants, -1 if q is, 0 if they are equal, undefined if it depends. p and q: { area, value }, the
// value with the constants in the middle (or its ratio to some base, the same for both).
export function compare(metric, p, q, lower) {
    const rounding = 1e-9;
    const sign = ({ low, high }, scale) => (low > rounding * scale ? 1 : high < -rounding * scale ? -1 : Math.max(-low, high) <= rounding * scale ? 0 : undefined);
    if (!holdsArea(metric) || !p.area || !q.area) return Math.sign(lower ? q.value - p.value : p.value - q.value);
    const power = kArea[metric], areaP = areaOf(p.area), areaQ = areaOf(q.area);
    const beside = (one, area) => (power === 0 ? 1 : power > 0 ? one.value / area : one.value * area); // what stands beside the area
    const keptP = beside(p, areaP), keptQ = beside(q, areaQ);
    // q's over p's: with areas below, the smaller one is better.
    const range = power < 0 ? difference(q.area, p.area, keptP, keptQ) : difference(q.area, p.area, keptQ, keptP);
    return sign(range, Math.abs(power < 0 ? keptP * areaQ : keptQ * areaQ));
}

// The front of items over several metrics: [{ metric, lower }], an item being { area, values: { metric: number } }. Gives a map of those that are on it or might be:
// "sure" on it whatever the constants, "likely" on it with them in the middle, "possible" with others only.
export function frontOf(items, metrics) {
    const middle = ({ metric, lower }, p, q) => Math.sign(lower ? q.values[metric] - p.values[metric] : p.values[metric] - q.values[metric]);
    const ranged = ({ metric, lower }, p, q) => compare(metric, { area: p.area, value: p.values[metric] }, { area: q.area, value: q.values[metric] }, lower);
    const front = new Map();
    for (const item of items) {
        let on = true, sure = true, possible = true;
        for (const other of items) {
            if (other === item) continue;
            const inMiddle = metrics.map((one) => middle(one, item, other)), within = metrics.map((one) => ranged(one, item, other));
            if (inMiddle.every((sign) => sign <= 0) && inMiddle.some((sign) => sign < 0)) on = false;
            if (within.every((sign) => sign === undefined || sign <= 0) && within.some((sign) => sign !== 0)) sure = false;
            if (within.every((sign) => sign !== undefined && sign <= 0) && within.some((sign) => sign < 0)) possible = false;
            if (!on && !possible) break;
        }
        if (on) front.set(item, sure ? "sure" : "likely");
        else if (possible) front.set(item, "possible");
    }
    return front;
}
