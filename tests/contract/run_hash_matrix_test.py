#!/usr/bin/env python3
"""The hash matrix runner notices what it must, shown with a stand-in for heddle."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUNNER = Path(__file__).with_name("run_hash_matrix")
STAND_IN = """#!{python}
import json, os, sys
with open(os.environ["LOG"], "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
def option(name):
    return sys.argv[sys.argv.index(name) + 1]
run_hash = "c0ffee"
{body}
print(json.dumps({{"run_hash": run_hash}}))
"""


class RunHashMatrix(unittest.TestCase):
    def run_with(self, body, *arguments):
        """Runs the matrix against a stand-in whose decisions are `body`; keeps its command lines in self.log."""
        with tempfile.TemporaryDirectory() as folder:
            heddle = Path(folder, "heddle")
            heddle.write_text(STAND_IN.format(python=sys.executable, body=body))
            heddle.chmod(0o755)
            log = Path(folder, "log")
            done = subprocess.run([RUNNER, "--heddle", heddle, *(arguments or ("--gpu", "h200", "trace"))], capture_output=True,
                                  text=True, env={**os.environ, "LOG": str(log)})
            self.log = sorted(log.read_text().splitlines())
            return done.returncode, done.stdout

    def test_equal_hashes_pass_and_every_point_is_run(self):
        status, output = self.run_with("")
        self.assertEqual(status, 0, output)
        self.assertEqual(output.splitlines()[-1], "1 passed, 0 failed")
        self.assertEqual(len(set(self.log)), 36)
        self.assertEqual(sum("--no-skip" in line for line in self.log), 18)
        self.assertEqual(sum("--host systemc" in line for line in self.log), 18)
        self.assertEqual(sum("--quantum max" in line for line in self.log), 12)
        self.assertIn("run --gpu h200 --quantum 16 --threads 3 --host loop --json --no-skip trace", self.log)

    def test_every_gpu_meets_every_trace(self):
        status, output = self.run_with("", "--gpu", "a", "--gpu", "b", "x", "y", "--set", "sm.count=2", "--kernels", "1:2")
        self.assertEqual((status, output.splitlines()[-1]), (0, "4 passed, 0 failed"))
        self.assertEqual(len(self.log), 144)
        self.assertTrue(all("--kernels 1:2 --set sm.count=2" in line for line in self.log))

    def test_one_odd_hash_fails(self):
        body = 'if option("--threads") == "3" and option("--quantum") == "max" and "--no-skip" in sys.argv: run_hash = "dead"'
        status, output = self.run_with(body)
        self.assertEqual(status, 1)
        self.assertIn("2 different hashes, 0 failed runs of 36", output)
        self.assertIn("dead: 2 runs", output)

    def test_a_failed_run_fails(self):
        status, output = self.run_with('if option("--host") == "systemc": sys.exit("no such host")')
        self.assertEqual(status, 1)
        self.assertIn("18 failed runs of 36", output)
        self.assertIn("no such host", output)

    def test_no_hash_is_a_failure(self):
        self.assertEqual(self.run_with('run_hash = ""')[0], 1)
        self.assertEqual(self.run_with('print("{}"); sys.exit(0)')[0], 1)
        self.assertEqual(self.run_with('print("not json"); sys.exit(0)')[0], 1)

    def test_a_hang_is_a_failure(self):
        status, output = self.run_with("import time; time.sleep(30)", "--gpu", "a", "--timeout", "0.5", "--quantum", "1",
                                       "--threads", "1", "--skip", "on", "--host", "loop", "x")
        self.assertEqual(status, 1)
        self.assertIn("ran longer than 0.5 s", output)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
