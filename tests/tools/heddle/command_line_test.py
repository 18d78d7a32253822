#!/usr/bin/env python3
"""The command line as a user types it: what it prints where, and how it ends.

  command_line_test.py PATH_OF_HEDDLE
"""
import csv
import io
import json
import os
import pty
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TRACE = str(ROOT / "traces/vectoradd/kernelslist.g")
HEDDLE = None


def heddle(*arguments, **options):
    return subprocess.run([HEDDLE, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **options)


def run(*arguments):
    return heddle("run", "--gpu", "v100_sxm2", *arguments)


class Output(unittest.TestCase):
    def test_the_summary_goes_to_standard_output_and_nothing_to_standard_error(self):
        done = run(TRACE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("time", "instructions", "L1", "L2", "DRAM", "issue slots", "caches", "unmodelled", "host", "vectorAdd"):
            self.assertIn(word, done.stdout)

    def test_json_csv_and_quiet(self):
        record = json.loads(run("--json", TRACE).stdout)
        rows = list(csv.DictReader(io.StringIO(run("--csv", TRACE).stdout)))
        self.assertEqual(len(rows), len(record["kernels"]))
        for row, kernel in zip(rows, record["kernels"]):
            self.assertEqual(int(row["cycles"]), kernel["cycles"])
            self.assertEqual(int(row["warp_instructions"]), kernel["warp_instructions"])
            self.assertAlmostEqual(float(row["stall_issued"]), kernel["stalls"]["issued"], places=5)
            self.assertAlmostEqual(sum(kernel["stalls"].values()), 1)
            self.assertNotIn(None, row)
        done = run("--quiet", TRACE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_out_writes_the_same_record(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "new", "folder")
            done = run("--quiet", "--out", str(out), TRACE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sorted(p.name for p in out.iterdir()), ["kernels.csv", "run.json"])
            record = json.loads((out / "run.json").read_text())
            self.assertEqual(record["run_hash"], json.loads(run("--json", TRACE).stdout)["run_hash"])

    def test_options_of_computation_leave_the_hash_alone_and_a_value_does_not(self):
        hashes = {json.loads(run("--json", *how, TRACE).stdout)["run_hash"]
                  for how in ([], ["--threads", "2", "--quantum", "7"], ["--no-skip"], ["--threads", "auto"])}
        self.assertEqual(len(hashes), 1)
        changed = json.loads(run("--json", "--set", "clocks.dram=500 MHz", TRACE).stdout)
        self.assertNotIn(changed["run_hash"], hashes)
        self.assertEqual(changed["config"]["values"]["clocks.dram"], "500 MHz")

    def test_no_progress_bar_in_a_pipe_and_none_left_on_a_terminal(self):
        self.assertEqual(run("--no-skip", TRACE).stderr, "")
        try:
            master, slave = pty.openpty()
        except OSError as error:  # a bare chroot has no devpts
            self.skipTest(f"no pseudo-terminal: {error}")
        subprocess.run([HEDDLE, "run", "--gpu", "v100_sxm2", "--no-skip", "--quantum", "1", TRACE], stdout=subprocess.DEVNULL, stderr=slave, timeout=300)
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 4096):
                shown += piece
        except OSError: # the terminal's end
            pass
        os.close(master)
        self.assertTrue(shown == b"" or shown.endswith(b"\r\x1b[K"), shown[-200:])
        self.assertNotIn(b"\n", shown)


class Endings(unittest.TestCase):
    def test_bad_input_is_status_2_with_words_on_standard_error(self):
        cases = {
            (): "subcommand is required",
            ("rnu",): "did you mean run?",
            ("run",): "INPUT is required",
            ("run", TRACE): "--gpu: is required - known: ",
            ("run", "--gpu", "v100_sxm2", "--tread", "3", TRACE): "did you mean --threads?",
            ("run", "--gpu", "v100_smx2", TRACE): "did you mean v100_sxm2?",
            ("run", "--gpu", "v100_sxm2", "/nonexistent"): "/nonexistent",
            ("run", "--gpu", "v100_sxm2", HEDDLE): "says not what to launch",
            ("run", "--gpu", "v100_sxm2", "--", "./app", "argument"): "./app",
            ("run", "--gpu", "v100_sxm2", "--set", "clocks.sm=1 GHz", TRACE, TRACE): "one input too many",
            ("run", "--gpu", "v100_sxm2", "--set", "clocks.smm=1 GHz", TRACE): "clocks.smm",
            ("run", "--gpu", "v100_sxm2", "--threads", "0", TRACE): "--threads",
            ("run", "--gpu", "v100_sxm2", "--quantum", "soon", TRACE): "--quantum",
            ("run", "--gpu", "v100_sxm2", "--host", "verilog", TRACE): "--host",
            ("run", "--gpu", "v100_sxm2", "--cache", "hot", TRACE): "--cache",
            ("run", "--gpu", "v100_sxm2", "--kernels", "5:2", TRACE): "--kernels",
            ("run", "--gpu", "v100_sxm2", "--kernels", "99", TRACE): "chooses none",
            ("run", "--gpu", "v100_sxm2", "--functional", TRACE): "not available for traces",
            ("run", "--gpu", "v100_sxm2", "--csv", "--json", TRACE): "excludes",
            ("run", "--gpu", "v100_sxm2", "--out", "/dev/null/x", TRACE): "/dev/null/x",
            ("config", "show", "/nonexistent.yaml"): "/nonexistent.yaml",
            ("play",): "RECIPE is required",
            ("play", "/nonexistent.yaml"): "/nonexistent.yaml",
            ("capture", "--counters", "--gpu", "v100_sxm2", "--out", "/dev/null/x", "--", "./app"): "needs a real GPU",
            ("capture", "--cache-control", "some", "--out", "/dev/null/x", "--", "./app"): "want none or all",
            ("explain", "sm.sub_cors"): "did you mean 'sm.sub_cores'?",
        }
        for arguments, words in cases.items():
            with self.subTest(arguments):
                done = heddle(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_strict_refuses_what_the_model_leaves_out(self):
        self.assertEqual(heddle("run", "--gpu", "v100_sxm2", "--strict", TRACE).returncode, 0)
        text = Path(TRACE).with_name("kernel-1.traceg").read_text().replace(" FADD ", " FADDER ")
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder, "kernel-1.traceg")
            trace.write_text(text)
            lenient = heddle("run", "--gpu", "v100_sxm2", str(trace))
            self.assertEqual(lenient.returncode, 0, lenient.stderr)
            self.assertIn("FADDER", lenient.stdout)
            strict = heddle("run", "--gpu", "v100_sxm2", "--strict", str(trace))
            self.assertEqual(strict.returncode, 2, strict.stderr)
            self.assertIn("FADDER", strict.stderr)

    def test_a_deadlock_names_who_waits_and_ends_with_status_3(self):
        # Barrier 1 wants three warps (version 5 keeps one immediate: the thread count), the CTA has two.
        header = Path(TRACE).with_name("kernel-1.traceg").read_text().split("#BEGIN_TB")[0]
        header = header.replace("-grid dim = (8,1,1)", "-grid dim = (1,1,1)").replace("-block dim = (256,1,1)", "-block dim = (64,1,1)")
        warp = "insts = 2\n0000 ffffffff 0 BAR.SYNC.DEFER_BLOCKING 0 0 96 \n0010 ffffffff 0 EXIT 0 0 0 \n\n"
        text = f"{header}#BEGIN_TB\n\nthread block = 0,0,0\n\nwarp = 0\n{warp}warp = 1\n{warp}#END_TB\n"
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder, "kernel-1.traceg")
            trace.write_text(text)
            done = heddle("run", "--gpu", "v100_sxm2", str(trace))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("2 of 3 warps have arrived", done.stderr)
        self.assertIn("gpu.sm[0].sub_core[1].warp[1]", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([HEDDLE, "run", "--gpu", "v100_sxm2", TRACE], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard output: cannot be written", done.stderr)

    def test_help_and_version_are_status_0(self):
        self.assertRegex(heddle("--version").stdout, r"^heddle \d+\.\d+\.\d+")
        for arguments in (["--help"], ["run", "--help"], ["config", "--help"], ["explain", "--help"], ["trace", "--help"]):
            done = heddle(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("Usage: heddle", done.stdout)


class Configuration(unittest.TestCase):
    def test_every_shipped_description_is_good(self):
        done = heddle("config", "check")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), len(list((ROOT / "configs/gpu").glob("*.yaml"))))

    def test_what_show_prints_is_the_same_description(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy.yaml")
            copy.write_text(heddle("config", "show", "v100_sxm2").stdout)
            self.assertEqual(heddle("config", "diff", "v100_sxm2", str(copy)).stdout, "no difference in value\n")
            hashes = [line.split()[-1] for line in heddle("config", "check", "v100_sxm2", str(copy)).stdout.splitlines()]
            self.assertEqual(len(hashes), 2)
            self.assertEqual(hashes[0], hashes[1])

    def test_diff_lists_values_that_differ(self):
        self.assertIn("name", heddle("config", "diff", "v100_sxm2", "h200_sxm").stdout)

    def test_explain_knows_the_origin(self):
        self.assertIn("code default", heddle("explain", "clocks.sm").stdout)
        self.assertIn(".yaml:", heddle("explain", "clocks.sm", "--gpu", "v100_sxm2").stdout)

    def test_the_reference_is_up_to_date(self):
        self.assertEqual((ROOT / "configs/REFERENCE.md").read_text(), heddle("config", "reference").stdout,
                         "write it anew: heddle config reference > configs/REFERENCE.md")


if __name__ == "__main__":
    HEDDLE = sys.argv.pop(1)
    sys.exit(unittest.main(verbosity=1))
