// Colours. Safe for colour-blind readers: Okabe and Ito's palette and shades of it; neighbours in a stack differ in
// lightness too, and a white line parts them.

const kLight = {
    ink: "#1d2433", soft: "#5c667a", line: "#dfe3ea", paper: "#ffffff", tint: "#f5f7fa", accent: "#0b62a4", bad: "#b3362b", good: "#00704f",
    series: ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8c7a00", "#5c667a"],
    heat: ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"], diverging: ["#b35806", "#f1a340", "#f7f7f7", "#67a9cf", "#08519c"],
};
const kDark = {
    ink: "#e7eaf0", soft: "#9ba6b8", line: "#343c4a", paper: "#14181f", tint: "#1c222c", accent: "#6db6f2", bad: "#f08a7d", good: "#5fd0a8",
    series: ["#4fa8e0", "#f0b429", "#2fc299", "#f07f3c", "#a0d8f7", "#e3a3c7", "#d8cb4a", "#9ba6b8"],
    heat: ["#17202c", "#1f4366", "#2b6ca3", "#58a6dd", "#d6ecfb"], diverging: ["#f1a340", "#a8672a", "#2a303a", "#3b79a8", "#7cc0f0"],
};

const kQuery = window.matchMedia("(prefers-color-scheme: dark)");
export const theme = () => (kQuery.matches ? kDark : kLight);
export const lightTheme = () => kLight;
export const onThemeChange = (act) => kQuery.addEventListener("change", act);

// Reasons of the issue slots and warp states, in the order they are stacked. Families share a hue.
export const kReasons = [
    ["issued", "#009e73"], ["selected", "#009e73"], ["not_selected", "#8fd3bd"],
    ["long_scoreboard", "#0072b2"], ["lg_throttle", "#56b4e9"], ["tex_throttle", "#a9d8f5"],
    ["short_scoreboard", "#e69f00"], ["mio_throttle", "#f6d48a"],
    ["wait", "#8d95a3"], ["math_pipe_throttle", "#cc79a7"], ["dispatch_stall", "#ecc7db"],
    ["barrier", "#d55e00"], ["membar", "#f2ab84"],
    ["no_instruction", "#c9bb1f"], ["branch_resolving", "#f0e98f"],
    ["drain", "#6b4c9a"], ["sleeping", "#b9a4d8"], ["misc", "#59606d"], ["no_warp", "#d0d5dd"],
];
const kReasonColours = new Map(kReasons);
export const reasonColour = (reason) => kReasonColours.get(reason) ?? "#59606d";
// Black or white, whichever reads better on a colour.
export function inkOn(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#10131a" : "#ffffff";
}
export const reasonOrder = (names) => {
    const place = new Map(kReasons.map(([name], at) => [name, at]));
    return [...names].sort((a, b) => (place.get(a) ?? 99) - (place.get(b) ?? 99));
};
