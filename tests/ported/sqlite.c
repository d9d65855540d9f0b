/* SQLite on real files: tables, joins, an index, transactions, JSON, full text, dates; a writer killed in the middle of a
 * transaction; threads that each have a connection, with a rollback journal and with a write-ahead log; a file that is spoilt. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"
#include "sqlite3.h"

static sqlite3 *opened(const char *name) {
    sqlite3 *db;
    if (sqlite3_open(name, &db) != SQLITE_OK)
        fail("%s: %s", name, sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 60000);
    return db;
}

static void run(sqlite3 *db, const char *sql) {
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail("%s: %s", sql, error);
}

static int print_row(void *context, int count, char **values, char **names) {
    (void)context, (void)names;
    for (int i = 0; i < count; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

/* The rows of a query, or the error that it ends with. */
static void show(sqlite3 *db, const char *sql) {
    char *error = NULL;
    printf("-- %s\n", sql);
    if (sqlite3_exec(db, sql, print_row, NULL, &error) != SQLITE_OK)
        printf("error: %s\n", error);
    sqlite3_free(error);
}

static void fill(sqlite3 *db, struct bytes text) {
    run(db, "CREATE TABLE line(id INTEGER PRIMARY KEY, file INT, words INT, share REAL, body TEXT NOT NULL);"
            "CREATE TABLE file(id INTEGER PRIMARY KEY, name TEXT UNIQUE, made TEXT);"
            "CREATE TABLE log(what TEXT, at INT);"
            "CREATE TRIGGER logged AFTER DELETE ON line BEGIN INSERT INTO log VALUES('gone', old.id); END;");
    sqlite3_stmt *insert;
    if (sqlite3_prepare_v2(db, "INSERT INTO line(file, words, share, body) VALUES(?, ?, ?, ?)", -1, &insert, NULL) != SQLITE_OK)
        fail("prepare: %s", sqlite3_errmsg(db));
    run(db, "BEGIN");
    int number = 0;
    for (char *line = strtok((char *)text.data, "\n"); line; line = strtok(NULL, "\n"), number++) {
        int words = 1;
        for (const char *at = line; *at; at++)
            words += *at == ' ';
        sqlite3_bind_int(insert, 1, number / 100);
        sqlite3_bind_int(insert, 2, words);
        sqlite3_bind_double(insert, 3, words / (1.0 + number));
        sqlite3_bind_text(insert, 4, line, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            fail("insert: %s", sqlite3_errmsg(db));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run(db, "COMMIT; INSERT INTO file(id, name, made) SELECT DISTINCT file, printf('file-%03d', file), datetime(file * 86400, 'unixepoch') FROM line;"
            "CREATE INDEX words_of_line ON line(words, file); ANALYZE");
}

static void query(sqlite3 *db) {
    show(db, "SELECT count(*), sum(words), avg(words), total(share), max(length(body)) FROM line");
    show(db, "SELECT words, count(*) FROM line GROUP BY words ORDER BY 2 DESC, 1 LIMIT 10");
    show(db, "EXPLAIN QUERY PLAN SELECT * FROM line WHERE words = 7 AND file > 3");
    show(db, "SELECT name, made, count(*), round(sum(share), 6) FROM line JOIN file ON file.id = line.file WHERE words > 12 GROUP BY name ORDER BY 3 DESC, 1 LIMIT 8");
    show(db, "SELECT f.name, (SELECT body FROM line WHERE file = f.id ORDER BY length(body) DESC, id LIMIT 1) FROM file f ORDER BY f.id LIMIT 5");
    show(db, "WITH RECURSIVE f(n, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT n + 1, b, a + b FROM f WHERE n < 80) SELECT group_concat(a, ' ') FROM f");
    show(db, "SELECT id, sum(words) OVER (ORDER BY id ROWS 3 PRECEDING) FROM line LIMIT 6");
    show(db, "SELECT 0.1 + 0.2, 1e300 * 1e10, -1.0 / 3, 123456789012345678, 5e-324, cast('1.7976931348623157e308' AS REAL), 9007199254740993.0");
    show(db, "SELECT sin(1), exp(10), ln(2), pow(2, 0.5), atan2(1, -2), log10(5), cosh(2), floor(-2.5), mod(7.5, 2)");
    show(db, "SELECT date('2024-02-29', '+1 year'), strftime('%j %W %s', '2026-11-23 05:40:01.5'), julianday('2000-01-01'), time('12:00', '-75 minutes')");
    show(db, "SELECT json_extract('{\"a\": [1, {\"b\": 2.50}]}', '$.a[1].b'), json_group_array(words) FROM (SELECT words FROM line LIMIT 5)");
    show(db, "SELECT upper(substr(body, 1, 20)), instr(body, 'e'), hex(substr(body, 1, 3)), body LIKE '%use%', body GLOB '*[0-9]*' FROM line LIMIT 5");
    show(db, "INSERT INTO file(name) VALUES('file-001')");
    show(db, "SELECT no_such_function(1)");
    run(db, "CREATE VIRTUAL TABLE text USING fts5(body, content='line', content_rowid='id'); INSERT INTO text(text) VALUES('rebuild')");
    show(db, "SELECT count(*) FROM text WHERE text MATCH 'unsafe OR atomic'");
    show(db, "SELECT rowid, round(bm25(text), 9), snippet(text, 0, '<', '>', '...', 6) FROM text WHERE text MATCH 'thread AND signal' ORDER BY rank, rowid LIMIT 5");
    run(db, "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1); INSERT INTO box SELECT id, words, words + 2, id % 50, id % 50 + 1.5 FROM line");
    show(db, "SELECT count(*), sum(id) FROM box WHERE x0 > 3 AND x1 < 9 AND y0 > 7.25 AND y1 < 20");
}

static void transactions(sqlite3 *db) {
    run(db, "BEGIN; DELETE FROM line WHERE words < 4");
    show(db, "SELECT count(*) FROM line");
    run(db, "SAVEPOINT inside; UPDATE line SET body = body || body; ROLLBACK TO inside");
    show(db, "SELECT sum(length(body)), (SELECT count(*) FROM log) FROM line");
    run(db, "ROLLBACK");
    show(db, "SELECT count(*), (SELECT count(*) FROM log) FROM line");
    show(db, "PRAGMA integrity_check");
}

/* A process is killed with a transaction half in the file: who opens it next finds the journal and rolls it back. */
static void crash(const char *name) {
    int ready[2];
    char byte;
    if (pipe(ready))
        fail("pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = opened(name);
        run(db, "PRAGMA cache_size = 5; BEGIN; UPDATE line SET body = upper(body), words = -1; DELETE FROM file");
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &byte, 1) != 1)
        fail("no child, or it has failed");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    char journal[100];
    snprintf(journal, sizeof journal, "%s-journal", name);
    printf("the killed writer's journal is %s\n", access(journal, F_OK) ? "not there" : "there");
    sqlite3 *db = opened(name);
    show(db, "SELECT count(*), min(words), sum(length(body)), (SELECT count(*) FROM file) FROM line");
    show(db, "PRAGMA integrity_check");
    printf("after that it is %s\n", access(journal, F_OK) ? "not there" : "there");
    sqlite3_close(db);
}

enum { WRITERS = 3, ROUNDS = 40 };

static void *write_some(void *number) {
    sqlite3 *db = opened("shared.db");
    char sql[200];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; INSERT INTO entry VALUES(%d, %d); UPDATE total SET n = n + 1; COMMIT", (int)(long)number, i);
        run(db, sql);
    }
    sqlite3_close(db);
    return NULL;
}

static int one_number(void *into, int count, char **values, char **names) {
    (void)count, (void)names;
    *(long *)into = atol(values[0]);
    return 0;
}

/* Every reader sees as many entries as the total says: both change in one transaction. */
static void *read_some(void *unused) {
    sqlite3 *db = opened("shared.db");
    for (int i = 0; i < 4 * ROUNDS; i++) {
        long difference = -1;
        if (sqlite3_exec(db, "SELECT (SELECT count(*) FROM entry) - (SELECT n FROM total)", one_number, &difference, NULL) == SQLITE_OK && difference)
            fail("a reader sees %ld entries more than the total", difference);
    }
    sqlite3_close(db);
    return unused;
}

static void threads(const char *mode) {
    char sql[100];
    unlink("shared.db");
    sqlite3 *db = opened("shared.db");
    snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s", mode);
    show(db, sql);
    run(db, "PRAGMA synchronous = OFF; CREATE TABLE entry(who INT, n INT, PRIMARY KEY(who, n)); CREATE TABLE total(n INT); INSERT INTO total VALUES(0)");
    pthread_t all[WRITERS + 1];
    for (long i = 0; i <= WRITERS; i++)
        if (pthread_create(&all[i], NULL, i < WRITERS ? write_some : read_some, (void *)i))
            fail("no thread");
    for (int i = 0; i <= WRITERS; i++)
        pthread_join(all[i], NULL);
    show(db, "SELECT count(*), sum(n), (SELECT n FROM total) FROM entry");
    show(db, "PRAGMA integrity_check");
    sqlite3_close(db);
}

/* One connection for all threads: the library's own mutexes are what keeps it whole. */
static sqlite3 *common;

static void *insert_some(void *number) {
    char sql[100];
    for (int i = 0; i < 200; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO t VALUES(%d, %d)", (int)(long)number, i);
        run(common, sql);
    }
    return NULL;
}

static void one_connection(void) {
    pthread_t all[4];
    common = opened(":memory:");
    run(common, "CREATE TABLE t(who INT, n INT)");
    for (long i = 0; i < 4; i++)
        if (pthread_create(&all[i], NULL, insert_some, (void *)i))
            fail("no thread");
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
    show(common, "SELECT who, count(*), sum(n) FROM t GROUP BY who");
    sqlite3_close(common);
}

static void spoil(const char *name) {
    FILE *file = fopen(name, "r+b");
    fseek(file, 4096 * 3 + 100, SEEK_SET);
    for (int i = 0; i < 3000; i++)
        fputc(i * 7, file);
    fclose(file);
    sqlite3 *db = opened(name);
    show(db, "SELECT count(*) FROM (PRAGMA_integrity_check) WHERE integrity_check <> 'ok'");
    show(db, "SELECT sum(length(body)) FROM line");
    sqlite3_close(db);
    file = fopen("none.db", "wb");
    for (int i = 0; i < 5000; i++)
        fputc(i, file);
    fclose(file);
    db = opened("none.db");
    show(db, "SELECT * FROM sqlite_schema");
    sqlite3_close(db);
}

int main(int count, char **names) {
    if (count != 2)
        fail("wants one file");
    printf("SQLite %s, thread-safe %d\n", sqlite3_libversion(), sqlite3_threadsafe());
    sqlite3 *db = opened("lines.db");
    fill(db, read_file(names[1]));
    query(db);
    transactions(db);
    run(db, "VACUUM INTO 'copy.db'");
    sqlite3_close(db);
    crash("lines.db");
    struct bytes copy = read_file("copy.db");
    printf("a copy of %zu bytes, %016llx\n", copy.size, (unsigned long long)checksum(copy.data, copy.size));
    free(copy.data);
    threads("DELETE");
    threads("WAL");
    one_connection();
    spoil("copy.db");
    printf("%lld bytes left in use\n", (long long)sqlite3_memory_used());
    return 0;
}
