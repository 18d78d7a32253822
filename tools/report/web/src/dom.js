// Elements without markup in strings: whatever comes from data becomes text, never HTML.

// el("p.soft", { title: "..." }, "text", child, ...). Children that are null or false are left out.
export function el(what, ...rest) {
    const [tag, ...classes] = what.split(".");
    const node = document.createElement(tag || "div");
    if (classes.length) node.className = classes.join(" ");
    for (const child of rest.flat(Infinity)) {
        if (child === null || child === undefined || child === false) continue;
        if (child instanceof Node) node.append(child);
        else if (typeof child === "object") assign(node, child);
        else node.append(String(child));
    }
    return node;
}

function assign(node, attributes) {
    for (const [key, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
        else if (key === "style") Object.assign(node.style, value);
        else if (key === "value") node.value = value;
        else node.setAttribute(key, value === true ? "" : String(value));
    }
}

const kSvg = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}, ...children) {
    const node = document.createElementNS(kSvg, tag);
    for (const [key, value] of Object.entries(attributes))
        if (value !== null && value !== undefined) node.setAttribute(key, String(value));
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return node;
}

// A section of the page: heading, one sentence of what it shows, content. `id` is its anchor.
export function section(id, title, sentence, ...content) {
    return el("section", { id }, el("h2", title), sentence ? el("p.soft", sentence) : null, ...content);
}

// A drop-down list. `options`: [value, text]. Calls `change(value)`.
export function choice(label, options, value, change) {
    const select = el("select", { onchange: (event) => change(event.target.value) },
        options.map(([key, text]) => el("option", { value: key, selected: String(key) === String(value) }, text)));
    return el("label.choice", el("span", label), select);
}

// A row of buttons of which one is pressed.
export function switcher(label, options, value, change) {
    const buttons = options.map(([key, text]) => el("button", { type: "button", "aria-pressed": String(key === value) }, text));
    buttons.forEach((button, at) => button.addEventListener("click", () => {
        buttons.forEach((other, place) => other.setAttribute("aria-pressed", String(place === at)));
        change(options[at][0]);
    }));
    return el("div.switcher", { role: "group", "aria-label": label }, buttons);
}

export function replace(node, ...content) {
    node.replaceChildren(...content.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}
