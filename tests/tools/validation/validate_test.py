#!/usr/bin/env python3
"""`heddle validate` as a user calls it: a few cases of the shipped suite, finished simulations used again, and bad input. Usage: validate_test.py HEDDLE"""
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SUITE = ROOT / "validation/suites/microbenchmarks.yaml"
NCU = '"ID","Kernel Name","Block Size","Grid Size","sm__cycles_elapsed.max","smsp__inst_executed.sum"\n"","","","","cycle","inst"\n"0","triad","(256, 1, 1)","(528, 1, 1)","8,000","395,264"\n'


class ValidateTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)

    def tearDown(self):
        self.scratch.cleanup()

    def validate(self, *words, status=0):
        done = subprocess.run([HEDDLE, "validate", "--work", self.folder / "work", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def refused(self, words, *expected):
        said = self.validate(*words, status=2)
        for text in expected:
            self.assertIn(text, said)
        self.assertLessEqual(said.count("\n"), 3, said)

    def table(self, *words):
        path = self.folder / "table.csv"
        text = self.validate(*words, "--csv", path)
        with path.open(newline="") as file:
            return text, {row["case"]: row for row in csv.DictReader(file)}

    def test_suite(self):
        words = ["--gpu", "a100_sxm_80gb", SUITE, "--only", "chain_mma", "--only", "launch_gap"]
        text, cases = self.table(*words, "--html", self.folder / "page.html")
        self.assertIn("simulations: 3 run, 0 reused", text)
        self.assertEqual(set(cases), {"chain_mma_f16", "chain_mma_s8", "launch_gap"})
        self.assertEqual(cases["launch_gap"]["use"], "fitted")
        for case in cases.values():
            self.assertEqual(case["excluded"], "")
            self.assertAlmostEqual(float(case["error"]), 100 * (float(case["simulated"]) / float(case["measured"]) - 1), delta=0.01)
        self.assertIn("chain_mma_f16", (self.folder / "page.html").read_text())
        again, same = self.table(*words)
        self.assertIn("simulations: 0 run, 3 reused", again)
        self.assertEqual(cases, same)
        other, _ = self.table(*words, "--set", "host.launch_latency=2 us")
        self.assertIn("simulations: 3 run, 0 reused", other)  # another configuration

    def test_what_cannot_be_simulated_is_excluded_with_its_reason(self):
        for name in ("suites", "recipes", "reference"):
            shutil.copytree(ROOT / "validation" / name, self.folder / name)
        recipe = self.folder / "recipes/mma.yaml"
        recipe.write_text(recipe.read_text().replace("kernel: ${kernel}", "kernel: absent"))
        text, cases = self.table("--gpu", "a100_sxm_80gb", self.folder / "suites/microbenchmarks.yaml", "--only", "chain_mma_f16", "--only", "launch_gap")
        self.assertIn("no kernel is called absent", cases["chain_mma_f16"]["excluded"])
        self.assertNotIn(str(self.folder), cases["chain_mma_f16"]["excluded"].replace(str(self.folder / "recipes"), ""))
        self.assertEqual(cases["launch_gap"]["excluded"], "")

    def test_own_kernels(self):
        measured = self.folder / "measured.csv"
        measured.write_text("==PROF== Connected\n" + NCU)
        recipe = ROOT / "traces/cubins/triad.yaml"
        subprocess.run([HEDDLE, "run", "--quiet", "--gpu", "h200_sxm", "--out", self.folder / "out", recipe], check=True)
        for given in (self.folder / "out/run.json", self.folder / "out", recipe):
            text, _ = self.table("--gpu", "h200_sxm", "--ncu", measured, given)
            self.assertIn("1:triad", text)
        kernel = json.loads((self.folder / "out/run.json").read_text())["kernels"][0]
        with (self.folder / "table.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        cycles = next(row for row in rows if row["metric"] == "sm__cycles_elapsed.max")
        self.assertEqual(float(cycles["simulated"]), kernel["cycles"])
        for text, line in (("", ""), (NCU.replace('"8,000","395,264"', '"8,000'), ":3:"), (NCU.replace(',"395,264"', ""), ":3: has 5 fields"), ("\0", "")):
            measured.write_text(text)
            self.refused(["--gpu", "h200_sxm", "--ncu", measured, self.folder / "out"], f"measured.csv{line}")

    def test_bad_input(self):
        self.refused(["--gpu", "h200_sxm", "microbenchmark"], 'no suite is called "microbenchmark"')
        self.refused(["--gpu", "h201", SUITE], "h201")
        self.refused([SUITE], "--gpu", "is required")
        self.refused(["--gpu", "h200_sxm", self.folder / "no.yaml"], "no.yaml")
        self.refused(["--gpu", "h200_sxm", SUITE, "--only", "nothing_of_the_sort"], "leaves nothing")
        self.refused(["--gpu", "h200_sxm", SUITE, "--set", "no.such=1"], "no.such")
        self.refused(["--gpu", "h200_sxm", SUITE, "--jobs", "none"], "--jobs")
        self.refused(["--gpu", "h200_sxm", "--ncu", self.folder / "absent.csv", self.folder], "absent.csv")
        self.refused(["--gpu", "h200_sxm", SUITE, SUITE, "--html", "x.html"], "--html")
        self.refused(["--gpu", "h200_sxm", "--", "./app"], "--ncu")
        self.refused(["--gpu", "h200_sxm"], "names nothing")
        self.refused(["--gpu", "h200_sxm", "--ncu", "x.csv"], "--ncu")
        self.refused(["--gpu", "h200_sxm", "--capture", self.folder], "--programs")
        self.refused(["--gpu", "h200_sxm", "--capture", self.folder, "--programs", self.folder], "counters.csv")
        broken = self.folder / "suites/broken.yaml"
        broken.parent.mkdir()
        broken.write_text("reference: x\ngroups: 7\n")
        self.refused(["--gpu", "h200_sxm", broken], "broken.yaml:2:9: has no groups")


if __name__ == "__main__":
    HEDDLE = sys.argv.pop(1)
    unittest.main()
