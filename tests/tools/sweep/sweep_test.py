#!/usr/bin/env python3
"""`heddle sweep` from outside: results, resume, failures, shares, locks, and kill -9 of whatever runs.

usage: sweep_test.py HEDDLE
"""
import json, os, pathlib, random, signal, subprocess, sys, tempfile, time

HEDDLE = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(__file__).resolve().parents[3]
TABLES = ["results.sqlite", "runs.csv", "kernels.csv", "columns.csv", "plan.json"]


def sweep(*words, status=0, **more):
    done = subprocess.run([HEDDLE, "sweep", *map(str, words)], capture_output=True, text=True, **more)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def same(one, two):
    for name in TABLES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def wait_until(what, seconds=60):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.005)


def finished(out):
    return len(list(out.glob("store/*/*/run.json")))


def kills(folder, file, whole, count):
    """Children killed at random and the coordinator once: the same tables, and what was finished stays."""
    out = folder / "killed"
    command = [HEDDLE, "sweep", str(file), "--out", str(out), "--jobs", "2", "--quiet", "--attempts", "10"]
    chance = random.Random(5)
    first = subprocess.Popen(command)
    victims = 0
    while victims < 3 and first.poll() is None:
        if running := children(first.pid):
            try:
                os.kill(chance.choice(running), signal.SIGKILL)
                victims += 1
            except ProcessLookupError:
                pass
        time.sleep(chance.uniform(0.05, 0.15))
    assert victims == 3
    wait_until(lambda: finished(out) >= 3)
    # Nobody else may work there meanwhile.
    refused = sweep(file, "--out", out, status=2)
    assert "another sweep works in this folder" in refused.stderr, refused.stderr
    orphans = children(first.pid)
    first.kill()
    first.wait()
    wait_until(lambda: not any(lives(p) for p in orphans), 10)
    kept = {p: p.stat().st_mtime_ns for p in out.glob("store/*/*/run.json")}
    assert 3 <= len(kept) < count, len(kept)
    second = subprocess.Popen(command)
    for _ in range(2):
        wait_until(lambda: children(second.pid) or second.poll() is not None)
        if running := children(second.pid):
            try:
                os.kill(running[0], signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.1)
    assert second.wait() == 0
    assert all(p.stat().st_mtime_ns == then for p, then in kept.items()), "a finished run was made again"
    assert finished(out) == count
    assert not (out / "work").exists()
    same(whole, out)


def interruption(folder, file, count):
    out = folder / "interrupted"
    process = subprocess.Popen([HEDDLE, "sweep", str(file), "--out", str(out), "--jobs", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: finished(out) >= 1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, (process.returncode, errors)
    assert "the same command goes on" in errors, errors
    assert 1 <= finished(out) < count and not list(out.glob("store/*/*/failed.json"))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        file = folder / "small.yaml"
        file.write_text(f"""
description: a small sweep
base: h200_sxm
axes:
  sms: {{key: sm_count, values: [2, 4, 8, 132]}}
  clock: {{key: clocks.sm, values: [1000 MHz, 1200 MHz, 1400 MHz, 1600 MHz, 1980 MHz]}}
workloads: {{vector_add: {SOURCE}/traces/cubins/vector_add.yaml}}
objectives: {{time_us: min}}
""")
        whole = folder / "whole"
        planned = sweep(file, "--out", whole, "--dry-run").stdout
        assert "20 points, 20 runs: 0 ok, 0 failed, 20 to run" in planned, planned
        assert "about " in planned and "rough: from instructions executed and a table of rates" in planned, planned
        assert not whole.exists()
        done = sweep(file, "--out", whole, "--jobs", 2).stdout
        assert "20 runs made, 0 found, 0 failed" in done, done
        plan = json.loads((whole / "plan.json").read_text())
        assert [r["run"] for r in plan["runs"]] == list(range(1, 21)) and sum(r["is_base"] for r in plan["runs"]) == 1
        # Nothing to do: nothing is done, and fast.
        before = {p: p.stat().st_mtime_ns for p in whole.rglob("run.json")}
        begin = time.monotonic()
        again = sweep(file, "--out", whole).stdout
        assert time.monotonic() - begin < 10, "a second call took long"
        assert "0 runs made, 20 found, 0 failed" in again, again
        assert before == {p: p.stat().st_mtime_ns for p in whole.rglob("run.json")}

        kills(folder, file, whole, 20)
        interruption(folder, file, 20)

        # A probe is a run as any other, kept; a result that was cut off is made again.
        probed = folder / "probed"
        assert "20 runs: 1 ok, 0 failed, 19 to run" in (said := sweep(file, "--out", probed, "--dry-run", "--probe").stdout), said
        assert "from 1 finished run\n" in said, said
        assert "19 runs made, 1 found, 0 failed" in sweep(file, "--out", probed, "--jobs", 2).stdout
        same(whole, probed)
        record = next(probed.glob("store/*/*/run.json"))
        record.write_bytes(record.read_bytes()[:1000])
        assert "about " in (said := sweep(file, "--out", probed, "--dry-run").stdout) and "1 to run" in said and "from 19 finished runs" in said, said
        assert "1 runs made, 19 found, 0 failed" in sweep(file, "--out", probed).stdout

        # Two shares side by side give the same.
        parts = folder / "parts"
        shares = [subprocess.Popen([HEDDLE, "sweep", str(file), "--out", str(parts), "--jobs", "1", "--quiet", "--shard", f"{i}/2"]) for i in (1, 2)]
        assert [s.wait() for s in shares] == [0, 0]
        assert not (parts / "results.sqlite").exists()
        sweep("--collect", parts)
        same(whole, parts)

        # A run that fails costs itself alone, is not made again by itself, and is when asked to.
        wrong = folder / "wrong.yaml"
        wrong.write_text(f"""
base: h200_sxm
axes: {{sms: {{key: sm_count, values: [2]}}}}
workloads: {{good: {SOURCE}/traces/cubins/vector_add.yaml, bad: {{input: {SOURCE}/traces/cubins/vector_add.yaml, kernels: "7"}}}}
""")
        out = folder / "wrong"
        failed = sweep(wrong, "--out", out, status=1)
        assert "1 runs made, 0 found, 1 failed" in failed.stdout, failed.stdout
        record = json.loads(next(out.glob("store/*/*/failed.json")).read_text())
        assert record["status"] == 2 and not record["timed_out"] and "--kernels" in record["log"], record
        assert "0 runs made, 1 found, 1 failed" in sweep(wrong, "--out", out, status=1).stdout
        stamp = next(out.glob("store/*/*/failed.json")).stat().st_mtime_ns
        sweep(wrong, "--out", out, "--retry-failed", status=1)
        assert next(out.glob("store/*/*/failed.json")).stat().st_mtime_ns != stamp

        assert "did you mean sm_count?" in sweep("sm_cuont", status=2).stderr
        wrong.write_text(wrong.read_text().replace('"7"', "7-8"))
        refused = sweep(wrong, "--out", out, status=2).stderr
        assert 'wrong.yaml:4:' in refused and 'bad: --kernels "7-8" cannot be used' in refused, refused


if __name__ == "__main__":
    main()
