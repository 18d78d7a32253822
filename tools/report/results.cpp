#include "tools/report/results.hpp"

#include "sim/base/error.hpp"

#include <fmt/format.h>
#include <initializer_list>
#include <memory>
#include <sqlite3.h>

namespace heddle::report {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kFile = "results.sqlite";

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
    fail_at(file.string(), 0, 0, what, "heddle sweep writes results.sqlite into its folder; run it again to make it new");
}

class Database {
  public:
    explicit Database(fs::path file) : file_(std::move(file)) {
        sqlite3* opened = nullptr;
        const int status = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
        handle_.reset(opened);
        if (status != SQLITE_OK) refuse(file_, fmt::format("cannot be opened: {}", sqlite3_errstr(status)));
    }

    std::vector<Results::Row> rows(const char* query) const {
        sqlite3_stmt* prepared = nullptr;
        if (sqlite3_prepare_v2(handle_.get(), query, -1, &prepared, nullptr) != SQLITE_OK)
            refuse(file_, fmt::format("holds no results of a sweep: {}", sqlite3_errmsg(handle_.get())));
        const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
        std::vector<Results::Row> found;
        int status = sqlite3_step(prepared);
        for (; status == SQLITE_ROW; status = sqlite3_step(prepared)) {
            Results::Row row;
            for (int column = 0; column < sqlite3_column_count(prepared); ++column)
                row[sqlite3_column_name(prepared, column)] = value(prepared, column);
            found.push_back(std::move(row));
        }
        if (status != SQLITE_DONE) refuse(file_, fmt::format("cannot be read: {}", sqlite3_errmsg(handle_.get())));
        return found;
    }

    void require(const std::vector<Results::Row>& rows, const char* table, std::initializer_list<const char*> columns) const {
        if (rows.empty()) return;
        for (const char* column : columns)
            if (!rows.front().contains(column)) refuse(file_, fmt::format("has no column {} in its table {}", column, table));
    }

  private:
    static Json value(sqlite3_stmt* statement, int column) {
        switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER: return sqlite3_column_int64(statement, column);
        case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
        case SQLITE_NULL: return nullptr;
        default: {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
            return text == nullptr ? Json() : Json(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))));
        }
        }
    }

    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close(handle); }
    };
    fs::path file_;
    std::unique_ptr<sqlite3, Close> handle_;
};

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string{} : value.dump();
}

} // namespace

bool holds_results(const fs::path& folder) {
    std::error_code error;
    return fs::is_regular_file(folder / kFile, error);
}

Results read_results(const fs::path& folder) {
    const Database database(folder / kFile);
    Results results;
    for (const Results::Row& row : database.rows("SELECT key, value FROM meta"))
        results.meta[text_of(row.at("key"))] = text_of(row.at("value"));
    results.axes = database.rows("SELECT * FROM axes ORDER BY position");
    database.require(results.axes, "axes", {"name", "label", "unit", "kind", "base_value"});
    results.columns = database.rows("SELECT * FROM columns");
    database.require(results.columns, "columns", {"table_name", "name", "unit", "kind", "description"});
    results.runs = database.rows("SELECT * FROM runs ORDER BY run");
    database.require(results.runs, "runs", {"run", "workload", "seed", "point", "is_base", "status", "error", "record"});
    // Sweeps of an earlier build have no such table.
    if (!database.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'areas'").empty()) {
        results.areas = database.rows("SELECT * FROM areas");
        database.require(results.areas, "areas", {"run", "anchor", "part", "mm2", "at_low", "at_high"});
    }
    for (const Results::Row& axis : results.axes)
        if (!results.runs.empty() && !results.runs.front().contains(text_of(axis.at("name"))))
            refuse(folder / kFile, fmt::format("has no column for its axis {}", text_of(axis.at("name"))));
    return results;
}

} // namespace heddle::report
