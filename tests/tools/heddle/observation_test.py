#!/usr/bin/env python3
"""What `heddle run` shows beyond counters: hot instructions, time series, Perfetto traces; and the metrics' inputs.

  observation_test.py PATH_OF_HEDDLE [HOSTS]     HOSTS: "loop" or "loop,systemc"
"""
import gzip
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TRACE = str(ROOT / "traces/reduction/kernelslist.g")
RECIPE = str(ROOT / "traces/cubins/reduce.yaml")
WATCH = ["--hot-instructions", "all", "--timeline", "500ns", "--timeline-sms"]
# Inputs of metrics that no model gives yet, or only with a prefetcher.
NOT_YET = ("gpu.sm.l1_cache.prefetcher.", "gpu.l2.prefetcher.", "copies.")
HEDDLE, HOSTS = None, ["loop"]


def heddle(*arguments):
    return subprocess.run([HEDDLE, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


def run(*arguments, gpu="h200_sxm"):
    done = heddle("run", "--gpu", gpu, *arguments)
    if done.returncode:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return done


def record(*arguments, gpu="h200_sxm"):
    return json.loads(run("--json", *arguments, gpu=gpu).stdout)


class Observation(unittest.TestCase):
    def test_the_result_is_the_same_and_what_is_seen_depends_on_nothing(self):
        plain = record(TRACE, gpu="v100_sxm2")
        self.assertNotIn("time_series", plain)
        self.assertNotIn("hot_instructions", plain["kernels"][0])
        ways = [[], ["--no-skip"], ["--threads", "2", "--quantum", "16"]] + [["--host", host] for host in HOSTS[1:]]
        seen = set()
        with tempfile.TemporaryDirectory() as folder:
            for i, way in enumerate(ways):
                trace = Path(folder, f"{i}.json")
                found = record(*WATCH, "--perfetto", str(trace), *way, TRACE, gpu="v100_sxm2")
                self.assertEqual(found["run_hash"], plain["run_hash"])
                del found["host"]
                seen.add(json.dumps(found) + trace.read_text())
        self.assertEqual(len(seen), 1)
        for part in ("hot_instructions", "hot_instructions_total"):
            for kernel in found["kernels"]:
                del kernel[part]
        del found["time_series"], plain["host"]
        self.assertEqual(found, plain)

    def test_hot_instructions_have_machine_code_and_add_up(self):
        for arguments, gpu in ((RECIPE, "h200_sxm"), (TRACE, "v100_sxm2")):
            for kernel in record("--hot-instructions", "all", arguments, gpu=gpu)["kernels"]:
                rows, total = kernel["hot_instructions"], kernel["hot_instructions_total"]
                self.assertEqual(sum(row["executed"] for row in rows), kernel["warp_instructions"])
                self.assertEqual(sum(row["thread_executed"] for row in rows), kernel["thread_instructions"])
                self.assertEqual(len(rows), total["instructions"])
                self.assertEqual(len({(row.get("function"), row["pc"]) for row in rows}), len(rows))
                states = {name.rsplit(".", 1)[1]: value for name, value in kernel["counters"].items() if ".warp_states." in name and value}
                self.assertEqual(total["stalls"], states)
                self.assertEqual([row["samples"] for row in rows], sorted((row["samples"] for row in rows), reverse=True))
        sass = {row["sass"] for row in record("--hot-instructions", "all", RECIPE)["kernels"][0]["hot_instructions"]}
        self.assertTrue(any(re.match(r"LDG\.E R\d+, desc", text) for text in sass), sass)
        few = record("--hot-instructions", "3", RECIPE)["kernels"][0]
        self.assertEqual(len(few["hot_instructions"]), 3)
        self.assertEqual(few["hot_instructions_total"], record("--hot-instructions", "all", RECIPE)["kernels"][0]["hot_instructions_total"])

    def test_addresses_count_from_the_start_of_the_kernel_as_in_a_disassembly(self):
        cubin = ROOT / "traces/cubins/features_sm90a.cubin"  # its kernels lie one after another
        code, known = None, {}
        for line in heddle("trace", "dump", "--code", str(cubin)).stdout.splitlines():
            if not line.startswith(" "):
                code = known.setdefault(line.split()[0], {})
            elif code is not None:
                address, _, sass = line.strip().split("  ", 2)
                code[int(address, 16)] = sass
        for kernel, value in (("_Z4fillIiEvPT_S0_", "i32 3"), ("_Z4fillIdEvPT_S0_", "f64 3")):
            with tempfile.TemporaryDirectory() as folder:
                recipe = Path(folder, "fill.yaml")
                recipe.write_text(f"code: {cubin}\nbuffers:\n  out: {{type: f64, count: 1024}}\n"
                                  f"launches:\n  - {{kernel: {kernel}, grid: 4, block: 128, arguments: [buffer out, {value}]}}\n")
                rows = record("--hot-instructions", "all", str(recipe))["kernels"][0]["hot_instructions"]
            self.assertGreater(len(rows), 5)
            for row in rows:
                self.assertNotIn("function", row)
                self.assertEqual(row["sass"], known[kernel][row["pc"]])

    def test_a_time_series_adds_up(self):
        found = record("--timeline", "500ns", RECIPE)
        series = found["time_series"]
        for family, values in series["counters"].items():
            self.assertEqual(sum(values), found["total"]["counters"][family], family)
        for name, figure in series["series"].items():
            self.assertEqual(len(figure["values"]), len(series["end_ns"]), name)
            self.assertEqual(heddle("explain", "metric", name).returncode, 0, name)
        self.assertNotIn("sms", series)
        joules = found["total"]["energy"]["breakdown"]
        self.assertEqual(set(series["energy"]), {part for part, value in joules.items() if value})
        for part, values in series["energy"].items():
            self.assertAlmostEqual(sum(values) / joules[part], 1, places=9)
        lengths = [end - begin for begin, end in zip([0] + series["end_ns"], series["end_ns"])]
        energy = sum(1e-9 * length * watts for length, watts in zip(lengths, series["series"]["power_watts"]["values"]))
        self.assertAlmostEqual(energy / found["total"]["energy"]["joules"], 1, places=9)
        self.assertEqual(set(series["series"]["sm_clock_mhz"]["values"]), {1980})
        self.assertNotIn("energy", record("--timeline", "500ns", TRACE, gpu="v100_sxm2")["time_series"])  # its energies are not known
        cycles = 0.5e-6 * found["peaks"]["sm_clock_hz"]
        self.assertAlmostEqual(series["series"]["ipc"]["values"][3], series["counters"]["gpu.sm.sub_core.inst_executed"][3] / cycles, places=6)

    def test_a_perfetto_trace_holds_kernels_and_ctas(self):
        with tempfile.TemporaryDirectory() as folder:
            plain, packed = Path(folder, "a.json"), Path(folder, "b.json.gz")
            found = record("--perfetto", str(plain), RECIPE)
            run("--quiet", "--perfetto", str(packed), RECIPE)
            self.assertEqual(plain.read_bytes(), gzip.decompress(packed.read_bytes()))
            trace = json.loads(plain.read_text())
        events = trace["traceEvents"]
        kernels = [e for e in events if e["ph"] == "X" and "launch" in e["args"]]
        self.assertEqual([e["args"]["cycles"] for e in kernels], [k["cycles"] for k in found["kernels"]])
        for event, kernel in zip(kernels, found["kernels"]):
            self.assertAlmostEqual(event["ts"], kernel["start_ns"] / 1000, places=5)
            self.assertAlmostEqual(event["dur"], kernel["time_ns"] / 1000, places=5)
        ctas = [e for e in events if e["ph"] == "X" and "launch" not in e["args"]]
        self.assertEqual(len(ctas), sum(k["ctas"] for k in found["kernels"]))
        free = {}
        for event in sorted(ctas, key=lambda e: e["ts"]):
            slot = (event["pid"], event["tid"])
            self.assertGreaterEqual(event["ts"] + 1e-6, free.get(slot, 0))
            free[slot] = event["ts"] + event["dur"]
        names = {(e["pid"], e.get("tid")) for e in events if e["ph"] == "M"}
        self.assertTrue(all((e["pid"], e["tid"]) in names for e in kernels + ctas))
        for name in ("ipc (inst/cycle)", "power_watts (W)", "dram_power_watts (W)", "sm_clock_mhz (MHz)"):
            self.assertTrue(any(e["ph"] == "C" and e["name"] == name and e["args"]["value"] > 0 for e in events), name)
        self.assertEqual(trace["otherData"]["run_hash"], found["run_hash"])

    def test_wrong_options_are_status_2_with_words(self):
        for arguments, word in ((["--hot-instructions", "0", TRACE], "--hot-instructions"), (["--hot-instructions", "many", TRACE], "all"),
                                (["--timeline", "1", TRACE], "--timeline"), (["--timeline", "1ns", TRACE], "100ns"), (["--timeline", "nan", TRACE], "--timeline"),
                                (["--timeline-sms", TRACE], "--timeline INTERVAL"), (["--functional", "--timeline", "1us", RECIPE], "--functional"),
                                (["--perfetto", "/nowhere/at/all.json", TRACE], "/nowhere/at/all.json")):
            done = heddle("run", "--gpu", "v100_sxm2", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")


class Metrics(unittest.TestCase):
    def test_tensor_operations_divide_by_type(self):
        found = record(str(ROOT / "traces/cubins/gemm_mma.yaml"))
        for span in (found["total"], found["kernels"][0]):
            self.assertEqual(sum(span["tensor_operations"].values()), span["flops"]["tensor"]["operations"])
        self.assertEqual({name for name, count in span["tensor_operations"].items() if count}, {"fp16"})
        peaks = found["peaks"]
        self.assertAlmostEqual(peaks["tensor_tflop_per_s"]["fp16"], peaks["fp16_tensor_tflop_per_s"])
        self.assertAlmostEqual(peaks["tensor_tflop_per_s"]["fp8"], 2 * peaks["fp16_tensor_tflop_per_s"])

    def test_formulas_use_what_a_run_has(self):
        """A misspelt name would make a metric silently absent."""
        found = record(RECIPE)
        metrics = dict(re.findall(r"^\| `(\w+)` .*\| `(.*)` \|$", heddle("explain", "--metrics").stdout, re.M))
        self.assertGreater(len(metrics), 100)
        kernel = found["kernels"][0]
        for metric, formula in metrics.items():
            for name in re.findall(r"[A-Za-z_][\w.]*", formula):
                if name.startswith(NOT_YET) or name in metrics or name in ("max", "min", "ceil", "floor"):
                    continue
                first = name.split(".")[0]
                known = (name in kernel["counters"] if first == "gpu" else name[7:] in found["config"]["values"] if first == "config"
                         else name.split(".")[1] in found["peaks"] if first == "peaks" else True if first == "kernels" else name[5:] in found["area"] if first == "area" else first in kernel or first in found)
                self.assertTrue(known, f"{name} in the formula of {metric}")

    def test_explain_knows_metrics_and_what_is_near(self):
        done = heddle("explain", "dram_bandwidth_gbs")
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, "dram_bandwidth_gbs (metric)"))
        for arguments, word in ((["metric", "wave"], "'waves'"), (["ocupancy_percent"], "'occupancy_percent'"), (["ipc", "waves"], "too many"), ([], "needs")):
            done = heddle("explain", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    HEDDLE = sys.argv.pop(1)
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        HOSTS = sys.argv.pop(1).split(",")
    unittest.main()
