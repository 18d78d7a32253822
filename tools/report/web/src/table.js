// Tables that sort by a click on a head, numbers to the right.
import { el } from "./dom.js";
import { absent, clipped } from "./format.js";

// columns: [{ title, key (row -> value to sort by), text (row -> text or node), left, hint }]. Rows beyond `limit` are
// shown on request. `mark(row)`: a class for the row.
export function table(columns, rows, { limit = 50, sortedBy = null, descending = true, mark = null, caption = null } = {}) {
    let order = [...rows], by = sortedBy, down = descending, shown = limit;
    const body = el("tbody"), more = el("p.more");
    const heads = columns.map((column, at) => el(column.left ? "th.left" : "th", { scope: "col", title: column.hint ?? (column.title.length > 24 ? column.title : null) },
        column.key ? el("button", { type: "button", onclick: () => sort(at) }, clipped(column.title, 24)) : column.title));

    function compare(a, b) {
        const x = columns[by].key(a), y = columns[by].key(b);
        if (absent(x) || absent(y)) return absent(x) - absent(y);
        const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
        return down ? -order : order;
    }
    function draw() {
        heads.forEach((head, at) => (at === by ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
        body.replaceChildren(...order.slice(0, shown).map((row) => el("tr", mark?.(row) ? { class: mark(row) } : null,
            columns.map((column) => el(column.left ? "td.left" : "td", column.text ? column.text(row) : column.key(row))))));
        more.replaceChildren(...(order.length > shown
            ? [el("button", { type: "button", onclick: () => { shown = order.length; draw(); } }, `Show all ${order.length.toLocaleString("en-US")} rows`)] : []));
    }
    function sort(at) {
        if (by === at) down = !down;
        else [by, down] = [at, rows.some((row) => typeof columns[at].key(row) === "number")];
        order = [...rows].sort(compare);
        draw();
    }
    if (by !== null) order.sort(compare);
    draw();
    return el("div", el("div.scroll", { tabindex: "0" }, el("table", caption ? el("caption", caption) : null, el("thead", el("tr", heads)), body)), more);
}
