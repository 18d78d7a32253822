#!/usr/bin/env python3
"""tools/calibrate against a simulator whose answers are known: simulated = 3 * (parameter + 20), measured 300.

  calibrate_test.py
"""
import csv
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CALIBRATE = Path(__file__).resolve().parents[3] / "tools/calibrate"
FAKE = '''#!/usr/bin/env python3
import sys
words = sys.argv[1:]
if words[0] == "explain":
    print(words[1] + " = " + {"unit.delay": "90 cycles", "unit.time": "1.5 us"}.get(words[1], "7 cycles"))
    sys.exit(0)
value = 90
for word, text in zip(words, words[1:]):
    if word == "--set": value = float(text.split("=")[1].split()[0])
use = "held_out" if "secret" in words else "fitted"
case = words[words.index("--only") + 1]
with open(words[words.index("--csv") + 1], "w") as file:
    file.write("case,measured,simulated,excluded,use\\n")
    file.write(f"{case},300,{3 * (value + 20)},{'no clock' if case == 'broken' else ''},{use}\\n")
'''
HEAD = "gpu,parameters,unit,step,low,high,cases,value,residual,date,note\n"


class Calibrate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.heddle = Path(self.folder.name, "heddle")
        self.heddle.write_text(FAKE)
        self.heddle.chmod(0o755)
        self.table = Path(self.folder.name, "table.csv")

    def tearDown(self):
        self.folder.cleanup()

    def calibrate(self, line, *arguments):
        self.table.write_text(HEAD + line + "\n")
        return subprocess.run([sys.executable, CALIBRATE, "--heddle", self.heddle, "--table", self.table, *arguments], capture_output=True, text=True)

    def test_the_search_finds_the_step_nearest_to_the_measured_value(self):
        done = self.calibrate("g,unit.delay,cycles,1,10,500,case,90,,2026-01-01,")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("90 cycles: residual +10.0 %; the search finds 80 cycles: +0.0 %", done.stdout)
        done = self.calibrate("g,unit.delay,cycles,7,11,500,case,90,,2026-01-01,")
        self.assertIn("the search finds 81 cycles: +1.0 %", done.stdout)

    def test_a_range_without_the_answer_gives_its_nearer_end(self):
        done = self.calibrate("g,unit.delay,cycles,1,100,500,case,90,,2026-01-01,")
        self.assertIn("the search finds 100 cycles: +20.0 %", done.stdout)

    def test_check_and_write(self):
        self.assertEqual(self.calibrate("g,unit.delay,cycles,1,10,500,case,90,9.8,2026-01-01,", "--check").returncode, 0)
        done = self.calibrate("g,unit.delay,cycles,1,10,500,case,90,2.0,2026-01-01,", "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("was +2.0 %: MOVED", done.stdout)
        self.assertEqual(self.calibrate("g,unit.delay,cycles,1,10,500,case,1,2.0,2026-01-01,kept", "--write").returncode, 0)
        with open(self.table, newline="") as file:
            row = next(csv.DictReader(file))
        self.assertEqual((row["value"], row["residual"], row["note"]), ("90", "10.0", "kept"))
        self.assertNotEqual(row["date"], "2026-01-01")

    def test_units_are_converted_and_checked(self):
        self.assertIn("1500 ns: residual", self.calibrate("g,unit.time,ns,1,10,500,case,90,,2026-01-01,", "--check").stdout)
        self.assertEqual(self.calibrate("g,unit.time,cycles,1,10,500,case,90,,2026-01-01,", "--check").returncode, 2)

    def test_a_held_out_case_may_not_choose_a_value(self):
        done = self.calibrate("g,unit.delay,cycles,1,10,500,secret,90,,2026-01-01,")
        self.assertEqual(done.returncode, 2)
        self.assertIn("secret is held out", done.stderr)

    def test_errors(self):
        self.assertIn("broken: not simulated: no clock", self.calibrate("g,unit.delay,cycles,1,10,500,broken,90,,2026-01-01,").stderr)
        self.assertIn("have different values", self.calibrate("g,unit.delay other,cycles,1,10,500,case,90,,2026-01-01,").stderr)
        self.assertEqual(self.calibrate("g,unit.delay,cycles,1,10,500,case,90,,2026-01-01,", "--gpu", "other").returncode, 2)


if __name__ == "__main__":
    unittest.main()
