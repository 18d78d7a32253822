#!/usr/bin/env python3
"""The capture kit against fakes of nvcc, ncu, nvidia-smi and cuobjdump: that it works through its steps, resumes, notes failures, packs, and that
what it wrote is read by `heddle validate`. Usage: capture_test.py HEDDLE."""
import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CAPTURE = ROOT / "validation/capture/capture"

# What the runner prints of a program: its times, a copy, its check.
RUNNER = """#!{python}
import os, sys
words = sys.argv[1:sys.argv.index("--")]
options = sys.argv[sys.argv.index("--") + 1:]
for program in (w for w in words if w.endswith(".so")):
    name = "/".join(program[:-3].split("/")[-2:])
    print("BEGIN " + name)
    if os.environ.get("FAKE_BROKEN") == name: print("boom"); sys.exit(3)
    if "--time" in options: print("time triad 12.5 us\\ntime triad 12.25 us\\ntime triad 14 us\\ncycles chain of fma                     median      4.050  least      4.000  most      5.000")
    if "--digest" in words: print("COPY 0 400 0123456789abcdef")
    if "--dump" in words: open(words[words.index("--dump") + 1] + "/" + name.replace("/", ".") + ".bin", "wb").write(b"abc")
    if "--power" in words: print("POWER 1000 0.91 300.5 299 301 300 280 1980 3201 45.0 0x0 60 " + name + ":two words\\nLAUNCHES 1 2")
    print("PASS x small")
    print("END " + name + " 0 2 " + ("2" if "--profile-each" in words else "0"), flush=True)
"""

LOOPS = """#!{python}
import sys
words = sys.argv[1:]
print("POWER 1 1.0 120.5 120 121 120 120 1980 3201 40.0 0x0 50 idle")
for name in (words[i + 1] for i, word in enumerate(words) if word == "--only"):
    print("LOOP " + name + " 264 1000\\nPOWER 30 0.9 400.25 399 401 400 380 1980 3201 50.0 0x0 60 " + name)
"""

FAKES = {
    "nvcc": """
import os, sys
if "--version" in sys.argv: print("fake nvcc 1.0"); sys.exit()
target = sys.argv[sys.argv.index("-o") + 1]
open(target, "w").write(os.environ["FAKE_RUNNER"] if target.endswith("/runner") else os.environ["FAKE_LOOPS"] if target.endswith("/loops") else "object")
os.chmod(target, 0o755)
""",
    "nvidia-smi": """
import sys
text = " ".join(sys.argv)
if "compute_cap,driver" in text: print("name, compute_cap\\nFAKE H200, 9.0")
elif "compute_cap" in text: print("9.0")
else: print("Serial Number : 1234567\\nDriver Version : 1.2")
""",
    "ncu": """
import os, subprocess, sys
if "--version" in sys.argv: print("fake ncu 1.0"); sys.exit()
if "--query-metrics" in sys.argv: print("sm__cycles_elapsed  Counter  of cycles\\nsmsp__inst_executed  Counter  x\\ndram__bytes_read  Counter byte x"); sys.exit()
assert sys.argv[sys.argv.index("--clock-control") + 1] == "none"
if os.environ.get("FAKE_NCU_FAILS"): print("==ERROR== no permission"); sys.exit(1)
at = sys.argv.index("--metrics")
metrics, command = sys.argv[at + 1].split(","), sys.argv[at + 2:]
quoted = lambda fields: ",".join('"' + f + '"' for f in fields)
print("==PROF== Connected")
text = subprocess.run(command, capture_output=True, text=True).stdout
print(text)
kernels = sum(int(line.split()[4]) for line in text.splitlines() if line.startswith("END ")) or text.count(" block ")
print(quoted(["ID", "Process ID", "Kernel Name", "Block Size", "Grid Size", *metrics, "sm__cycles_elapsed.min"]))
print(quoted(["", "", "", "", "", *("cycle" if "cycles" in m else "inst" for m in metrics), "cycle"]))
values = {"sm__cycles_elapsed.max": "9,000", "smsp__inst_executed.sum": "395,264"}
for number in range(kernels):
    print(quoted([str(number), "7", "triad(float *, const float *, const float *, float, int)", "(256, 1, 1)", "(528, 1, 1)", *(values.get(m, "1") for m in metrics), "1"]))
print("==PROF== Disconnected")
""",
    "heddle": """
import sys
if sys.argv[1] == "validate":
    folder = sys.argv[sys.argv.index("--recipes") + 1]
    import os; os.makedirs(folder, exist_ok=True)
    open(folder + "/chain.yaml", "w").write("launches: []")
else:
    for recipe in sys.argv[2:]: print("recipe " + recipe + "\\n  1 chain grid 1x1x1 block 32x1x1 10.5 us\\n  2 chain grid 1x1x1 block 32x1x1 20.5 us")
""",
    "cuobjdump": "print('\\t.headerflags\\n        /*0000*/    MOV R1, c[0x0][0x28] ;   /* 0x00000a0000017a02 */')\n",
}


class CaptureTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)
        self.tools = []
        for name, text in FAKES.items():  # heddle too: no GPU is here
            path = self.folder / name
            path.write_text("#!" + sys.executable + text if text.startswith("\n") else f"#!{sys.executable}\n{text}")
            path.chmod(0o755)
            self.tools += [f"--{name}", str(path)]
        self.out = self.folder / "out"

    def tearDown(self):
        self.scratch.cleanup()

    def capture(self, command, *words, status=0, **environment):
        done = subprocess.run([CAPTURE, command, "--out", self.out, *(self.tools if command == "run" else []), "--repetitions", "2", "--time-sizes", "small", "--batch", "1", "--power-seconds", "0", *words],
                              capture_output=True, text=True, env={**os.environ, "NVCC": str(self.folder / "nvcc"), "FAKE_RUNNER": RUNNER.replace("{python}", sys.executable), "FAKE_LOOPS": LOOPS.replace("{python}", sys.executable), **environment})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def rows(self, name):
        with (self.out / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def test_everything(self):
        dry = self.capture("run", "--dry-run", "hpc/saxpy")
        self.assertIn("counters small all 1 batch 0", dry)
        self.assertFalse((self.out / "counters.csv").exists())
        said = self.capture("run", "--power-seconds", "0.5", "--code", "hpc/saxpy", "micro/alu_throughput")
        self.assertIn("0 failed", said)
        provenance = json.loads((self.out / "provenance.json").read_text())
        self.assertIn("FAKE H200", provenance["gpu"])
        self.assertEqual(provenance["clock_control"], "none")
        self.assertNotIn("1234567", provenance["nvidia_smi_q"])
        rows = self.rows("counters.csv")
        self.assertEqual({(r["Program"], r["Cache"], r["Repetition"]) for r in rows}, {(p, c, r) for p in ("hpc/saxpy", "micro/alu_throughput") for c in ("none", "all") for r in "01"})
        self.assertEqual(len({r["ID"] for r in rows}), 2 * 2 * 2 * 2)
        self.assertNotIn("l1tex__t_sector_hit_rate.pct", {r["Metric Name"] for r in rows})  # the fake GPU has no such counter
        self.assertNotIn("sm__cycles_elapsed.min", {r["Metric Name"] for r in rows})  # nobody asked for it
        times = self.rows("times.csv")
        self.assertEqual([(t["value" if "value" in t else "median"], t["repetitions"]) for t in times if t["program"] == "hpc/saxpy"], [("4.050", "1"), ("12.5", "3")])
        self.assertEqual({(c["program"], c["size"], c["digest"]) for c in self.rows("copies.csv")}, {(p, s, "0123456789abcdef") for p in ("hpc/saxpy", "micro/alu_throughput") for s in ("small", "tiny")})
        self.assertEqual((self.out / "results/hpc.saxpy.bin").read_bytes(), b"abc")
        recipes = self.rows("recipes.csv")
        self.assertEqual([r["value"] for r in recipes if r["metric"] == "event_time"], ["10.5", "20.5"])
        self.assertEqual({r["metric"] for r in recipes if r["launch"] == "2"}, {"event_time", "sm__cycles_elapsed.max", "gpc__cycles_elapsed.max", "gpu__time_duration.sum", "smsp__inst_executed.sum", "sm__cycles_elapsed.avg.per_second"})
        loops = {row["loop"]: row for row in self.rows("power_loops.csv")}
        self.assertEqual((loops["dram_read"]["ctas"], loops["dram_read"]["power_w"], loops["dram_read"]["sm_mhz"]), ("264", "400.25", "1980"))
        self.assertEqual((loops["idle"]["ctas"], loops["idle"]["power_w"]), ("", "120.5"))
        power = self.rows("power.csv")
        self.assertEqual([(p["program"], p["size"], p["label"], p["power_w"], p["first_launch"], p["body_launches"]) for p in power][0], ("hpc/saxpy", "medium", "two words", "300.5", "1", "2"))
        self.assertIn("0x00000a0000017a02", gzip.decompress((self.out / "code.txt.gz").read_bytes()).decode())
        before = (self.out / "counters.csv").read_bytes()
        self.capture("run", "--power-seconds", "0.5", "--code", "hpc/saxpy", "micro/alu_throughput")  # all is done: nothing is measured again
        self.assertEqual(before, (self.out / "counters.csv").read_bytes())
        self.capture("pack")
        packed = sorted((self.out / "pack").iterdir())
        self.assertLessEqual(len(packed), 8)
        with tarfile.open(fileobj=io.BytesIO(b"".join(p.read_bytes() for p in packed))) as archive:
            self.assertEqual(archive.extractfile("counters.csv").read(), before)
            self.assertIn("results/hpc.saxpy.bin", archive.getnames())
        self.validate()

    def test_a_program_that_breaks_its_process_is_left_out(self):
        said = self.capture("run", "--batch", "3", "hpc/saxpy", "hpc/scan", "hpc/sgemm", FAKE_BROKEN="hpc/scan")
        self.assertIn("0 failed", said)
        self.assertEqual({r["Program"] for r in self.rows("counters.csv")}, {"hpc/saxpy", "hpc/sgemm"})
        self.assertEqual({r["program"] for r in self.rows("times.csv")}, {"hpc/saxpy", "hpc/sgemm"})

    def validate(self):
        measured = self.folder / "measured.csv"
        measured.write_text(self.capture("extract", "hpc/saxpy", "small", "--cache", "all", "--repetition", "1"))
        table = self.folder / "table.csv"
        done = subprocess.run([HEDDLE, "validate", "--gpu", "h200_sxm", "--ncu", measured, "--csv", table, "--work", self.folder / "work", ROOT / "traces/cubins/triad.yaml"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with table.open() as file:
            rows = {(r["case"], r["metric"]): r for r in csv.DictReader(file)}
        self.assertEqual(float(rows["1:triad", "smsp__inst_executed.sum"]["error"]), 0)
        self.assertEqual(rows["1:triad", "sm__cycles_elapsed.max"]["measured"], "9000")
        self.assertIn("only 1 of this name", rows["2:triad", "kernel"]["excluded"])
        # The whole capture at once; a recipe stands in for one program, the other is not there.
        programs = self.folder / "programs/hpc"
        programs.mkdir(parents=True)
        for file in (ROOT / "traces/cubins").glob("triad*"):
            shutil.copy(file, programs / file.name.replace("triad.yaml", "saxpy.yaml"))
        done = subprocess.run([HEDDLE, "validate", "--gpu", "h200_sxm", "--capture", self.out, "--programs", self.folder / "programs", "--caches", "all", "--csv", table, "--work", self.folder / "work"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with table.open() as file:
            rows = {(r["case"], r["metric"]): r for r in csv.DictReader(file)}
        self.assertEqual(float(rows["hpc/saxpy small 1:triad", "smsp__inst_executed.sum"]["error"]), 0)
        self.assertIn("is not there", rows["micro/alu_throughput small", "program"]["excluded"])

    def test_failures_are_noted_and_tried_twice(self):
        said = self.capture("run", "hpc/saxpy", status=1, FAKE_NCU_FAILS="1")
        self.assertIn("no permission", said)
        self.assertIn("5 failed", said)  # four batches of counters and the recipes
        self.capture("run", "hpc/saxpy", status=1, FAKE_NCU_FAILS="1")
        entry = json.loads((self.out / "state.json").read_text())["failed"]["counters small none 0 batch 0"]
        self.assertEqual(entry["tries"], 2)
        self.capture("run", "hpc/saxpy", status=1)  # left alone now
        self.assertFalse((self.out / "counters.csv").exists())

    def test_budget(self):
        self.capture("run", "--budget-seconds", "0", "hpc/saxpy", status=3)
        self.assertIn("identity", self.capture("run", "--dry-run", "hpc/saxpy"))

    def test_usage(self):
        done = subprocess.run([CAPTURE, "run"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.capture("run", "hpc/no_such_workload", status=1)
        self.capture("extract", "hpc/saxpy", "small", status=1)


if __name__ == "__main__":
    HEDDLE = sys.argv.pop(1)
    unittest.main()
