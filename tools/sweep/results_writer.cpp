#include "tools/sweep/results_writer.hpp"

#include "sim/base/error.hpp"
#include "tools/csv_field.hpp"

#include <cmath>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

namespace heddle::sweep {

namespace {

std::string csv_text(const Cell& cell) {
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *whole);
    if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{}", *real);
    if (const auto* text = std::get_if<std::string>(&cell)) return csv_field(*text);
    return {};
}

int bind(sqlite3_stmt* statement, int position, const Cell& cell) {
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return sqlite3_bind_int64(statement, position, *whole);
    if (const auto* real = std::get_if<double>(&cell)) return sqlite3_bind_double(statement, position, *real);
    if (const auto* text = std::get_if<std::string>(&cell))
        return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_null(statement, position);
}

} // namespace

std::string quoted(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

Database::Database(const std::filesystem::path& file) : file_(file), temporary_(fmt::format("{}.{}.partial", file.string(), getpid())) {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    const int status = sqlite3_open_v2(temporary_.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (status != SQLITE_OK) {
        close();
        fail_at(file_.string(), 0, 0, fmt::format("cannot be written: {}", sqlite3_errstr(status)));
    }
    // Nobody sees the file before it is whole, so it needs no journal.
    execute("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN");
}

Database::~Database() {
    if (handle_ == nullptr) return;
    close();
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
}

void Database::close() {
    sqlite3_close(handle_);
    handle_ = nullptr;
}

void Database::check(int status) const {
    if (status != SQLITE_OK && status != SQLITE_DONE)
        fail_at(file_.string(), 0, 0, fmt::format("cannot be written: {}", sqlite3_errmsg(handle_)));
}

void Database::execute(const std::string& sql) { check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr)); }

void Database::commit() {
    execute("COMMIT");
    close();
    std::error_code error;
    std::filesystem::rename(temporary_, file_, error);
    if (!error) return;
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    fail_at(file_.string(), 0, 0, fmt::format("cannot be written: {}", error.message()));
}

void Table::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Table::Table(Database& database, const std::string& name, const std::vector<Column>& columns, const std::string& key_column,
             const std::optional<std::filesystem::path>& csv)
    : database_(database) {
    std::string declared, places, heading;
    for (const Column& column : columns) {
        const char* comma = declared.empty() ? "" : ", ";
        declared += fmt::format("{}{} {}{}", comma, quoted(column.name), column.type, column.name == key_column ? " PRIMARY KEY" : "");
        places += fmt::format("{}?", comma);
        heading += fmt::format("{}{}", heading.empty() ? "" : ",", csv_field(column.name));
    }
    database.execute(fmt::format("CREATE TABLE {} ({})", quoted(name), declared));
    sqlite3_stmt* insert = nullptr;
    database.check(sqlite3_prepare_v2(database.handle_, fmt::format("INSERT INTO {} VALUES ({})", quoted(name), places).c_str(), -1,
                                      &insert, nullptr));
    insert_.reset(insert);
    if (!csv) return;
    csv_.emplace(*csv);
    csv_->append(heading + "\n");
}

void Table::add(const std::vector<Cell>& row) {
    int position = 0;
    for (const Cell& cell : row) {
        const auto* real = std::get_if<double>(&cell);
        HEDDLE_EXPECT(real == nullptr || std::isfinite(*real), "cell {} of a table of results is no number", position);
        database_.check(bind(insert_.get(), ++position, cell));
    }
    database_.check(sqlite3_step(insert_.get()));
    database_.check(sqlite3_reset(insert_.get()));
    if (!csv_) return;
    std::string line;
    for (const Cell& cell : row) line += (&cell == row.data() ? "" : ",") + csv_text(cell);
    csv_->append(line + "\n");
}

void Table::commit() {
    if (csv_) csv_->commit();
}

} // namespace heddle::sweep
