#!/usr/bin/env python3
"""validation/capture/power/fit on loops made of energies that are known: they come back."""
import csv
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FIT = Path(__file__).resolve().parents[3] / "validation/capture/power/fit"
HIGHEST, KNEE, RISE = 1980e6, 0.72, 1.25
SMS, SLICES, CHANNELS, L2_CLOCK = 10, 8, 4, 1.6e9
BOARD, SM_STATIC, L2_STATIC, DRAM_STATIC, SM_TREE, L2_TREE = 20.0, 0.5, 0.25, 1.5, 200.0, 100.0  # W and pJ a cycle
PIPES = ("alu", "fma", "fp16", "fp64", "xu", "uniform", "adu", "cbu")
COUNTERS = (["gpu.sm.sub_core.inst_executed", "gpu.sm.sub_core.thread_inst_executed", "gpu.sm.lsu.shuffles", "gpu.sm.shared_memory.wavefronts_mem_shared", "gpu.dram.read_atoms",
             "gpu.dram.write_atoms", "gpu.dram.activates"] + [f"gpu.sm.sub_core.inst_executed_pipe.{pipe}" for pipe in PIPES] +
            [f"gpu.sm.l1_cache.l1tex_t_sectors_{kind}" for kind in ("ld_global", "ld_local", "st_global", "st_local", "atom_global", "red_global")] +
            [f"gpu.l2.lts_t_sectors_op_{kind}" for kind in ("read", "write", "atom", "red")])
# pJ, by key of power.events; those of none are 0
ENERGIES = {"instruction": 40.0, "alu_lane": 2.0, "fma_lane": 3.0, "fp64_lane": 9.0, "l2_read_sector": 700.0, "dram_sector": 1500.0, "tensor_f16": 0.5}
# {loop: (instructions of full warps an iteration, {counter: of them}, tensor operations, SM MHz)}
LOOPS = {
    "issue": (1000, {}, 0, 1980),
    "alu": (1000, {"gpu.sm.sub_core.inst_executed_pipe.alu": 900}, 0, 1980),
    "fma": (1000, {"gpu.sm.sub_core.inst_executed_pipe.fma": 950}, 0, 1980),
    "fma_slow": (1000, {"gpu.sm.sub_core.inst_executed_pipe.fma": 950}, 0, 1200),
    "fp64": (800, {"gpu.sm.sub_core.inst_executed_pipe.fp64": 700}, 0, 1700),
    "l2": (300, {"gpu.l2.lts_t_sectors_op_read": 1200, "gpu.sm.l1_cache.l1tex_t_sectors_ld_global": 0}, 0, 1980),
    "dram": (300, {"gpu.l2.lts_t_sectors_op_read": 1200, "gpu.dram.read_atoms": 1000, "gpu.dram.write_atoms": 200}, 0, 1500),
    "mma": (200, {}, 800_000, 1900),
}
SECONDS, ITERATIONS, REPETITIONS = 0.8, 50, 2000


def volts(clock):
    share, floor = clock / HIGHEST, 1 / RISE
    return floor if share <= KNEE else floor + (1 - floor) * (share - KNEE) / (1 - KNEE)


def watts(loop):
    instructions, counts, tensor, mhz = LOOPS[loop]
    clock, v = mhz * 1e6, volts(mhz * 1e6)
    idle = BOARD + CHANNELS * DRAM_STATIC + v * (SMS * SM_STATIC + SLICES * L2_STATIC) + 1e-12 * v * v * (SMS * SM_TREE * clock + SLICES * L2_TREE * L2_CLOCK)
    get = lambda *names: sum(counts.get(name, 0) for name in names)
    core = (instructions * ENERGIES["instruction"] + 32 * sum(get(f"gpu.sm.sub_core.inst_executed_pipe.{pipe}") * ENERGIES[f"{pipe}_lane"] for pipe in ("alu", "fma", "fp64")) +
            get("gpu.l2.lts_t_sectors_op_read") * ENERGIES["l2_read_sector"] + tensor / 2 * ENERGIES["tensor_f16"])
    dram = get("gpu.dram.read_atoms", "gpu.dram.write_atoms") * ENERGIES["dram_sector"]
    return idle + 1e-12 * (core * v * v + dram) * 1000 * ITERATIONS * REPETITIONS / SECONDS


class Fit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for iterations in (4, 8):
            self.write_run(iterations)
        self.write_measured({loop: watts(loop) for loop in LOOPS})

    def write_run(self, iterations, energies=ENERGIES):
        kernels = [{"name": "_Z4fillPj", "counters": {}}]
        for number, (instructions, counts, tensor, _) in enumerate(LOOPS.values()):
            done = {name: 1000 * (7 * number + iterations * counts.get(name, 0)) for name in COUNTERS}  # what comes before and after the loop drops out
            done["gpu.sm.sub_core.inst_executed"] = 1000 * (100 + iterations * instructions)
            done["gpu.sm.sub_core.thread_inst_executed"] = 32 * done["gpu.sm.sub_core.inst_executed"]
            kernels.append({"name": "loop", "counters": done, "tensor_operations": {"fp16": 1000 * (5 + iterations * tensor)}})
        values = {"address_map.slices": str(SLICES), "address_map.slices_per_channel": "2", "clocks.l2": "1.6 GHz", "power.board": "20 W", "power.sm_static": "500 mW",
                  "power.l2_static": "250 mW", "power.dram_static": "1.5 W", "power.sm_clock": "200 pJ", "power.l2_clock": "0.1 nJ", "power.voltage.highest": "1980 MHz",
                  "power.voltage.knee": str(KNEE), "power.voltage.rise": str(RISE)}
        keys = ("instruction alu_lane fma_lane fp16_lane fp64_lane xu_lane uniform_instruction shuffle tensor_f16 tensor_bf16 tensor_tf32 tensor_f64 tensor_int8 tensor_fp8 "
                "shared_wavefront l1_sector l2_read_sector l2_write_sector l2_atomic_sector dram_sector dram_activate").split()
        values |= {f"power.events.{key}": f"{energies.get(key, 0)} pJ" for key in keys}
        (self.folder / f"run{iterations}.json").write_text(json.dumps({"kernels": kernels, "config": {"values": values}, "peaks": {"sms": SMS}}))
        (self.folder / f"names{iterations}").write_text("".join(f"LOOP {loop} iterations {iterations}\n" for loop in LOOPS))

    def write_measured(self, powers):
        with open(self.folder / "measured.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["loop", "iterations", "repetitions", "seconds", "power_w", "sm_mhz"])
            for loop, power in powers.items():
                writer.writerow([loop, ITERATIONS, REPETITIONS, SECONDS, power, LOOPS.get(loop, (0, 0, 0, 1980))[3]])

    def run_fit(self, *more, files=("measured.csv", "run4.json", "names4", "run8.json", "names8")):
        return subprocess.run([sys.executable, str(FIT), *(str(self.folder / file) for file in files), *more], capture_output=True, text=True, timeout=120)

    def fitted(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {key: float(value) for key, value in re.findall(r"^  (\w+): !fitted (\S+) pJ$", done.stdout, re.M)}

    def summary(self, done):
        return re.findall(r"^(\d+) loops: ([\d.]+) % in the mean, ([\d.]+) % in the median, ([\d.]+) % at most$", done.stdout, re.M)[0]

    def test_known_energies_come_back(self):
        done = self.run_fit()
        energies = self.fitted(done)
        for key, energy in ENERGIES.items():
            self.assertAlmostEqual(energies[key] / energy, 1, delta=0.02, msg=key)
        self.assertEqual(energies["xu_lane"], 0)  # no loop does it
        self.assertEqual(self.summary(done), (str(len(LOOPS)), "0.0", "0.0", "0.0"))

    def test_no_energy_is_negative(self):
        powers = {loop: watts(loop) for loop in LOOPS}
        powers["alu"] = powers["issue"] - 5  # as if lanes gave energy back
        self.write_measured(powers)
        energies = self.fitted(self.run_fit())
        self.assertEqual(energies["alu_lane"], 0)
        self.assertTrue(all(energy >= 0 for energy in energies.values()))

    def test_loops_on_zeros_are_shown_and_not_fitted(self):
        LOOPS["fma_zeros"] = (1000, {"gpu.sm.sub_core.inst_executed_pipe.fma": 950}, 0, 1980)
        self.addCleanup(LOOPS.pop, "fma_zeros")
        for iterations in (4, 8):
            self.write_run(iterations)
        self.write_measured({loop: watts(loop) * (0.5 if loop == "fma_zeros" else 1) for loop in LOOPS})
        done = self.run_fit()
        self.assertAlmostEqual(self.fitted(done)["fma_lane"] / ENERGIES["fma_lane"], 1, delta=0.02)
        self.assertRegex(done.stdout, r"fma_zeros +measured .* \+100\.0 %")
        self.assertEqual(self.summary(done)[0], str(len(LOOPS) - 1))

    def test_check_fits_nothing_and_says_how_far_off(self):
        done = self.run_fit("--check")
        self.assertEqual(self.fitted(done), {})
        self.assertEqual(self.summary(done), (str(len(LOOPS)), "0.0", "0.0", "0.0"))
        self.write_run(8, {**ENERGIES, "dram_sector": 2 * ENERGIES["dram_sector"]})
        done = self.run_fit("--check")
        share = 1e-12 * 1200 * ENERGIES["dram_sector"] * 1000 * ITERATIONS * REPETITIONS / SECONDS / watts("dram")
        self.assertAlmostEqual(float(self.summary(done)[3]), 100 * share, delta=0.06)
        self.assertRegex(done.stdout, r"fp64 +measured .* \+0\.0 %")

    def test_files_that_do_not_fit_are_status_2_with_words(self):
        files = ["measured.csv", "run4.json", "names4", "run8.json", "names8"]
        swapped = ("measured.csv", "run8.json", "names8", "run4.json", "names4")
        (self.folder / "few").write_text("LOOP fma iterations 4\n")
        (self.folder / "bad.json").write_text("{")
        for wrong, word in ((swapped, "more iterations"), (files[:2] + ["few"] + files[3:], "names 1 loops"), (["absent"] + files[1:], "absent"), (files[:1] + ["bad.json"] + files[2:], "does not hold")):
            done = self.run_fit(files=wrong)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
