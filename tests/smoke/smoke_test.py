#!/usr/bin/env python3
"""The smoke runner notices broken records and wrong counts, shown with a stand-in for heddle."""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import run_record

KERNEL = {"name": "k", "grid": [1, 1, 1], "block": [32, 1, 1], "cycles": 9, "time_ns": 5.0, "warp_instructions": 3,
          "thread_instructions": 96, "stalls": {"issued": 0.25, "long_scoreboard": 0.75}, "l1": {}, "l2": {}, "dram": {}}
RECORD = {"run_hash": "0123456789abcdef", "config": {"hash": "0123456789abcdef"}, "trace": {"digest": "0123456789abcdef"},
          "kernels": [KERNEL], "total": {}, "unmodelled": {}, "sources": {},
          "host": {"wall_seconds": 1.0, "cpu_seconds": 1.0, "peak_memory_bytes": 1, "active_sm_cycles": 1}}


def changed(path, value):
    """RECORD with the member at the dotted path replaced, or removed where value is None."""
    record = copy.deepcopy(RECORD)
    *parents, last = path.split(".")
    place = record
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return record


class RunRecord(unittest.TestCase):
    def test_a_whole_record_passes(self):
        self.assertEqual(list(run_record.problems(RECORD)), [])

    def test_each_break_is_one_problem(self):
        cases = {"run_hash": "", "config.hash": "xyzxyzxyz", "trace": {}, "kernels": [], "kernels.0.cycles": 0, "kernels.0.time_ns": None,
                 "kernels.0.thread_instructions": 97, "kernels.0.stalls.issued": 0.3, "kernels.0.stalls": {"other": 1.0},
                 "kernels.0.l2": [], "host.active_sm_cycles": None, "unmodelled": None, "total": {"ipc": float("nan")}}
        for path, value in cases.items():
            found = list(run_record.problems(changed(path, value)))
            self.assertEqual(len(found), 1, f"{path}: {found}")


class RunAll(unittest.TestCase):
    def run_with(self, record, insts):
        with tempfile.TemporaryDirectory() as folder:
            heddle, traces = Path(folder, "heddle"), Path(folder, "traces")
            heddle.write_text(f"#!{sys.executable}\nimport sys, pathlib\nout = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])\n"
                              f"(out / 'run.json').write_text({json.dumps(record)!r})\n(out / 'kernels.csv').write_text('')\n")
            heddle.chmod(0o755)
            traces.mkdir()
            (traces / "kernelslist.g").write_text("MemcpyHtoD,0x10,4\nkernel-1.traceg\n")
            (traces / "kernel-1.traceg").write_text(f"insts = {insts - 1}\ninsts = 1\n")
            done = subprocess.run([Path(__file__).with_name("run_all"), "--heddle", heddle, "--gpu", "g.yaml", "--traces", traces],
                                  capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_counts_are_compared_with_the_trace(self):
        self.assertEqual(self.run_with(RECORD, 3), (0, "ok    g kernelslist.g\n1 passed, 0 failed\n"))
        status, output = self.run_with(RECORD, 4)
        self.assertEqual(status, 1)
        self.assertIn("executed warp instructions [3] differ from the trace's own [4]", output)

    def test_a_broken_record_fails(self):
        self.assertEqual(self.run_with(changed("run_hash", ""), 3)[0], 1)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
