#include "tools/sweep/collect.hpp"

#include "tools/sweep/results_tables.hpp"

#include <array>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>

namespace heddle::sweep {

namespace {

namespace fs = std::filesystem;

void write_meta(Database& database, const PlanFile& plan) {
    Table meta(database, "meta", {{"key", "TEXT", "", "", "", ""}, {"value", "TEXT", "", "", "", ""}}, "key");
    const std::array<std::pair<const char*, std::string>, 7> entries = {{{"format", "1"},
                                                                         {"name", plan.name},
                                                                         {"description", plan.description},
                                                                         {"base_gpu", plan.base_gpu},
                                                                         {"heddle_version", plan.heddle_version},
                                                                         {"objectives", plan.objectives.dump()},
                                                                         {"sweep_file", plan.sweep_file}}};
    for (const auto& [key, value] : entries) meta.add({std::string(key), value});
}

void write_axes(Database& database, const std::vector<PlannedAxis>& axes) {
    std::vector<Column> columns = {{"position", "INTEGER", "", "", "", ""}};
    for (const char* name : {"name", "label", "unit", "kind", "key", "base_value"}) columns.push_back({name, "TEXT", "", "", "", ""});
    Table table(database, "axes", columns);
    std::int64_t position = 0;
    for (const PlannedAxis& axis : axes) {
        Cell base = cell_of(axis.base_value);
        if (!axis.base_value.is_null() && !axis.base_value.is_string()) base = axis.base_value.dump();
        table.add({++position, axis.name, axis.label, axis.unit, std::string(axis.number ? "number" : "text"), axis.key, base});
    }
}

void write_columns(Database& database, const fs::path& csv, const std::vector<Column>& runs, const std::vector<Column>& kernels) {
    std::vector<Column> columns;
    for (const char* name : {"table_name", "name", "unit", "kind", "better", "description"})
        columns.push_back({name, "TEXT", "", "", "", ""});
    Table table(database, "columns", columns, {}, csv);
    const auto add = [&](const char* of, const std::vector<Column>& described) {
        for (const Column& c : described) table.add({std::string(of), c.name, c.unit, c.kind, c.better, c.description});
    };
    add("runs", runs);
    add("kernels", kernels);
    table.commit();
}

std::string host_field(const nlohmann::json& record, const char* member) {
    const auto host = record.find("host");
    return host != record.end() && host->is_object() && host->contains(member) ? host->at(member).dump() : "";
}

// What a collection is made of, so that the next one knows that nothing has changed: plan and results by size and time of
// writing, and what was made of them.
class Stamp {
  public:
    explicit Stamp(const fs::path& out_folder) : folder_(out_folder), file_(out_folder / ".collected") {}

    std::string now(const PlanFile& plan) const {
        std::string text = fmt::format("1 {}\n{}", plan.heddle_version, state("plan.json"));
        for (const PlannedRun& run : plan.runs)
            text += state(store_folder(run.key) / "run.json") + state(store_folder(run.key) / "failed.json");
        for (const char* output : {"results.sqlite", "runs.csv", "kernels.csv", "columns.csv", "host.csv"}) text += state(output);
        return text;
    }
    // What was collected, if that was from the state `now`.
    std::optional<Collected> last(const std::string& now) const {
        std::ifstream in(file_, std::ios::binary);
        Collected collected;
        collected.unchanged = true;
        if (!(in >> collected.ok >> collected.failed >> collected.missing) || in.get() != '\n') return {};
        const std::string text(std::istreambuf_iterator<char>(in), {});
        return text == now ? std::optional(collected) : std::nullopt;
    }
    void write(const Collected& collected, const std::string& now) const {
        write_file(file_, fmt::format("{} {} {}\n{}", collected.ok, collected.failed, collected.missing, now));
    }

  private:
    std::string state(const fs::path& file) const {
        std::error_code error;
        const auto size = fs::file_size(folder_ / file, error);
        if (error) return "-\n";
        const auto written = fs::last_write_time(folder_ / file, error);
        return fmt::format("{} {}\n", size, written.time_since_epoch().count());
    }

    fs::path folder_, file_;
};

// What a killed collector left under temporary names.
void remove_leftovers(const fs::path& out_folder) {
    std::vector<fs::path> leftovers;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(out_folder, ignored))
        if (entry.path().extension() == ".partial") leftovers.push_back(entry.path());
    for (const fs::path& file : leftovers) fs::remove(file, ignored);
}

} // namespace

Collected collect(const fs::path& out_folder) {
    const PlanFile plan = read_plan(out_folder);
    const Stamp stamp(out_folder);
    if (const auto last = stamp.last(stamp.now(plan))) return *last;

    remove_leftovers(out_folder);
    Database database(out_folder / "results.sqlite");
    write_meta(database, plan);
    write_axes(database, plan.axes);
    const std::vector<Column> run_columns = runs_columns(plan.axes), kernel_columns = kernels_columns();
    write_columns(database, out_folder / "columns.csv", run_columns, kernel_columns);
    Collected collected;
    {
        Table runs(database, "runs", run_columns, "run", out_folder / "runs.csv");
        Table kernels(database, "kernels", kernel_columns, {}, out_folder / "kernels.csv");
        Table areas(database, "areas", areas_columns());
        FileWriter host(out_folder / "host.csv");
        host.append("run,key,wall_seconds,cpu_seconds,peak_memory_bytes\n");
        for (const PlannedRun& run : plan.runs) {
            RunEnd end = read_run(out_folder, run.key);
            const RunRows rows = rows_of(run, end);
            runs.add(rows.run);
            for (const auto& row : rows.kernels) kernels.add(row);
            for (const auto& row : rows.areas) areas.add(row);
            ++(end.status == "ok" ? collected.ok : end.status == "failed" ? collected.failed : collected.missing);
            if (end.status == "ok")
                host.append(fmt::format("{},{},{},{},{}\n", run.run, run.key, host_field(end.record, "wall_seconds"),
                                        host_field(end.record, "cpu_seconds"), host_field(end.record, "peak_memory_bytes")));
        }
        runs.commit();
        kernels.commit();
        host.commit();
    }
    database.execute("CREATE INDEX kernels_run ON kernels (run)");
    database.execute(results_view(plan.axes));
    database.commit();
    stamp.write(collected, stamp.now(plan));
    return collected;
}

} // namespace heddle::sweep
