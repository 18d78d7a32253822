// Bundles src/ and the chart library into one script and one style sheet, and writes them as a C++ source file.
//
//   node build.mjs OUTPUT.cpp
//
// Requires: node_modules as `npm ci` leaves it. Exit status: 0 done, 1 anything wrong (named on standard error).
// The licences of what is bundled are kept at the head of the script, so that they are in every page.
import { buildSync } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) {
    console.error("build.mjs: name the C++ file to write");
    process.exit(1);
}

// What is installed must be what the lock file names: a page made from something else cannot be made again.
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;
const bundled = ["echarts", "zrender", "tslib"];
for (const name of [...bundled, "esbuild"]) {
    const installed = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8")).version;
    const locked = lock[`node_modules/${name}`].version;
    if (installed !== locked) {
        console.error(`build.mjs: ${name} ${installed} is installed, package-lock.json names ${locked}; run npm ci in tools/report/web`);
        process.exit(1);
    }
}

function licence(name) {
    const folder = join(here, "node_modules", name);
    const version = lock[`node_modules/${name}`].version;
    const texts = ["NOTICE", "LICENSE", "LICENSE.txt", "licenses/LICENSE-d3"].filter((file) => existsSync(join(folder, file)));
    return [`${name} ${version}`, ...texts.map((file) => readFileSync(join(folder, file), "utf8").trim())].join("\n\n");
}

function bundle(entry, options) {
    const result = buildSync({
        absWorkingDir: here, entryPoints: [entry], bundle: true, minify: true, write: false, charset: "utf8", logLevel: "warning",
        target: ["es2020", "chrome90", "firefox90", "safari15"], legalComments: "none", ...options,
    });
    return result.outputFiles[0].text;
}

const licences = bundled.map(licence).join("\n\n----\n\n").replaceAll("*/", "* /");
const script = `/*\nThis script holds:\n\n${licences}\n*/\n` + bundle("src/main.js", { format: "iife" });
const style = bundle("src/page.css", {});
for (const [name, text] of [["script", script], ["style", style]]) {
    if (text.includes(')heddle"') || /<\/(script|style)/i.test(text)) {
        console.error(`build.mjs: the ${name} holds a text that would end its element early`);
        process.exit(1);
    }
}

// The pieces keep each string literal short; the compiler joins them.
function literal(text) {
    const pieces = [];
    for (let at = 0; at < text.length;) {
        let end = Math.min(at + 16000, text.length);
        if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1])) --end;
        pieces.push(`R"heddle(${text.slice(at, end)})heddle"`);
        at = end;
    }
    return pieces.join("\n");
}

writeFileSync(output, [
    "// Made by tools/report/web/build.mjs.",
    '#include "tools/report/assets.hpp"',
    "namespace heddle::report {",
    "namespace {",
    `constexpr char kScript[] = ${literal(script)};`,
    `constexpr char kStyle[] = ${literal(style)};`,
    "} // namespace",
    "Assets page_assets() { return {{kScript, sizeof kScript - 1}, {kStyle, sizeof kStyle - 1}}; }",
    "} // namespace heddle::report",
    "",
].join("\n").replaceAll("\r", ""));
