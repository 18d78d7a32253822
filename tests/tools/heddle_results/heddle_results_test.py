#!/usr/bin/env python3
"""The Python module over results of a sweep, on a database made here as tools/sweep/collect.hpp describes it."""
import contextlib
import importlib.util
import io
import json
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools/heddle_results"))
import heddle_results  # noqa: E402

PANDAS = importlib.util.find_spec("pandas") is not None


def make(folder):
    database = sqlite3.connect(folder / "results.sqlite")
    database.executescript("""
        CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);
        CREATE TABLE axes(position INTEGER, name TEXT, label TEXT, unit TEXT, kind TEXT, key TEXT, base_value TEXT);
        CREATE TABLE columns(table_name TEXT, name TEXT, unit TEXT, kind TEXT, better TEXT, description TEXT);
        CREATE TABLE runs(run INTEGER PRIMARY KEY, key TEXT, workload TEXT, seed INTEGER, point INTEGER, is_base INTEGER, status TEXT,
                          error TEXT, record TEXT, sms NUMERIC, time_us REAL, ipc REAL, power_w REAL);
        CREATE TABLE kernels(run INTEGER, kernel INTEGER, name TEXT, grid TEXT, block TEXT, time_us REAL);
        CREATE VIEW results AS SELECT runs.run, runs.workload, runs.sms, kernels.kernel, kernels.name AS kernel_name, kernels.time_us
          FROM runs JOIN kernels USING (run);""")
    objectives = [{"metric": "time_us", "goal": "min"}, {"metric": "power_w", "goal": "min"}]
    database.executemany("INSERT INTO meta VALUES (?, ?)", [("name", "sample"), ("objectives", json.dumps(objectives))])
    database.execute("INSERT INTO axes VALUES (1, 'sms', 'SMs', '', 'number', 'gpu.sms', '100')")
    database.executemany("INSERT INTO columns VALUES ('runs', ?, ?, 'metric', ?, ?)", [
        ("time_us", "us", "lower", "Duration."), ("ipc", "inst/cycle", "higher", "Instructions per cycle."), ("power_w", "W", "", "Power.")])
    database.executemany("INSERT INTO runs VALUES (?, ?, ?, 0, ?, ?, ?, NULL, ?, ?, ?, ?, ?)", [
        (1, "a", "gemm", 1, 1, "ok", "store/a/run.json", 100, 8.0, 1.0, 300.0),
        (2, "b", "gemm", 2, 0, "ok", None, 200, 4.0, 2.0, 500.0),
        (3, "c", "gemm", 3, 0, "ok", None, 150, 8.0, 0.5, 400.0),   # beaten by run 1
        (4, "d", "gemm", 4, 0, "failed", None, 300, None, None, None),
        (5, "e", "triad", 1, 1, "missing", None, 100, None, None, None),
        (6, "f", "triad", 2, 0, "ok", None, 200, 9.0, 1.0, 900.0)])  # another workload: beats nobody, has no base
    database.executemany("INSERT INTO kernels VALUES (?, 1, 'k', '1x1x1', '32x1x1', ?)", [(1, 8.0), (2, 4.0)])
    database.commit()
    database.close()
    (folder / "store/a").mkdir(parents=True)
    (folder / "store/a/run.json").write_text('{"total": {"cycles": 7}}')


class Results(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        make(self.folder)
        self.sweep = heddle_results.load(self.folder)

    def tearDown(self):
        self.sweep.close()
        self._folder.cleanup()

    def numbers(self, rows):
        return [row["run"] for row in rows]

    def test_what_it_is_of(self):
        self.assertEqual(repr(self.sweep), "<sweep 'sample': sms; runs: 4 ok, 1 failed, 1 missing>")
        self.assertEqual(self.sweep.axes[0]["label"], "SMs")
        self.assertEqual((self.sweep.unit("ipc"), self.sweep.describe("time_us")), ("inst/cycle", "Duration."))
        with heddle_results.load(self.folder / "results.sqlite") as by_file:
            self.assertEqual(by_file.meta["name"], "sample")

    def test_rows(self):
        self.assertEqual(self.numbers(self.sweep.runs()), [1, 2, 3, 4, 5, 6])
        self.assertEqual(self.numbers(self.sweep.runs(workload="gemm", sms=[100, 200])), [1, 2])
        self.assertEqual(self.sweep.kernels(sms=200), [{"run": 2, "workload": "gemm", "sms": 200, "kernel": 1, "kernel_name": "k", "time_us": 4.0}])
        self.assertEqual(self.sweep.query("SELECT count(*) AS n FROM runs WHERE status = ?", ["ok"]), [{"n": 4}])
        self.assertEqual(self.sweep.record(1)["total"]["cycles"], 7)

    def test_comparison(self):
        self.assertEqual([(row["run"], row["speedup"]) for row in self.sweep.speedups()], [(1, 1.0), (2, 2.0), (3, 1.0)])
        self.assertEqual([row["speedup"] for row in self.sweep.speedups("ipc")], [1.0, 2.0, 0.5])
        self.assertEqual(self.numbers(self.sweep.pareto()), [1, 2, 6])
        self.assertEqual(self.numbers(self.sweep.pareto(["time_us"], workload="gemm")), [2])
        self.assertEqual(self.numbers(self.sweep.pareto(["ipc"], workload="gemm")), [2])

    def test_refusals(self):
        with self.assertRaisesRegex(KeyError, "no column 'nothing'"):
            self.sweep.runs(nothing=1)
        with self.assertRaisesRegex(KeyError, "no table"):
            self.sweep.frame("nothing") if PANDAS else self.sweep._rows("nothing", "run", {})
        with self.assertRaisesRegex(LookupError, "run 4 has no record: failed"):
            self.sweep.record(4)
        with self.assertRaises(FileNotFoundError):
            heddle_results.load(self.folder / "store")
        with self.assertRaises(sqlite3.OperationalError):
            self.sweep.query("DELETE FROM runs")

    @unittest.skipUnless(PANDAS, "pandas is not installed")
    def test_frame(self):
        self.assertEqual(list(self.sweep.frame("kernels")["time_us"]), [8.0, 4.0])

    def test_as_a_program(self):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.assertEqual(heddle_results.main([str(self.folder), "ipc"]), 0)
            self.assertEqual(heddle_results.main([str(self.folder), "ipx"]), 2)
            self.assertEqual(heddle_results.main([str(self.folder / "store")]), 2)
        self.assertEqual(out.getvalue().splitlines()[:3], ["run,workload,status,sms,ipc", "1,gemm,ok,100,1.0", "2,gemm,ok,200,2.0"])
        self.assertIn("no column 'ipx'", err.getvalue())


if __name__ == "__main__":
    unittest.main()
