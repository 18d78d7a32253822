// One table of results, written as SQLite and as comma-separated values at once.
//
// Both are the same bytes for the same rows: one transaction into a new file of a fixed page size, no dates, numbers in the
// shortest form that reads back the same. (SQLite notes its own version in the file's header.)
#pragma once

#include "tools/common/write_file.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace heddle::sweep {

using Cell = std::variant<std::monostate, std::int64_t, double, std::string>; // monostate: absent (NULL, an empty field)

struct Column {
    std::string name;
    std::string type; // as in CREATE TABLE: INTEGER, REAL, TEXT, NUMERIC
    std::string unit;
    std::string kind;        // id, axis, metric, status
    std::string better;      // higher, lower or empty
    std::string description; // one sentence
};

// "name" as an identifier of SQL.
std::string quoted(const std::string& name);

// A database in the making, under a temporary name until commit().
class Database {
  public:
    // Errors: UserError.
    explicit Database(const std::filesystem::path& file);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    void execute(const std::string& sql);
    void commit();

  private:
    friend class Table;
    void check(int status) const;
    void close();

    std::filesystem::path file_, temporary_;
    sqlite3* handle_ = nullptr;
};

class Table {
  public:
    // Makes the table; with `csv`, also that file. `first` comes before the columns, as "run INTEGER PRIMARY KEY". Errors: UserError.
    Table(Database& database, const std::string& name, const std::vector<Column>& columns, const std::string& key_column = {},
          const std::optional<std::filesystem::path>& csv = {});
    // Requires: as many cells as columns. Errors: UserError.
    void add(const std::vector<Cell>& row);
    // Puts the CSV in its place.
    void commit();

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Database& database_;
    std::unique_ptr<sqlite3_stmt, Finalize> insert_;
    std::optional<FileWriter> csv_;
};

} // namespace heddle::sweep
