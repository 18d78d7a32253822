// Names and values of a sweep as text.
import { absent, number, shownUnit } from "./format.js";

export const times = (value) => (absent(value) ? "–" : `${value.toFixed(Math.abs(value) < 10 ? 3 : 1)}×`);
export const axisValue = (axis, value) => (value === undefined || value === null ? "–" : `${typeof value === "number" ? number(value) : value}${axis.unit ? ` ${shownUnit(axis.unit)}` : ""}`);
export const describePoint = (sweep, point) => {
    const changes = sweep.changes(point);
    return changes.length === 0 ? "base" : changes.map(({ axis, after }) => `${axis.label} ${axisValue(axis, after)}`).join(", ");
};
