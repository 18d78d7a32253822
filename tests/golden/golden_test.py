#!/usr/bin/env python3
"""Did anything change? Compares the shipped traces on every shipped GPU, field by field, with blessed values.

  golden_test.py --heddle build/release/bin/heddle                     compare; exit status 1 and a list if anything differs
  golden_test.py --heddle build/release/bin/heddle --bless "reason"    record the present values and why they changed

A difference is no error by itself: bless it with the physical reason. golden.json keeps the last reasons.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).with_name("golden.json")
GPUS = sorted(path.stem for path in (ROOT / "configs/gpu").glob("*.yaml"))
TRACES = ["traces/vectoradd/kernelslist.g", "traces/reduction/kernelslist.g"]
KERNEL_FIELDS = ["name", "cycles", "warp_instructions", "thread_instructions"]
FAMILIES = [
    "gpu.sm.active_cycles", "gpu.sm.sub_core.issue_slots.long_scoreboard", "gpu.sm.sub_core.issue_slots.barrier",
    "gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts", "gpu.sm.l1_cache.l1tex_t_sectors_ld_global",
    "gpu.l2.lts_t_sectors_op_read", "gpu.l2.lts_t_sectors_op_write", "gpu.dram.read_atoms", "gpu.dram.row_hits", "gpu.dram.activates",
]


def families(run):
    counters = run["total"]["counters"]
    return {name: counters[name] for name in FAMILIES}


def measure(heddle):
    values = {}
    for gpu in GPUS:
        for trace in TRACES:
            command = [heddle, "run", "--gpu", gpu, "--json", trace]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"golden: exit status {done.returncode} of {' '.join(command)}\n{done.stderr}")
            run = json.loads(done.stdout)
            entry = {"run_hash": run["run_hash"], "total": families(run)}
            for index, kernel in enumerate(run["kernels"]):
                entry[f"kernel {index + 1}"] = {field: kernel[field] for field in KERNEL_FIELDS}
            values[f"{gpu} {trace}"] = entry
    return values


def differences(blessed, found, path=""):
    for key in sorted(set(blessed) | set(found)):
        here = f"{path} / {key}" if path else key
        old, new = blessed.get(key), found.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from differences(old, new, here)
        elif old != new:
            yield f"{here}: blessed {old}, now {new}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heddle", required=True)
    parser.add_argument("--bless", metavar="REASON")
    options = parser.parse_args()
    heddle = str(Path(options.heddle).resolve())
    found = measure(heddle)
    stored = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"reasons": [], "values": {}}
    changed = list(differences(stored["values"], found))
    if options.bless:
        reasons = ([options.bless] + stored["reasons"])[:20]
        GOLDEN.write_text(json.dumps({"reasons": reasons, "values": found}, indent=1) + "\n")
        print(f"blessed {len(changed)} changes")
        return 0
    for line in changed[:40]:
        print(line)
    print(f"golden: {len(changed)} differences" if changed else f"golden: {len(found)} runs as blessed")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
