#!/usr/bin/env python3
"""validation/power/vf_check on data of a law that is known."""
import csv
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[3] / "validation/power/vf_check"
HIGHEST, CLOCKS = 1500.0, (600, 750, 900, 1050, 1125, 1200, 1275, 1350, 1425, 1500)
KNEE, RISE = 0.70, 1.30
CONSTANT, LEAKAGE, TREE, DRAM = 20.0, 15.0, 30.0, 60.0


def law(clock, work, memory, voltage):
    """(time, W, DRAM busy) of a kernel: `memory` is the share of its time at the highest clock that does not depend on the clock."""
    time = memory + (1 - memory) * HIGHEST / clock
    v = voltage(clock / HIGHEST)
    return time, CONSTANT + LEAKAGE * v + TREE * clock / HIGHEST * v * v + DRAM * 0.9 * memory / time + work * v * v / time, 0.9 * memory / time


def floor_then_line(share):
    return 1 / RISE if share <= KNEE else 1 / RISE + (1 - 1 / RISE) * (share - KNEE) / (1 - KNEE)


def write(folder, voltage=floor_then_line, name="law", kernels=12, edit=lambda rows: rows):
    rows = []
    for at in range(kernels):
        for clock in CLOCKS:
            time, watts, dram = law(clock, 20 + 17 * (at * 5 % 7), (at * 7 % 11) / 11, voltage)
            rows.append({"benchmark": f"kernel{at:02}", "kernel": "k", "argNo": "input", "core_frequency": clock, "time": time, "average_power": watts, "DRAMA": dram})
    rows = edit(rows)
    with open(Path(folder, f"{name}-dvfs-real-profile.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def run(folder):
    return subprocess.run([sys.executable, str(TOOL), str(folder)], capture_output=True, text=True, timeout=120)


class VfCheck(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def report(self):
        done = run(self.folder.name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def forms(self, text):
        """{form: [mean, max of power errors; mean, max of energy regret; of energy times delay]}"""
        return {line[:44].strip(): [float(one) for one in re.findall(r"(-?[\d.]+) %", line[44:])] for line in text.splitlines() if line[44:].count("%") == 6}

    def test_a_law_of_this_form_comes_back(self):
        write(self.folder.name)
        text = self.report()
        self.assertIn("law: 12 kernels at 10 core clocks from 600 to 1500 MHz\n", text)
        for numbers in (re.findall(r"[\d.]+", line) for line in text.splitlines() if "fitted to a half" in line):
            for found, true in zip(map(float, numbers), (KNEE, RISE, CONSTANT, LEAKAGE, TREE, DRAM)):
                self.assertAlmostEqual(found, true, delta=0.051)
        self.assertEqual(text.count("fitted to a half"), 2)
        forms = self.forms(text)
        self.assertEqual(forms["floor, then a line"], [0, 0, 0, 0, 0, 0])
        self.assertGreater(forms["voltage fixed"][0], 3)
        self.assertGreater(forms["voltage in proportion to clock"][0], 1)

    def test_another_law_is_not_followed(self):
        write(self.folder.name, voltage=lambda share: 0.4 if share < 0.75 else 1.0)  # a step
        self.assertGreater(self.forms(self.report())["floor, then a line"][0], 2)

    def test_regret_is_how_much_more_the_chosen_clock_takes(self):
        # All kernels draw 100 W at any clock and take time as the clock says: the highest clock is best. One draws 200 W there, so the clock below,
        # 1425 MHz, is its best; the model, which has seen only those 200 W of it, stays at the highest one: 200 / (100 * 1500 / 1425) = 1.9 times.
        def edit(rows):
            for row in rows:
                row.update(time=1 / row["core_frequency"], average_power=100.0, DRAMA=0.0)
            rows[-1]["average_power"] = 200.0
            return rows
        write(self.folder.name, edit=edit)
        _, _, mean, most, _, most_edp = self.forms(self.report())["voltage fixed"]
        self.assertEqual((mean, most), (7.5, 90.0))  # of twelve kernels one
        self.assertAlmostEqual(most_edp, 100 * (2 * (1425 / 1500) ** 2 - 1), delta=0.06)

    def test_a_clock_that_was_not_held_is_left_out(self):
        def slow(rows):
            for row in rows:
                if row["core_frequency"] == 750:
                    row["time"] *= 2.2
            return rows
        write(self.folder.name, edit=slow)
        text = self.report()
        self.assertIn("9 core clocks from 600 to 1500 MHz; left out, as it was not held: 750 MHz", text)
        self.assertEqual(self.forms(text)["floor, then a line"][:2], [0, 0])

    def test_what_is_no_such_data_is_status_2_with_words(self):
        for folder, word in ((self.folder.name, "no *-dvfs-real-profile.csv"), ("/nowhere/at/all", "no *-dvfs-real-profile.csv")):
            done = run(folder)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(word, done.stderr)
        for edit, word in ((lambda rows: rows[:20], "fewer than 4"), (lambda rows: [{**row, "time": 0} for row in rows], "not above 0"), (lambda rows: [{**row, "time": "nan"} for row in rows], "not above 0"),
                           (lambda rows: [{**row, "average_power": "much"} for row in rows], "could not convert"), (lambda rows: [{"benchmark": 1}], "core_frequency"),
                           (lambda rows: [row for row in rows if row["core_frequency"] == 600], "more than one clock")):
            write(self.folder.name, edit=edit)
            done = run(self.folder.name)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
