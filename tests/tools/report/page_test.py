#!/usr/bin/env python3
"""The pages of `heddle report` in headless Chromium: no console error, no request, nothing wider than the window, charts
drawn and saved, hostile names harmless. Pictures at both widths go to a folder to be looked at.

  page_test.py PATH_OF_HEDDLE FOLDER_FOR_PICTURES [PATH_OF_NODE]

Exit status 77 (skipped) without Chromium, or if this Heddle was built without pages.
"""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import chromium  # noqa: E402
import fake_sweep  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
EVIL = fake_sweep.EVIL
HEDDLE = PICTURES = BROWSER = None
WIDTHS = (1280, 420)
TALLER = "<dt>" + "&lt;"  # entities in data must come out as they went in


# Shows tooltips of every series of every chart; gives the charts without any. What they hold must be text, not elements.
TIPS = """(() => {
    const without = [];
    for (const figure of document.querySelectorAll('figure.chart')) {
        const chart = figure.heddleChart.instance?.();
        if (!chart) continue;
        const series = chart.getOption().series;
        let shown = 0;
        series.forEach((one, seriesIndex) => [0, one.data.length >> 1, one.data.length - 1].forEach((dataIndex) => {
            chart.dispatchAction({ type: 'showTip', seriesIndex, dataIndex });
            const tip = figure.querySelector('.tip');
            if (tip?.innerText) ++shown;
            if (tip?.querySelector('script, img, b b')) throw new Error(figure.id + ': markup in a tooltip');
        }));
        chart.dispatchAction({ type: 'hideTip' });
        if (shown === 0) without.push(figure.id);
    }
    return without;
})()"""


def heddle(*arguments):
    return subprocess.run([HEDDLE, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


def simulate(folder, *arguments):
    done = heddle("run", "--gpu", "h200_sxm", "--quiet", "--out", folder, *arguments)
    assert done.returncode == 0, done.stderr
    return Path(folder) / "run.json"


def edited(source, folder, edit):
    """A copy of a run.json in `folder`, changed by `edit`."""
    record = json.loads(Path(source).read_text())
    edit(record)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(record))
    return folder / "run.json"


def make_rich(record):
    """Many kernels with long and hostile names, sampled instructions and time series."""
    kernel = record["kernels"][0]
    begin = kernel["start_ns"]
    record["kernels"] = []
    for at in range(60):
        one = json.loads(json.dumps(kernel))
        length = kernel["time_ns"] * (1 + at % 5)
        one.update(id=at + 1, stream=at % 3, start_ns=begin, end_ns=begin + length, time_ns=length)
        one["name"] = [EVIL, "sgemm", f"void kernel<{'Policy, ' * 30}>(Arguments)", TALLER, "copy"][at % 5]
        one["hot_instructions"] = [
            {"pc": 16 * pc, "sass": f"FFMA R{pc}, R2, {EVIL if pc == 3 else 'R3'}, R1", "samples": 900 // (pc + 1), "executed": 64, "thread_executed": 2000,
             "stalls": {"long_scoreboard": 500 // (pc + 1), "wait": 400 // (pc + 1)}} for pc in range(30)]
        one["hot_instructions_total"] = {"instructions": 99, "samples": 4500}
        begin += length
        record["kernels"].append(one)
    record["total"]["time_ns"] = begin
    record["assumptions"].append(EVIL)
    record["unmodelled"] = {EVIL: 3}
    record["trace"]["description"] = EVIL
    series = {"ipc": ("inst/cycle", 20), "dram_read_bandwidth_gbs": ("GB/s", 900), "dram_write_bandwidth_gbs": ("GB/s", 100), "occupancy_percent": ("%", 50), EVIL: ("", 3)}
    record["time_series"] = {"interval_ns": begin / 200, "end_ns": [begin / 200 * (at + 1) for at in range(200)],
                             "sms": {"warp_instructions": [[(at * 7 + sm) % 50 for sm in range(132)] for at in range(200)]},
                             "series": {name: {"unit": unit, "values": [base * (1 + at % 7 / 9) for at in range(200)]} for name, (unit, base) in series.items()}}


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heddle-pages-"))
        cls.browser = chromium.Browser(BROWSER)
        cls.record = simulate(cls.folder / "run", ROOT / "traces/cubins/sgemm.yaml")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def page(self, *arguments):
        done = heddle("report", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return Path(done.stdout.splitlines()[-1])

    def look(self, page, name, act=None):
        """Opens the page at both widths, light and dark, and checks what must hold for every page."""
        browser = self.browser
        self.assertLess(page.stat().st_size, 5_000_000)
        for width in WIDTHS:
            for dark in (False, True):
                with self.subTest(page=name, width=width, dark=dark):
                    browser.problems.clear()
                    browser.requests.clear()
                    browser.open(page, width, dark)
                    ready = browser.evaluate("window.heddlePage?.ready ?? null")
                    self.assertIsNotNone(ready, f"the script did not end: {browser.problems}")
                    self.assertLess(ready, 5000, "milliseconds until the page can be used")  # a second, on a machine that is not shared
                    if act:
                        browser.evaluate(act)
                    browser.evaluate("heddlePage.drawAll()")
                    browser.evaluate("new Promise((done) => setTimeout(done, 150))")
                    self.assertLessEqual(browser.evaluate("document.documentElement.scrollWidth"), width, "the page is wider than the window")
                    self.assertEqual(browser.evaluate("[...document.querySelectorAll('.canvas')].filter((one) => !one.querySelector('svg path, svg image')).length"), 0, "charts without a drawing")
                    self.assertEqual(browser.evaluate(TIPS), [], "charts without a tooltip")
                    browser.picture(PICTURES / f"{name}_{width}{'_dark' if dark else ''}.png")
                    self.assertEqual(browser.problems, [])
                    self.assertEqual([address for address in browser.requests if address != page.resolve().as_uri() and not address.startswith(("data:", "blob:"))], [])
        print(f"{name}: {page.stat().st_size / 1e6:.2f} MB, usable after {ready:.0f} ms")

    def sections(self):
        return self.browser.evaluate("[...document.querySelectorAll('main section')].map((one) => one.id)")

    def test_a_run(self):
        page = self.page(self.record)
        self.assertEqual(page, self.record.parent / "report.html")
        self.look(page, "run")
        self.assertLessEqual({"overview", "speed", "stalls", "roofline", "memory", "occupancy", "mix", "series", "launches", "configuration", "honesty"}, set(self.sections()))
        text = self.browser.evaluate("document.body.innerText")
        for word in ("H200 SXM 141GB", "GPU Speed Of Light Throughput", "Warp State Statistics", "Long Scoreboard", "sgemm", "L2 Cache", "◀ limit"):
            self.assertIn(word, text)

    def test_a_run_of_many_kernels_with_hostile_names(self):
        page = self.page(edited(self.record, self.folder / "rich", make_rich))
        self.look(page, "rich")
        self.assertLessEqual({"hot", "series"}, set(self.sections()))
        self.assertIsNone(self.browser.evaluate("window.injected ?? null"))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('main b b, main img, main script, svg script').length"), 0)
        text = self.browser.evaluate("document.body.innerText")
        self.assertIn(EVIL, text)
        self.assertIn(TALLER, text)
        # Another kernel may be chosen, and tooltips hold the names as text.
        self.browser.evaluate("(() => { const s = document.querySelector('nav select'); s.selectedIndex = 1; s.dispatchEvent(new Event('change')); })()")
        self.assertIn("◀ limit", self.browser.evaluate("document.getElementById('occupancy').innerText"))
        self.assertEqual(self.browser.problems, [])

    def test_energy_and_power_over_time(self):
        run = simulate(self.folder / "power", "--timeline", "100ns", ROOT / "traces/cubins/gemm_mma.yaml")
        page = self.page(run)
        self.look(page, "power")
        self.assertLessEqual({"energy", "series"}, set(self.sections()))
        drawn = lambda figure: self.browser.evaluate(f"document.getElementById('chart-' + {figure!r})?.heddleChart.instance().getOption().series.map((one) => [one.name, one.data])")
        # The timeline: power in all and its three kinds, which sum to it in every interval, and over the run to its energy.
        record = json.loads(run.read_text())
        lines = dict(drawn("series-power_watts"))
        self.assertEqual(len(lines), 4)
        power, *kinds = lines.values()
        joules, before = 0, 0
        for at, (time, watts) in enumerate(power[1:], start=1):
            self.assertAlmostEqual(watts, sum(kind[at][1] for kind in kinds), delta=5e-4 * watts)  # pages hold few digits
            joules += 1e-6 * (time - before) * watts
            before = time
        self.assertAlmostEqual(joules / record["total"]["energy"]["joules"], 1, delta=0.01)  # intervals are joined by their mean, the last is shorter
        self.assertIsNone(drawn("series-sm_clock_mhz"))  # it did not change
        # Energy: the parts of the run's breakdown that took any, largest first; as power they sum to the average, as shares to 100.
        parts = {part: joules for part, joules in record["total"]["energy"]["breakdown"].items() if joules}
        bars = drawn("energy")
        self.assertEqual(len(bars), len(parts))
        first = [float(values[0]) for _, values in bars]
        for value, joules in zip(first, sorted(parts.values(), reverse=True)):
            self.assertAlmostEqual(value, 1e6 * joules, delta=5e-4 * value)
        for words, total in (("Power", record["total"]["energy"]["joules"] / record["total"]["time_ns"] * 1e9), ("Shares", 100)):
            self.browser.evaluate(f"[...document.querySelectorAll('#energy button')].find((one) => one.textContent === {words!r}).click()")
            self.assertAlmostEqual(sum(float(values[0]) for _, values in drawn("energy")), total, delta=5e-4 * total)
        # A clock that changes has a chart of its own.
        def change(record):
            record["time_series"]["series"]["sm_clock_mhz"]["values"][3] = 990
        self.browser.open(self.page(edited(run, self.folder / "power_clock", change)), 1280)
        self.browser.evaluate("heddlePage.drawAll()")
        self.assertEqual(len(drawn("series-sm_clock_mhz")), 1)
        self.assertEqual(self.browser.problems, [])

    def test_what_a_governor_did(self):
        settings = ["--set", "power.governor.policy=power_cap", "--set", "power.governor.cap=250 W"]
        run = simulate(self.folder / "governor", *settings, ROOT / "traces/cubins/ffma.yaml")
        self.look(self.page(run), "governor")
        text = self.browser.evaluate("document.getElementById('energy').innerText")
        choice = json.loads(run.read_text())["governor"]
        self.assertIn(f"A governor chose the highest SM clock within the limit, 250 W: {choice['sm_clock_hz'] // 1000000:,} MHz", text)
        rows = self.browser.evaluate("[...document.querySelectorAll('#energy tbody tr')].map((row) => [row.className, row.cells[0].innerText])")
        self.assertEqual(sorted(float(clock.replace(",", "")) * 1e6 for _, clock in rows), sorted(r["sm_clock_hz"] for r in choice["runs"]))
        self.assertEqual([float(clock.replace(",", "")) * 1e6 for mark, clock in rows if mark], [choice["sm_clock_hz"]])
        run = simulate(self.folder / "governor_intervals", *settings, "--set", "power.governor.interval=1000 ns", ROOT / "traces/cubins/ffma.yaml")
        self.look(self.page(run), "governor_intervals")
        self.assertIn("A governor looked at the power of every 1 µs and aimed at 250 W", self.browser.evaluate("document.getElementById('energy').innerText"))
        self.assertEqual(self.browser.problems, [])

    def test_two_runs(self):
        other = simulate(self.folder / "other", "--set", "l2.size=30MiB", "--set", "sm.sub_core.warp_scheduler=loose_round_robin", ROOT / "traces/cubins/sgemm.yaml")
        page = self.page(self.record, other, "--out", self.folder / "two.html")
        self.look(page, "two_runs")
        text = self.browser.evaluate("document.getElementById('configuration').innerText")
        self.assertIn("2 values differ", text)
        self.assertIn("loose_round_robin", text)

    def test_charts_are_saved(self):
        self.browser.open(self.page(self.record), 1280)
        for width in WIDTHS:
            self.browser.open(self.record.parent / "report.html", width)
            sizes = self.browser.evaluate("""(async () => {
                const sizes = [];
                for (const figure of document.querySelectorAll('figure.chart')) {
                    const { text, width, height } = figure.heddleChart.picture();
                    if (!text.startsWith('<svg') || new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')) throw new Error(figure.id + ': not SVG');
                    const png = await heddlePage.pngOf(text, width, height);
                    const signature = new Uint8Array(await png.slice(0, 4).arrayBuffer());
                    if (signature[1] !== 80 || signature[2] !== 78) throw new Error(figure.id + ': not PNG');
                    sizes.push([figure.id, text.length, png.size]);
                }
                return sizes;
            })()""")
            self.assertGreaterEqual(len(sizes), 6)
            for figure, text, png in sizes:
                self.assertGreater(text, 1000, figure)
                self.assertGreater(png, 2000, figure)

    def test_tables_sort(self):
        page = self.page(edited(self.record, self.folder / "sorting", make_rich))
        self.browser.open(page, 1280)
        click = "[...document.querySelectorAll('#launches th button')].find((one) => one.textContent === 'Duration').click()"
        read = "[...document.querySelectorAll('#launches tbody tr')].map((row) => Number(row.children[0].textContent))"
        self.browser.evaluate(click)
        first = self.browser.evaluate(read)
        self.browser.evaluate(click)
        last = self.browser.evaluate(read)
        self.assertEqual(first[0] % 5, 0)  # the longest are every fifth
        self.assertEqual(last[0] % 5, 1)

    def test_a_sweep(self):
        fake_sweep.make(self.folder / "sweep")
        page = self.page(self.folder / "sweep")
        self.look(page, "sweep")
        self.assertEqual(self.sections(), ["overview", "response", "tornado", "pairs", "pareto", "best", "speedups", "failures", "runs", "about"])
        self.look(page, "sweep_triad", "(() => { const s = document.querySelectorAll('nav select')[1]; s.value = 'triad'; s.dispatchEvent(new Event('change')); })()")
        self.assertIn("DRAM bandwidth", self.browser.evaluate("document.getElementById('best').innerText"))

    def test_a_sweep_with_hostile_names(self):
        fake_sweep.make(self.folder / "hostile", hostile=True, seeds=2)
        self.look(self.page(self.folder / "hostile"), "sweep_hostile")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('main b b, main img, main script, svg script').length"), 0)
        self.assertIn(EVIL, self.browser.evaluate("document.body.innerText"))

    def test_small_sweeps(self):
        for name, made in (("one_axis", {"l2": (50,), "schedulers": ("greedy_then_youngest",)}), ("one_run", {"sms": (132,), "l2": (50,), "schedulers": ("greedy_then_youngest",), "workloads": fake_sweep.WORKLOADS[:1]}),
                           ("no_base", {"sms": (66, 99)})):
            fake_sweep.make(self.folder / name, **made)
            self.look(self.page(self.folder / name), f"sweep_{name}")

    def test_pages_of_a_sweeps_runs(self):
        folder = self.folder / "linked"
        fake_sweep.make(folder, sms=(132,), l2=(50,), schedulers=("greedy_then_youngest",))
        for number in (1, 2, 3):
            edited(self.record, folder / f"runs/{number:04d}", lambda record: None)
        done = heddle("report", folder, "--runs")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), 4)
        self.assertEqual(len(heddle("report", folder, "--runs").stdout.splitlines()), 1)  # they are there already
        self.browser.open(folder / "report.html", 1280)
        links = self.browser.evaluate("[...document.querySelectorAll('#runs td a')].map((one) => one.getAttribute('href'))")
        self.assertEqual(links, [f"runs/{number:04d}/report.html" for number in (1, 2, 3)])
        self.assertTrue(all((folder / link).is_file() for link in links))


class Input(unittest.TestCase):
    def test_what_cannot_be_shown_is_refused(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "text").write_text("no JSON")
            (folder / "list").write_text("[]")
            (folder / "odd").write_text('{"run_hash": "1", "total": {"stalls": 3, "counters": 4}, "kernels": [{"grid": "x", "block": [-1], "name": 7}], "config": {"values": 3, "read": [1]}}')
            for arguments, word in ((["text"], "is not JSON"), (["list"], "is not a run record"), (["absent"], "cannot be read"), (["list", "--runs"], "--runs")):
                done = heddle("report", *(str(folder / one) if one[0] != "-" else one for one in arguments))
                self.assertEqual(done.returncode, 2, arguments)
                self.assertIn(word, done.stderr)
            self.assertIn(heddle("report", folder / "odd").returncode, (0, 2))
            self.assertEqual(heddle("report").returncode, 2)


class Analysis(unittest.TestCase):
    node = None

    def test_what_a_sweeps_page_works_out(self):
        if not self.node:
            self.skipTest("no Node.js")
        done = subprocess.run([self.node, "--test", *(str(Path(__file__).with_name(name)) for name in ("analysis_test.mjs", "area_ranges_test.mjs"))], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    HEDDLE, PICTURES = sys.argv[1], Path(sys.argv[2])
    Analysis.node = sys.argv[3] if len(sys.argv) > 3 else shutil.which("node")
    BROWSER = chromium.find()
    if not BROWSER:
        print("skipped: no Chromium")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as probe:
        fake_sweep.make(probe, sms=(132,), l2=(50,), schedulers=("greedy_then_youngest",))
        done = heddle("report", probe)
        if "built without the script of its pages" in done.stderr:
            print("skipped: Heddle was built without pages")
            sys.exit(77)
    PICTURES.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
