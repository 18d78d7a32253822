"""The results of a sweep that never ran, by the contract of tools/sweep: for tests of its page.

make(folder, ...) writes folder/results.sqlite with a grid of SM counts, L2 sizes and schedulers, some workloads, made-up
but smooth numbers, and a few failures.
"""
import json
import math
import random
import sqlite3
from pathlib import Path

AXES = [("sms", "SMs", "", "number", "sms_per_gpc", "132"), ("l2_size", "L2 size", "MiB", "number", "l2.size", "50"),
        ("scheduler", "warp scheduler", "", "text", "sm.sub_core.warp_scheduler", "greedy_then_youngest")]
METRICS = [("time_us", "us", "Duration."), ("cycles", "cycles", "SM cycles."), ("ipc", "inst/cycle", "Warp instructions per cycle."),
           ("issue_active_percent", "%", "Issue slots that issued."), ("pipe_fma_utilization_percent", "%", "FMA pipe over its peak."),
           ("l2_utilization_percent", "%", "L2 bandwidth over its peak."), ("dram_utilization_percent", "%", "DRAM bandwidth over its peak."),
           ("l2_hit_rate_percent", "%", "L2 hits over reads."), ("dram_bandwidth_gbs", "GB/s", "DRAM bandwidth."),
           ("stall_long_scoreboard_percent", "%", "Issue slots lost to loads."), ("stall_barrier_percent", "%", "Issue slots lost to barriers."),
           ("energy_joules", "J", "Energy of the run."), ("area_mm2", "mm2", "Area of the GPU.")]
WORKLOADS = [("gemm", 0.85, 0.1), ("triad", 0.05, 0.9), ("reduce", 0.3, 0.4)]
EVIL = '</script><script>window.injected=1</script><img src=x onerror="window.injected=1"><b>"x" & \'y\'</b>'


def area(sms, l2):
    """Low, middle and high: from a chip of 144 SMs and 60 MiB of L2 on 814 mm2."""
    return [814 + sms_each * (sms - 144) + l2_each * (l2 - 60) for sms_each, l2_each in ((3.4, 1.5), (3.9, 1.8), (4.4, 2.2))]


def measure(workload, sms, l2, scheduler, seed):
    name, compute, memory = workload
    noise = random.Random(f"{name}{sms}{l2}{scheduler}{seed}").uniform(0.98, 1.02)
    hits = 100 * (1 - math.exp(-l2 / (20 + 60 * memory)))
    compute_us, memory_us = 900 * compute / sms * 10, 50 * memory * (1.3 - hits / 100)
    wait_us = 6 * (1.25 if scheduler == "loose_round_robin" else 1)
    time = (max(compute_us, memory_us) + wait_us) * noise
    busy, dram = min(95, 100 * compute_us / time), min(93, 100 * memory_us / time)
    return [time, time * 1980, 40 * compute_us / time * sms / 132, busy, busy * 0.8, dram * 0.7, dram, hits, dram * 49.17, max(0, 70 - busy * 0.6), 10.0,
            time * (0.2 + sms / 300) * 1e-6, area(sms, l2)[1]]


def make(folder, sms=(66, 99, 132, 165, 198), l2=(25, 37.5, 50, 75, 100), schedulers=("greedy_then_youngest", "loose_round_robin", "greedy_then_oldest"), seeds=1,
         failures=3, hostile=False, workloads=WORKLOADS):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.sqlite"
    file.unlink(missing_ok=True)
    data = sqlite3.connect(file)
    names = [axis[0] for axis in AXES] + [metric[0] for metric in METRICS]
    data.execute("CREATE TABLE meta(key TEXT, value TEXT)")
    data.execute("CREATE TABLE axes(position INTEGER, name TEXT, label TEXT, unit TEXT, kind TEXT, key TEXT, base_value TEXT)")
    data.execute("CREATE TABLE columns(table_name TEXT, name TEXT, unit TEXT, kind TEXT, description TEXT)")
    data.execute("CREATE TABLE runs(run INTEGER PRIMARY KEY, key TEXT, workload TEXT, seed INTEGER, point INTEGER, is_base INTEGER, status TEXT, error TEXT, record TEXT, "
                 + ", ".join(f'"{name}"' for name in names) + ")")
    title = f"SMs and L2 {EVIL}" if hostile else "SMs, L2 size and warp scheduler"
    data.executemany("INSERT INTO meta VALUES(?,?)", [("name", title), ("description", EVIL if hostile else "What more SMs, a larger L2 or another scheduler buy."),
                                                      ("base_gpu", "h200_sxm"), ("heddle_version", "0.1.0"), ("objectives", json.dumps(["time_us", "energy_joules", "area_mm2"])),
                                                      ("sweep_file", "name: made up\n")])
    data.executemany("INSERT INTO axes VALUES(?,?,?,?,?,?,?)", [(at, *axis) for at, axis in enumerate(AXES)])
    data.executemany("INSERT INTO columns VALUES(?,?,?,?,?)", [("runs", axis[0], axis[2], "axis", axis[1]) for axis in AXES]
                     + [("runs", name, unit, "metric", EVIL if hostile else text) for name, unit, text in METRICS])
    data.execute("CREATE TABLE areas(run INTEGER, anchor TEXT, part TEXT, mm2 REAL, at_low REAL, at_high REAL)")
    run = point = 0
    for scheduler in schedulers:
        for size in l2:
            for count in sms:
                point += 1
                base = (count, size, scheduler) == (132, 50, "greedy_then_youngest")
                for at, workload in enumerate(workloads):
                    for seed in range(seeds):
                        run += 1
                        name = workload[0] + (EVIL if hostile and at == 0 else "")
                        failed = not base and run % 41 == 7 and failures > 0
                        failures -= failed
                        values = [None] * len(METRICS) if failed else measure(workload, count, size, scheduler, seed)
                        data.execute(f"INSERT INTO runs VALUES({','.join('?' * (9 + len(names)))})",
                                     [run, f"{run:016x}", name, seed, point, int(base), "failed" if failed else "ok", f"deadlock at cycle {run} {EVIL if hostile else ''}" if failed else None,
                                      None if failed else f"runs/{run:04d}/run.json", count, size, scheduler, *values])
                        if not failed:
                            parts = [("anchor", 814, 814, 814), ("sms", *(each * (count - 144) for each in (3.9, 3.4, 4.4))), ("l2", *(each * (size - 60) for each in (1.8, 1.5, 2.2)))]
                            data.executemany("INSERT INTO areas VALUES(?,?,?,?,?,?)", [(run, EVIL if hostile else "GH100", *part) for part in parts])
    data.commit()
    data.close()
    return file


if __name__ == "__main__":
    import sys
    print(make(sys.argv[1], hostile="--hostile" in sys.argv))
