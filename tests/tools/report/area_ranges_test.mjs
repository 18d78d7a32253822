// Comparisons of areas within the ranges of their constants (tools/report/web/src/area_ranges.js), by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { areaOf, compare, difference, frontOf } from "../../../tools/report/web/src/area_ranges.js";

const anchor = { name: "G", mm2: 100 };
const die = (parts) => ({ anchor, parts });
// 1 SM takes 3 to 5 mm2, 1 MiB of L2 1 to 3.
const kSms = (count) => [3 * count, 4 * count, 5 * count], kL2 = (count) => [count, 2 * count, 3 * count];

test("areas are told from the anchor", () => {
    assert.equal(areaOf(die({ sms: kSms(-2), l2: kL2(3) })), 98);
    assert.equal(areaOf({ anchor }), 100);
});

test("a difference holds what two dies do not share, each part at one end of its constant", () => {
    const a = die({ sms: kSms(10), l2: kL2(4) });
    assert.deepEqual(difference(a, a), { low: 0, high: 0 });
    assert.deepEqual(difference(a, die({ sms: kSms(9), l2: kL2(4) })), { low: 3, high: 5 }); // although both areas are uncertain by 20 and more
    assert.deepEqual(difference(a, die({ sms: kSms(9), l2: kL2(7) })), { low: 3 - 9, high: 5 - 3 });
    assert.deepEqual(difference(a, { anchor }), { low: 34, high: 62 });
    assert.deepEqual(difference(a, { anchor }, 2, 1), { low: 168, high: 224 });
});

test("of two anchors constants are independent", () => {
    const other = { anchor: { name: "H", mm2: 90 }, parts: { sms: kSms(9) } };
    assert.deepEqual(difference(die({ sms: kSms(10) }), other), { low: 10 + 30 - 45, high: 10 + 50 - 27 });
});

test("more of the same is surely larger, a trade depends", () => {
    const item = (parts, value) => ({ area: die(parts), value: value ?? areaOf(die(parts)) });
    const few = item({ sms: kSms(1) }), many = item({ sms: kSms(2) }), cache = item({ l2: kL2(2) });
    assert.equal(compare("area_mm2", few, many, true), 1);
    assert.equal(compare("area_mm2", many, few, true), -1);
    assert.equal(compare("area_mm2", few, few, true), 0);
    assert.equal(compare("area_mm2", few, cache, true), undefined); // 3 to 5 against 2 to 6 mm2
    assert.equal(compare("area_mm2", many, cache, true), undefined); // 6 and 6 at the ends
    assert.equal(compare("area_mm2", item({ sms: kSms(3) }), cache, true), -1); // 9 against 6
    assert.equal(compare("time_us", few, cache, true), Math.sign(cache.value - few.value)); // no area in it
});

test("area times time and performance per area: the faster may be the larger", () => {
    const small = die({}), large = die({ sms: kSms(5) }); // 100 against 115 to 125 mm2
    const delay = (speed) => compare("area_delay_product", { area: large, value: 120 / speed }, { area: small, value: 100 }, true);
    assert.equal(delay(1.3), 1);
    assert.equal(delay(1.2), undefined);
    assert.equal(delay(1.1), -1);
    const per = (speed) => compare("performance_per_mm2_gflops", { area: large, value: speed / 120 }, { area: small, value: 1 / 100 }, false);
    assert.equal(per(1.3), 1);
    assert.equal(per(1.2), undefined);
    assert.equal(per(1.1), -1);
    // Ratios to a base compare the same.
    assert.equal(compare("area_delay_product", { area: large, value: 120 / 1.3 / 50 }, { area: small, value: 100 / 50 }, true), 1);
});

const kTime = { metric: "time_us", lower: true }, kArea = { metric: "area_mm2", lower: true }, kRate = { metric: "rate", lower: false };

test("fronts in all directions", () => {
    const items = [[1, 5], [2, 3], [3, 3], [4, 1], [5, 6]].map(([x, y]) => ({ values: { x, y } }));
    const front = (xLower, yLower) => [...frontOf(items, [{ metric: "x", lower: xLower }, { metric: "y", lower: yLower }]).keys()].map(({ values: { x, y } }) => [x, y]);
    assert.deepEqual(front(true, true), [[1, 5], [2, 3], [4, 1]]);
    assert.deepEqual(front(false, false), [[5, 6]]);
    assert.deepEqual(front(true, false), [[1, 5], [5, 6]]);
    assert.deepEqual(front(false, true), [[4, 1], [5, 6]]);
    assert.deepEqual(frontOf([], [kTime]), new Map());
});

test("a third metric keeps what is best in it", () => {
    const items = [[1, 5, 1], [2, 6, 9], [2, 6, 0]].map(([time_us, area_mm2, rate]) => ({ values: { time_us, area_mm2, rate } }));
    assert.deepEqual([...frontOf(items, [kTime, kArea]).keys()], [items[0]]);
    assert.deepEqual([...frontOf(items, [kTime, kArea, kRate]).keys()], [items[0], items[1]]);
});

test("what stays on the front whatever the constants, what may leave it and what may join", () => {
    const item = (time_us, parts) => ({ area: die(parts), values: { time_us, area_mm2: areaOf(die(parts)) } });
    const slow = item(10, {}), sms = item(8, { sms: kSms(2) }), cache = item(9, { l2: kL2(3) }), waste = item(12, { sms: kSms(1) });
    // With l2 at its high end cache (9 mm2) takes more than sms (6 to 10) and is slower.
    assert.deepEqual([...frontOf([slow, sms, cache, waste], [kTime, kArea])], [[slow, "sure"], [sms, "sure"], [cache, "likely"]]);
    // As large as sms in the middle and slower; smaller with l2 at its low end.
    const tie = item(9, { l2: kL2(4.5) });
    assert.deepEqual([...frontOf([slow, sms, tie], [kTime, kArea])], [[slow, "sure"], [sms, "sure"], [tie, "possible"]]);
});
