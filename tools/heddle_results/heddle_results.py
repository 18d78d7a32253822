"""Results of `heddle sweep` for Python: the standard library alone, pandas if it is there.

    import heddle_results
    sweep = heddle_results.load("out")              # the folder that heddle sweep wrote
    print(sweep)                                    # name, axes, how many runs
    for row in sweep.runs(workload="sgemm"):        # dictionaries; absent values are None
        print(row["sm_count"], row["time_us"])
    sweep.kernels(sm_count=132)                     # one row per run and kernel
    sweep.speedups("time_us")                       # each finished run against the base of its workload
    sweep.pareto(["time_us", "dram_bandwidth_gbs"]) # runs that no other beats
    sweep.unit("time_us"), sweep.describe("time_us")
    sweep.frame("results")                          # a pandas.DataFrame of runs, kernels or results
    sweep.record(1)                                 # run.json of run 1, parsed
    sweep.query("SELECT workload, min(time_us) FROM runs GROUP BY workload")

Everything comes from results.sqlite; its tables are described in tools/sweep/RESULTS.md. As a program it prints a table:

    python3 heddle_results.py out                   # axes and objectives of all runs
    python3 heddle_results.py out time_us ipc       # axes and these columns
"""
import argparse
import csv
import json
import sqlite3
import sys
from pathlib import Path

__all__ = ["Sweep", "load"]


def load(folder):
    """The results in `folder`, or in the results.sqlite of that path. FileNotFoundError if there are none."""
    return Sweep(folder)


class Sweep:
    """A sweep's results, read only.

    meta     {key: text}: name, description, base_gpu, heddle_version, sweep_file
    axes     [{"name", "label", "unit", "kind", "key", "base_value"}] in the order of the sweep file
    columns  {table: {name: {"unit", "kind", "better", "description"}}} for the tables runs and kernels
    """

    def __init__(self, folder):
        path = Path(folder)
        self.file = path if path.is_file() else path / "results.sqlite"
        self.folder = self.file.parent
        if not self.file.is_file():
            raise FileNotFoundError(f"{self.file}: no results; heddle sweep writes them")
        self._database = sqlite3.connect(f"{self.file.resolve().as_uri()}?mode=ro", uri=True)
        self._database.row_factory = sqlite3.Row
        self.meta = {row["key"]: row["value"] for row in self.query("SELECT key, value FROM meta")}
        self.axes = self.query("SELECT name, label, unit, kind, key, base_value FROM axes ORDER BY position")
        self.columns = {}
        for row in self.query("SELECT table_name, name, unit, kind, better, description FROM columns"):
            self.columns.setdefault(row.pop("table_name"), {})[row.pop("name")] = row

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._database.close()

    def __repr__(self):
        count = {row["status"]: row["runs"] for row in self.query("SELECT status, count(*) AS runs FROM runs GROUP BY status")}
        states = ", ".join(f"{count[status]} {status}" for status in ("ok", "failed", "missing") if status in count)
        return f"<sweep {self.meta['name']!r}: {', '.join(a['name'] for a in self.axes) or 'no axes'}; runs: {states or 'none'}>"

    @property
    def objectives(self):
        """[{"metric": name, "goal": "min" or "max"}] of the sweep file."""
        return json.loads(self.meta["objectives"])

    def query(self, sql, values=()):
        """Rows of an SQL query as dictionaries."""
        return [dict(row) for row in self._database.execute(sql, values)]

    def runs(self, **where):
        """One row per run in the order of the plan. `where`: column=value, or column=[values]; failed runs are there too."""
        return self._rows("runs", "run", where)

    def kernels(self, **where):
        """One row per finished run and kernel, with the run's axes; `where` as in runs()."""
        return self._rows("results", "run, kernel", where)

    def record(self, run):
        """run.json of a run, parsed. LookupError if it did not finish."""
        rows = self.runs(run=run)
        if not rows or rows[0]["record"] is None:
            raise LookupError(f"run {run} has no record: {rows[0]['status'] if rows else 'no such run'}")
        return json.loads((self.folder / rows[0]["record"]).read_text())

    def unit(self, column, table="runs"):
        return self._column(column, table)["unit"]

    def describe(self, column, table="runs"):
        """What a column means, in a sentence."""
        return self._column(column, table)["description"]

    def goal(self, metric):
        """"min" or "max": as the sweep file wants it, else as the metric is better. ValueError if neither says."""
        for objective in self.objectives:
            if objective["metric"] == metric:
                return objective["goal"]
        better = self._column(metric, "runs")["better"]
        if not better:
            raise ValueError(f"{metric} is neither better when high nor when low; name it as an objective of the sweep")
        return "max" if better == "higher" else "min"

    def speedups(self, metric="time_us"):
        """Finished runs with a member "speedup": how many times better than the base configuration with the same workload and
        seed. Runs without a finished base, or without the metric, are left out."""
        minimise = self.goal(metric) == "min"
        rows = [row for row in self.runs(status="ok") if row[metric] is not None]
        bases = {(row["workload"], row["seed"]): row[metric] for row in rows if row["is_base"]}
        compared = []
        for row in rows:
            base = bases.get((row["workload"], row["seed"]))
            over, under = (base, row[metric]) if minimise else (row[metric], base)
            if base is not None and under:
                compared.append({**row, "speedup": over / under})
        return compared

    def pareto(self, metrics=None, **where):
        """Finished runs that no other run of the same workload and seed beats: at least as good in all metrics and better in one.
        `metrics` are the objectives if left out; `where` as in runs()."""
        metrics = metrics or [objective["metric"] for objective in self.objectives]
        if not metrics:
            raise ValueError("name metrics: the sweep has no objectives")
        sign = {metric: 1 if self.goal(metric) == "min" else -1 for metric in metrics}
        rows = [row for row in self.runs(**{**where, "status": "ok"}) if all(row[m] is not None for m in metrics)]
        costs = [tuple(sign[m] * row[m] for m in metrics) for row in rows]

        def beaten(i):
            return any(other["workload"] == rows[i]["workload"] and other["seed"] == rows[i]["seed"] and cost != costs[i]
                       and all(a <= b for a, b in zip(cost, costs[i])) for other, cost in zip(rows, costs))

        return [row for i, row in enumerate(rows) if not beaten(i)]

    def frame(self, table="runs", **where):
        """A pandas.DataFrame of "runs", "kernels" or "results" (kernels with the axes). ImportError without pandas."""
        import pandas
        return pandas.DataFrame(self._rows(table, "run" if table == "runs" else "run, kernel", where))

    def _column(self, column, table):
        try:
            return self.columns[table][column]
        except KeyError:
            raise KeyError(f"{table} has no column {column!r}") from None

    def _rows(self, table, order, where):
        known = {row["name"] for row in self.query("SELECT name FROM pragma_table_info(?)", [table])}
        if not known:
            raise KeyError(f"no table {table!r}: runs, kernels or results")
        conditions, values = [], []
        for column, wanted in where.items():
            if column not in known:
                raise KeyError(f"{table} has no column {column!r}")
            wanted = list(wanted) if isinstance(wanted, (list, tuple, set, range)) else [wanted]
            quoted = '"' + column.replace('"', '""') + '"'
            conditions.append(f"{quoted} IN ({', '.join('?' * len(wanted))})")
            values += wanted
        where_text = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return self.query(f'SELECT * FROM "{table}"{where_text} ORDER BY {order}', values)


def main(words=None):
    parser = argparse.ArgumentParser(description="Prints the runs of a sweep as comma-separated values.")
    parser.add_argument("folder", help="the folder that heddle sweep wrote")
    parser.add_argument("columns", nargs="*", help="columns beside run, workload, status and the axes (default: the objectives)")
    options = parser.parse_args(words)
    try:
        with load(options.folder) as sweep:
            chosen = options.columns or [objective["metric"] for objective in sweep.objectives]
            names = ["run", "workload", "status"] + [axis["name"] for axis in sweep.axes] + chosen
            for name in chosen:
                sweep.unit(name)
            table = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
            table.writeheader()
            table.writerows(sweep.runs())
    except (FileNotFoundError, KeyError, sqlite3.Error) as error:
        print(f"heddle_results: {error.args[0] if error.args else error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
