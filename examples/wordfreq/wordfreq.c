/* wordfreq: the most frequent words of many text files, counted by several threads.
 *
 *     wordfreq [-t THREADS] [-n WORDS] [FILE | FOLDER]...
 *
 * Without files it reads all text below the cargo registry's sources ($CARGO_HOME or $HOME/.cargo, registry/src).
 *
 * The naive way on purpose: a block for every word met, freed when the word is known already; tables that grow by
 * rehashing; at the end each thread merges one shard of all threads' tables and frees what others allocated.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHARDS 64        /* a word's shard: the low bits of its hash */
#define LONGEST_WORD 64  /* longer ones are cut */

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "wordfreq: %s: %s\n", what, detail);
    exit(1);
}

static void *need(void *block)
{
    if (!block)
        die("out of memory", strerror(errno));
    return block;
}

/* ---- tables ---- */

struct word {
    struct word *next;
    uint64_t hash;
    unsigned long count;
    char *text; /* a block of its own */
};

struct table {
    struct word **buckets;
    size_t size; /* a power of two, or 0 */
    size_t used;
};

static uint64_t hash_of(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static void grow(struct table *table)
{
    size_t size = table->size ? 2 * table->size : 16;
    struct word **buckets = need(calloc(size, sizeof *buckets));
    for (size_t i = 0; i < table->size; i++) {
        struct word *word = table->buckets[i], *next;
        for (; word; word = next) {
            struct word **bucket = &buckets[word->hash / SHARDS & (size - 1)];
            next = word->next;
            word->next = *bucket;
            *bucket = word;
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->size = size;
}

/* Adds `count` to a word. Takes `text`, a block: keeps it for a new word, frees it for a known one. */
static void add(struct table *table, char *text, uint64_t hash, unsigned long count)
{
    if (table->used >= table->size)
        grow(table);
    struct word **bucket = &table->buckets[hash / SHARDS & (table->size - 1)];
    for (struct word *word = *bucket; word; word = word->next)
        if (word->hash == hash && strcmp(word->text, text) == 0) {
            word->count += count;
            free(text);
            return;
        }
    struct word *word = need(malloc(sizeof *word));
    *word = (struct word){*bucket, hash, count, text};
    *bucket = word;
    table->used++;
}

/* ---- the list of files ---- */

static struct {
    char **paths;
    size_t count, room, next;
    pthread_mutex_t lock;
} files = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add_file(const char *path)
{
    if (files.count == files.room) {
        files.room = files.room ? 2 * files.room : 64;
        files.paths = need(realloc(files.paths, files.room * sizeof *files.paths));
    }
    files.paths[files.count++] = need(strdup(path));
}

static int is_text(const char *name)
{
    static const char *const endings[] = {".rs", ".md", ".txt", ".toml", ".c", ".h", ".py", ".html", ".json"};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t end = strlen(endings[i]);
        if (len > end && strcmp(name + len - end, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static void add_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        die(path, strerror(errno));
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        char *inner = NULL;
        struct stat status;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
            die(path, "out of memory");
        if (lstat(inner, &status) == 0) {
            if (S_ISDIR(status.st_mode))
                add_folder(inner);
            else if (S_ISREG(status.st_mode) && is_text(inner))
                add_file(inner);
        }
        free(inner);
    }
    closedir(folder);
}

static void add_argument(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        die(path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        add_folder(path);
    else
        add_file(path);
}

static void add_registry(void)
{
    const char *cargo = getenv("CARGO_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int len = cargo ? asprintf(&path, "%s/registry/src", cargo) : asprintf(&path, "%s/.cargo/registry/src", home ? home : "");
    if (len < 0)
        die("registry", "out of memory");
    add_folder(path);
    free(path);
}

static const char *next_file(void)
{
    pthread_mutex_lock(&files.lock);
    const char *path = files.next < files.count ? files.paths[files.next++] : NULL;
    pthread_mutex_unlock(&files.lock);
    return path;
}

/* ---- threads ---- */

struct worker {
    pthread_t thread;
    struct table shards[SHARDS];
    unsigned long words, bytes;
};

static struct worker *workers;
static long threads = 4;
static pthread_barrier_t counted;

static void count_file(struct worker *self, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        die(path, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, file)) >= 0) {
        self->bytes += (unsigned long)len;
        for (ssize_t at = 0; at < len;) {
            while (at < len && !isalpha((unsigned char)line[at]))
                at++;
            ssize_t start = at;
            while (at < len && isalpha((unsigned char)line[at]))
                at++;
            size_t letters = (size_t)(at - start);
            if (letters == 0)
                continue;
            if (letters > LONGEST_WORD)
                letters = LONGEST_WORD;
            char *text = need(malloc(letters + 1));
            for (size_t i = 0; i < letters; i++)
                text[i] = (char)tolower((unsigned char)line[start + (ssize_t)i]);
            text[letters] = 0;
            uint64_t hash = hash_of(text, letters);
            add(&self->shards[hash % SHARDS], text, hash, 1);
            self->words++;
        }
    }
    if (ferror(file))
        die(path, strerror(errno));
    free(line);
    fclose(file);
}

/* Moves shard `shard` of every worker into the first worker's; frees the words that others allocated. */
static void merge(size_t shard)
{
    struct table *sum = &workers[0].shards[shard];
    for (long other = 1; other < threads; other++) {
        struct table *table = &workers[other].shards[shard];
        for (size_t i = 0; i < table->size; i++) {
            struct word *word = table->buckets[i], *next;
            for (; word; word = next) {
                next = word->next;
                add(sum, word->text, word->hash, word->count);
                free(word);
            }
        }
        free(table->buckets);
    }
}

static void *work(void *argument)
{
    struct worker *self = argument;
    const char *path;
    while ((path = next_file()))
        count_file(self, path);
    pthread_barrier_wait(&counted);
    for (long shard = self - workers; shard < SHARDS; shard += threads)
        merge((size_t)shard);
    return NULL;
}

/* ---- the answer ---- */

static int by_count_then_text(const void *left, const void *right)
{
    const struct word *a = *(struct word *const *)left, *b = *(struct word *const *)right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

static long number(const char *text, long least)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *end || end == text || value < least || value > 100000)
        die("not a sensible number", text);
    return value;
}

int main(int argc, char **argv)
{
    long top = 10;
    int named = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-t") == 0 && i + 1 < argc)
            threads = number(argv[++i], 1);
        else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            top = number(argv[++i], 0);
        else {
            add_argument(argv[i]);
            named = 1;
        }
    }
    if (!named)
        add_registry();

    workers = need(calloc((size_t)threads, sizeof *workers));
    pthread_barrier_init(&counted, NULL, (unsigned)threads);
    for (long i = 0; i < threads; i++) {
        int error = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (error)
            die("pthread_create", strerror(error));
    }
    unsigned long words = 0, bytes = 0;
    for (long i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        words += workers[i].words;
        bytes += workers[i].bytes;
    }
    size_t distinct = 0;
    for (size_t shard = 0; shard < SHARDS; shard++)
        distinct += workers[0].shards[shard].used;
    struct word **all = need(malloc((distinct + 1) * sizeof *all));
    size_t at = 0;
    for (size_t shard = 0; shard < SHARDS; shard++) {
        struct table *table = &workers[0].shards[shard];
        for (size_t i = 0; i < table->size; i++)
            for (struct word *word = table->buckets[i]; word; word = word->next)
                all[at++] = word;
    }
    qsort(all, distinct, sizeof *all, by_count_then_text);
    printf("%zu files, %lu bytes, %lu words, %zu distinct\n", files.count, bytes, words, distinct);
    for (size_t i = 0; i < distinct && i < (size_t)top; i++)
        printf("%10lu  %5.2f%%  %s\n", all[i]->count, 100.0 * (double)all[i]->count / (double)words, all[i]->text);
    return 0;
}
