#!/usr/bin/env python3
"""tools/sweep/slurm against a Slurm of one node that this test starts for itself: the same bytes as a local sweep, and a cancelled
array that goes on. Without Slurm, munge or the rights to start them the second part is skipped (exit status 77).

usage: slurm_test.py HEDDLE
"""
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[3]
ADAPTER = ROOT / "tools/sweep/slurm"
HEDDLE = None
OUTPUTS = ["results.sqlite", "runs.csv", "kernels.csv", "columns.csv"]
SWEEP = f"""description: small
base: h200_sxm
axes:
  sm_clock: {{key: clocks.sm, values: [1200 MHz, 1400 MHz, 1600 MHz, 1800 MHz]}}
  l2_size: {{key: l2.size, values: [15 MiB, 30 MiB]}}
workloads:
  vector_add: {ROOT}/traces/cubins/vector_add.yaml
objectives: {{time_us: min}}
"""
CONFIGURATION = """ClusterName=heddle
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MailProg=/bin/true
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def why_not():
    if os.geteuid() != 0:
        return "only root can start Slurm's daemons"
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "squeue", "sinfo") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)} (tools/setup --with-slurm)" if missing else None


class Cluster:
    """Munge, controller and one node, for as long as the block lasts."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self.daemons = []

    def __enter__(self):
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(folder=self.folder, host=socket.gethostname().split(".")[0],
                                                                    controller_port=free_port(), node_port=free_port()))
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        try:
            self._start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket",
                        f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munge.seed")
            self._wait(lambda: (self.folder / "munge.socket").exists(), "munged")
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._wait(lambda: "idle" in self.call("sinfo", "-h", "-o", "%t"), "the node")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *words):
        return subprocess.run(words, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    def _start(self, *words):
        with open(self.folder / f"{words[0]}.out", "wb") as log:
            self.daemons.append(subprocess.Popen(words, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def _wait(self, ready, what):
        end = time.monotonic() + 60
        while not ready():
            if time.monotonic() > end or self.daemons[-1].poll() is not None:
                logs = "".join(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in sorted(self.folder.glob("*.out")) + sorted(self.folder.glob("*.log")))
                raise RuntimeError(f"{what} did not start\n{logs}")
            time.sleep(0.2)


def adapter(words, environment=None, status=0):
    done = subprocess.run([str(ADAPTER), *map(str, words), "--heddle", HEDDLE] if "--" not in words else list(map(str, [ADAPTER, "--heddle", HEDDLE, *words])),
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280)
    if done.returncode != status:
        raise AssertionError(f"exit status {done.returncode}, not {status}\n{done.stdout}")
    return done.stdout


class Packing(unittest.TestCase):
    def test_tasks(self):
        loader = importlib.machinery.SourceFileLoader("slurm", str(ADAPTER))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("slurm", loader))
        loader.exec_module(module)
        self.assertEqual(module.tasks_for(200, 0.5, 1, 60), 1)       # 120 runs a task
        self.assertEqual(module.tasks_for(240, 0.5, 1, 60), 2)
        self.assertEqual(module.tasks_for(200, 7, 1, 60), 22)        # 9 runs, 63 s
        self.assertEqual(module.tasks_for(200, 7, 4, 60), 5)         # four side by side
        self.assertEqual(module.tasks_for(200, 600, 1, 60), 200)
        self.assertEqual(module.tasks_for(100000, 600, 1, 60), 1000) # no more than an array holds

    def test_show(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "small.yaml").write_text(SWEEP)
            shown = adapter([folder / "small.yaml", "--out", folder / "out", "--run-seconds", 30, "--show", "--", "--partition=gpu"])
            self.assertIn("--array=1-4 ", shown)
            self.assertIn("--partition=gpu", shown)
            self.assertIn('--shard "$SLURM_ARRAY_TASK_ID/4"', shown)
            self.assertIn("--dependency=afterany:0", shown)
            self.assertFalse((folder / "out/slurm").exists())
            # The same through the command line.
            same = subprocess.run([HEDDLE, "sweep", folder / "small.yaml", "--out", folder / "out", "--slurm", "--dry-run", "--jobs", "2",
                                   "--sbatch=--partition=gpu", "--sbatch=--time=9"], stdout=subprocess.PIPE, text=True, check=True).stdout
            self.assertIn("--cpus-per-task=2", same)
            self.assertIn("--partition=gpu --time=9", same)
            adapter([folder / "small.yaml", "--out", folder / "out", "--jobs", 0], status=2)
            adapter([folder / "absent.yaml", "--out", folder / "out"], status=2)


@unittest.skipIf(why_not(), f"{why_not()}")
class RealSlurm(unittest.TestCase):
    def test_array_cancelled_and_resumed(self):
        with tempfile.TemporaryDirectory() as name, Cluster(Path(name)) as cluster:
            folder = Path(name)
            (folder / "small.yaml").write_text(SWEEP)
            local, out = folder / "local", folder / "out"
            subprocess.run([HEDDLE, "sweep", folder / "small.yaml", "--out", local, "--jobs", "2"], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            # 4 tasks of 2 runs, one at a time; cancelled when the first results are there.
            words = [folder / "small.yaml", "--out", out, "--run-seconds", 30, "--at-once", 1]
            said = adapter(words, cluster.environment)
            self.assertIn("8 runs of about 30 s in 4 tasks", said)
            job = said.split()[1].rstrip(":")
            end = time.monotonic() + 120
            while not list(out.glob("store/*/*/run.json")):
                self.assertLess(time.monotonic(), end, cluster.call("squeue"))
                time.sleep(0.1)
            cluster.call("scancel", job)
            while cluster.call("squeue", "-h").strip():
                self.assertLess(time.monotonic(), end + 60, cluster.call("squeue"))
                time.sleep(0.2)
            first = {path: path.stat().st_mtime_ns for path in out.glob("store/*/*/run.json")}
            self.assertLess(len(first), 8)
            # The same command makes what is left and touches nothing that is there.
            said = adapter(words + ["--wait"], cluster.environment)
            self.assertIn(f"{8 - len(first)} runs of about", said)
            self.assertIn("0 runs failed, 0 are missing", said)
            self.assertEqual(first, {path: path.stat().st_mtime_ns for path in first})
            for output in OUTPUTS:
                self.assertEqual((local / output).read_bytes(), (out / output).read_bytes(), output)
            self.assertIn("nothing is left to run", adapter(words, cluster.environment))


if __name__ == "__main__":
    HEDDLE = str(Path(sys.argv.pop(1)).resolve())
    reason = why_not()
    result = unittest.main(exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if reason else 0)
