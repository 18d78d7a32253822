#!/usr/bin/env python3
"""Clocks chosen by a governor (power.governor): what a run settles at and what it says of it.

  governor_test.py PATH_OF_HEDDLE
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TRIAD, FFMA = str(ROOT / "traces/cubins/triad.yaml"), str(ROOT / "traces/cubins/ffma.yaml")
HEDDLE = None


def heddle(*arguments):
    return subprocess.run([HEDDLE, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


def record(workload, *settings, gpu="h200_sxm"):
    done = heddle("run", "--gpu", gpu, "--json", *(word for s in settings for word in ("--set", s)), workload)
    if done.returncode:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class Settling(unittest.TestCase):
    def test_a_limit_that_is_kept_changes_nothing(self):
        plain, governed = record(FFMA), record(FFMA, "power.governor.policy=power_cap", "power.governor.cap=600 W")
        self.assertNotIn("governor", plain)
        self.assertEqual(governed["run_hash"], plain["run_hash"])
        choice = governed["governor"]
        self.assertTrue(choice["keeps_limits"])
        self.assertEqual([r["sm_clock_hz"] for r in choice["runs"]], [1980000000])

    def test_under_a_limit_the_run_is_that_at_the_clock_it_settles_at(self):
        for workload, cap in ((FFMA, 220), (TRIAD, 260)):
            found = record(workload, "power.governor.policy=power_cap", f"power.governor.cap={cap} W")
            choice = found["governor"]
            clock = choice["sm_clock_hz"]
            self.assertTrue(choice["keeps_limits"])
            self.assertLess(clock, 1980000000)
            self.assertEqual((1980000000 - clock) % 15000000, 0)
            self.assertEqual(found["peaks"]["sm_clock_hz"], clock)
            same = record(workload, f"clocks.sm={clock // 1000000} MHz")
            self.assertEqual(found["run_hash"], same["run_hash"])
            self.assertEqual(found["total"], same["total"])
            watts = same["total"]["energy"]["joules"] / same["total"]["time_ns"] * 1e9
            self.assertLessEqual(watts, cap)
            if watts < 0.99 * cap:  # else close enough
                above = record(workload, f"clocks.sm={clock // 1000000 + 15} MHz")["total"]
                self.assertGreater(above["energy"]["joules"] / above["time_ns"] * 1e9, cap)
            # The configuration is the one that was asked for.
            self.assertEqual(found["config"]["values"]["clocks.sm"], "1980 MHz")

    def test_least_energy_is_below_that_of_its_neighbours(self):
        energy = lambda clock: record(FFMA, f"clocks.sm={clock} MHz")["total"]["energy"]["joules"]
        found = record(FFMA, "power.governor.policy=lowest_energy", "power.governor.lowest=900 MHz")
        clock = found["governor"]["sm_clock_hz"] // 1000000
        self.assertLessEqual(found["total"]["energy"]["joules"], min(energy(clock - 15), energy(clock + 15), energy(1980), energy(900)))

    def test_a_limit_on_time_bounds_the_search_for_least_energy(self):
        fast = record(FFMA)
        found = record(FFMA, "power.governor.policy=lowest_energy", "power.governor.most_slowdown=1.05")
        self.assertTrue(found["governor"]["keeps_limits"])
        self.assertLessEqual(found["total"]["time_ns"], 1.05 * fast["total"]["time_ns"])
        self.assertLess(found["total"]["energy"]["joules"], fast["total"]["energy"]["joules"])

    def test_the_summary_says_what_was_chosen_and_when_no_clock_is_good(self):
        settings = ["--set", "power.governor.policy=power_cap", "--set", "power.governor.lowest=1800 MHz", "--set"]
        text = heddle("run", "--gpu", "h200_sxm", *settings, "power.governor.cap=280 W", FFMA).stdout
        self.assertRegex(text, r"SM clock +\d{4} MHz, the highest within 280 W \(\d+\.\d W\), of \d tried")
        text = heddle("run", "--gpu", "h200_sxm", *settings, "power.governor.cap=50 W", FFMA).stdout
        self.assertRegex(text, r"SM clock +1800 MHz, the closest: no clock is within 50 W")

    def test_bad_settings_are_status_2_with_words(self):
        for settings, gpu, words in ((["policy=power_cap"], "a100_sxm_80gb", "needs a GPU whose energies are known"),
                                     (["policy=power_cap", "cap=0 W"], "h200_sxm", "needs a limit above 0 W"),
                                     (["policy=power_cap", "lowest=2100 MHz"], "h200_sxm", "is above clocks.sm"),
                                     (["policy=lowest_energy", "most_slowdown=0.5"], "h200_sxm", "want 0, or 1 and more"),
                                     (["policy=lowest_energy", "interval=2000 ns"], "h200_sxm", "want 0 ns"),
                                     (["policy=fastest"], "h200_sxm", "power_cap")):
            done = heddle("run", "--gpu", gpu, *(word for s in settings for word in ("--set", f"power.governor.{s}")), FFMA)
            self.assertEqual((done.returncode, done.stdout), (2, ""), settings)
            self.assertTrue(re.search(words, done.stderr), done.stderr)


class Intervals(unittest.TestCase):
    SETTINGS = ["power.governor.policy=power_cap", "power.governor.cap=260 W", "power.governor.interval=1000 ns"]

    def run_json(self, settings, *options):
        done = heddle("run", "--gpu", "h200_sxm", "--json", "--timeline", "1us", *options,
                      *(word for s in settings for word in ("--set", s)), TRIAD)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_the_clock_follows_the_power_of_the_interval_before(self):
        free, found = self.run_json([]), self.run_json(self.SETTINGS)
        seen = found["governor"]
        clocks = [round(v) for v in found["time_series"]["series"]["sm_clock_mhz"]["values"]]
        watts = found["time_series"]["series"]["power_watts"]["values"]
        self.assertEqual(clocks[0], 1980)
        self.assertEqual(min(clocks) * 1000000, seen["lowest_sm_clock_hz"])
        # The first interval above the limit is followed by a lower clock, of the grid.
        first = next(i for i, w in enumerate(watts) if w > 260)
        self.assertLess(clocks[first + 1], 1980)
        self.assertTrue(all((1980 - c) % 15 == 0 for c in clocks))
        self.assertGreater(seen["intervals"], seen["clock_changes"])
        self.assertGreaterEqual(seen["intervals_above_cap"], 1)
        self.assertGreater(found["total"]["time_ns"], free["total"]["time_ns"])
        self.assertLess(found["total"]["energy"]["joules"] / found["total"]["time_ns"], free["total"]["energy"]["joules"] / free["total"]["time_ns"])

    def test_the_only_kernel_takes_what_the_run_takes(self):
        found = self.run_json(self.SETTINGS)
        kernel, total = found["kernels"][0]["energy"], found["total"]["energy"]
        for part, joules in total["breakdown"].items():
            self.assertAlmostEqual(kernel["breakdown"][part], joules, delta=1e-9 + 2e-3 * joules)  # a kernel's duration may begin after the run

    def test_it_depends_on_no_way_of_computing_and_latency_delays_it(self):
        records = [self.run_json(self.SETTINGS, *way) for way in ([], ["--no-skip"], ["--threads", "2", "--quantum", "16"])]
        for r in records:
            del r["host"]
        self.assertEqual(records[0], records[1])
        self.assertEqual(records[0], records[2])
        late = self.run_json(self.SETTINGS + ["power.governor.latency=1000 ns"])
        changed = lambda r: next(i for i, v in enumerate(r["time_series"]["series"]["sm_clock_mhz"]["values"]) if round(v) != 1980)
        self.assertEqual(changed(late), changed(records[0]) + 1)

    def test_a_limit_never_met_changes_nothing(self):
        plain = self.run_json([])
        found = self.run_json(self.SETTINGS[:1] + ["power.governor.cap=2000 W"] + self.SETTINGS[2:])
        self.assertEqual(found["run_hash"], plain["run_hash"])
        self.assertEqual((found["governor"]["clock_changes"], found["governor"]["intervals_above_cap"]), (0, 0))


PROGRAM = """
__global__ void loop(float* x) { float a = x[threadIdx.x]; for (int i = 0; i < 300; ++i) a = a * 1.0001f + a; x[threadIdx.x] = a; }
int main(int argc, char**) {
    float* x;
    if (cudaMalloc(&x, 1024)) return 9;
    for (int i = 0; i < argc; ++i) loop<<<132, 256>>>(x);
    return cudaDeviceSynchronize() ? 8 : 3;
}
"""
NVCC = shutil.which("nvcc") or ("/usr/local/cuda/bin/nvcc" if Path("/usr/local/cuda/bin/nvcc").exists() else None)


@unittest.skipUnless(NVCC, "there is no nvcc")
class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.app = str(Path(cls.folder.name) / "app")
        Path(cls.app + ".cu").write_text(PROGRAM)
        subprocess.run([NVCC, "-arch=sm_90a", "-o", cls.app, cls.app + ".cu"], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_program(self, script, given="", cap="140 W"):
        return subprocess.run([Path(HEDDLE).resolve(), "run", "--gpu", "h200_sxm", "--set", "power.governor.policy=power_cap", "--set", f"power.governor.cap={cap}", "--set",
                               "power.governor.lowest=1600 MHz", "--", "sh", "-c", script, "sh", self.app], cwd=self.folder.name, input=given, capture_output=True, text=True, timeout=300)

    def test_the_program_keeps_its_exit_status(self):
        done = self.run_program('exec "$1"')
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertRegex(done.stdout, r"governor: \d+ MHz")

    def test_a_program_that_cannot_be_repeated_gives_no_numbers(self):
        done = self.run_program('read word || exit 4; "$1"', "word\n")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"^heddle: no clock was chosen: sh ended with status 3 at 1980 MHz and with 4 at \d+ MHz - .*\n$")

    def test_a_program_that_does_something_else_each_time_is_told(self):
        done = self.run_program('if [ -e again ]; then exec "$1" more; fi; touch again; exec "$1"')
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"^heddle: sh executes 2 times the instructions at \d+ MHz that it does at 1980 MHz: .*\n$")

    def test_a_program_that_a_signal_ends_is_not_started_again(self):
        done = self.run_program('echo started >> starts; "$1"; kill -INT $$')
        self.assertEqual(done.returncode, 130)
        self.assertEqual(Path(self.folder.name, "starts").read_text(), "started\n")


if __name__ == "__main__":
    HEDDLE = sys.argv.pop(1)
    sys.exit(unittest.main(verbosity=1))
