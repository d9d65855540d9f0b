/* Every allocation of the library's refused once: for each function that allocates, and each N, its N-th malloc returns NULL.

   The program brings a malloc family of its own, which counts live blocks and refuses; the library's own calls come to it too. The function must end with the
   documented error or do all of its work, leave no block behind, and keep what was there before. With the argument `control` the same table of functions
   that are wrong on purpose: each row must be FAILED. */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

/* The allocator: nothing is used twice, so what is written after a free harms nobody else and is seen (`POISON`). */
enum { ARENA = 96 << 20, POISON = 0xdd };
struct head { size_t size; size_t state; };
enum { LIVE = 0x11fe, FREED = 0xdead };
static _Alignas(16) unsigned char arena[ARENA];
static size_t used, asked, refuse_at;
static long live;
static const char *broken;

static void *take(size_t size, size_t align)
{
    if (++asked == refuse_at || size > ARENA) {
        errno = ENOMEM;
        return 0;
    }
    size_t at = (used + sizeof(struct head) + align - 1) & -align;
    if (at + size > ARENA)
        abort();
    used = (at + size + 15) & -(size_t)16;
    struct head *head = (struct head *)(arena + at) - 1;
    head->size = size;
    head->state = LIVE;
    live++;
    return arena + at;
}

void *malloc(size_t size) { return take(size, 16); }
void *memalign(size_t align, size_t size) { return take(size, align < 16 ? 16 : align); }
void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }

void free(void *block)
{
    if (!block)
        return;
    struct head *head = (struct head *)block - 1;
    if (head->state != LIVE) {
        broken = "freed what is no live block";
        return;
    }
    head->state = FREED;
    memset(block, POISON, head->size);
    live--;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return 0;
    }
    return malloc(bytes); /* never used before: zero */
}

void *realloc(void *old, size_t size)
{
    void *fresh = malloc(size);
    if (fresh && old) {
        size_t before = ((struct head *)old - 1)->size;
        memcpy(fresh, old, before < size ? before : size);
        free(old);
    }
    return fresh;
}

/* What a function came to: all of its work, or the documented error. Anything else is a sentence in `broken`. */
enum { DONE, ERROR };
static int wrong(const char *what) { if (!broken) broken = what; return ERROR; }
static int no_memory(void) { return errno == ENOMEM ? ERROR : wrong("the error is not ENOMEM"); }

static char path[] = "/tmp/dacapo-oom.XXXXXX";
static char text[9000];

static int do_strdup(void)
{
    char *copy = strdup(text);
    if (!copy)
        return no_memory();
    char *part = strndup(text, 100);
    int end = !part ? no_memory() : strcmp(copy, text) || memcmp(part, text, 100) || part[100] ? wrong("not the text") : DONE;
    free(part);
    free(copy);
    return end;
}

static int do_wcsdup(void)
{
    wchar_t *copy = wcsdup(L"dacapo");
    int end = !copy ? no_memory() : wcscmp(copy, L"dacapo") ? wrong("not the text") : DONE;
    free(copy);
    return end;
}

static int do_asprintf(void)
{
    char *made = 0;
    int length = asprintf(&made, "%s-%d", text, 42);
    if (length < 0)
        return no_memory();
    int end = length != (int)strlen(text) + 3 || strcmp(made + strlen(text), "-42") ? wrong("not the text") : DONE;
    free(made);
    return end;
}

/* The first line is short, the second one makes the buffer grow: refused, it must leave the buffer one that can be freed. */
static int do_getline(void)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return no_memory();
    char *line = 0;
    size_t size = 0;
    int end = DONE;
    if (getline(&line, &size, file) < 0)
        end = no_memory();
    else if (strcmp(line, "short\n"))
        end = wrong("not the first line");
    else if (getline(&line, &size, file) < 0)
        end = no_memory();
    else if (strncmp(line, text, strlen(text)))
        end = wrong("not the second line");
    free(line);
    fclose(file);
    return end;
}

static int do_memstream(void)
{
    char *made = 0;
    size_t length = 0, kept = 0;
    FILE *file = open_memstream(&made, &length);
    if (!file)
        return no_memory();
    int end = DONE;
    for (int part = 0; part < 20 && end == DONE; part++) {
        errno = 0;
        if (fwrite(text + part * 400, 1, 400, file) != 400 || fflush(file))
            end = no_memory();
        else
            kept = length;
    }
    if (kept && memcmp(made, text, kept))
        wrong("what was flushed before is lost");
    errno = 0;
    if (fclose(file) && end == DONE)
        end = no_memory();
    if (end == DONE && (length != 8000 || memcmp(made, text, 8000)))
        end = wrong("not the text");
    if (kept && memcmp(made, text, kept))
        wrong("what was flushed before is lost");
    free(made);
    return end;
}

static int do_fmemopen(void)
{
    FILE *file = fmemopen(0, 100, "w+");
    if (!file)
        return no_memory();
    char back[8] = "";
    int end = DONE;
    if (fputs("dacapo", file) < 0 || fflush(file))
        end = no_memory();
    else if (rewind(file), !fgets(back, sizeof back, file))
        end = no_memory();
    else if (strcmp(back, "dacapo"))
        end = wrong("not the text");
    fclose(file);
    return end;
}

static int do_setvbuf(void)
{
    char name[sizeof path + 4], back[sizeof text];
    snprintf(name, sizeof name, "%s.2", path);
    FILE *file = fopen(name, "w+");
    if (!file)
        return no_memory();
    int end = DONE;
    setvbuf(file, 0, _IOFBF, 1 << 16); /* refused, it may say so or keep the buffer that it has */
    if (fputs(text, file) < 0 || fflush(file))
        end = no_memory();
    rewind(file);
    if (end == DONE && (fread(back, 1, strlen(text), file) != strlen(text) || memcmp(back, text, strlen(text))))
        end = wrong("what was written is lost");
    fclose(file);
    unlink(name);
    return end;
}

static int do_opendir(void)
{
    DIR *dir = opendir("/");
    if (!dir)
        return no_memory();
    int count = 0;
    errno = 0;
    while (readdir(dir))
        count++;
    int end = errno ? no_memory() : count < 3 ? wrong("entries are missing") : DONE;
    closedir(dir);
    return end;
}

static int do_scandir(void)
{
    struct dirent **list = 0;
    int count = scandir("/", &list, 0, alphasort);
    if (count < 0)
        return no_memory();
    int end = count < 3 ? wrong("entries are missing") : DONE;
    for (int n = 0; n < count; n++)
        free(list[n]);
    free(list);
    return end;
}

static int do_glob(void)
{
    glob_t found;
    int end = glob("/*", GLOB_MARK, 0, &found);
    if (end == GLOB_NOSPACE)
        return found.gl_pathc || found.gl_pathv ? wrong("a list without memory") : ERROR;
    if (end)
        return wrong("another error");
    size_t first = found.gl_pathc;
    end = glob("/*/", GLOB_APPEND, 0, &found);
    int kept = found.gl_pathc >= first && !found.gl_pathv[found.gl_pathc];
    int grown = found.gl_pathc > first;
    globfree(&found);
    if (!kept)
        return wrong("what was found before is lost");
    return end == GLOB_NOSPACE ? ERROR : end || !grown ? wrong("paths are missing") : DONE;
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static int do_qsort(void)
{
    static int number[3000][8];
    for (int n = 0; n < 3000; n++)
        number[n][0] = n * 7919 % 3000;
    qsort(number, 3000, sizeof number[0], compare);
    for (int n = 0; n < 3000; n++)
        if (number[n][0] != n)
            return wrong("not sorted");
    return DONE;
}

static void *same(void *argument) { return argument; }

static int do_pthread_create(void)
{
    pthread_t thread;
    void *result = 0;
    int error = pthread_create(&thread, 0, same, text);
    if (error)
        return error == EAGAIN ? ERROR : wrong("the error is not EAGAIN");
    return pthread_join(thread, &result) || result != text ? wrong("pthread_join") : DONE;
}

static void nothing(void) {}

static int do_atexit(void)
{
    for (int n = 0; n < 40; n++)
        if (atexit(nothing))
            return ERROR;
    return DONE;
}

/* Strings stay in the environment, so live blocks may become more. */
static int do_setenv(void)
{
    static int call;
    char name[40], value[40];
    int end = DONE, first = call;
    for (; call < first + 20 && end == DONE; call++) {
        snprintf(name, sizeof name, "OOM_%d", call);
        if (setenv(name, name, 1))
            end = no_memory();
        if (end != DONE)
            break;
    }
    for (int n = 0; n < call; n++) {
        snprintf(value, sizeof value, "OOM_%d", n);
        if (!getenv(value) || strcmp(getenv(value), value))
            return wrong("a variable is lost");
    }
    return end;
}

static int do_names(void)
{
    char *here = getcwd(0, 0);
    if (!here)
        return no_memory();
    char *there = realpath("/proc/../", 0);
    int end = !there ? no_memory() : strcmp(there, "/") ? wrong("not /") : DONE;
    free(there);
    free(here);
    return end;
}

/* Wrong on purpose. */
#pragma GCC diagnostic ignored "-Wuse-after-free"
static int forgets(void)
{
    char *one = malloc(10), *two = one ? malloc(10) : 0;
    if (!two)
        return ERROR; /* and leaves the first one */
    free(one);
    free(two);
    return DONE;
}

static int loses(void)
{
    char *kept = strdup("kept"), *grown = kept ? realloc(kept, 20) : 0;
    if (kept && !grown) {
        free(kept);
        return strcmp(kept, "kept") ? wrong("what was there before is lost") : ERROR;
    }
    free(grown);
    return kept ? DONE : ERROR;
}

static int says_else(void)
{
    char *block = malloc(10);
    if (!block)
        errno = EINVAL;
    int end = block ? DONE : no_memory();
    free(block);
    return end;
}

static int frees_twice(void)
{
    char *one = malloc(10), *two = malloc(10);
    free(one);
    if (one && !two)
        free(one);
    free(two);
    return one && two ? DONE : ERROR;
}

struct row { const char *name; int (*run)(void); int keeps; };
static const struct row rows[] = {
    {"strdup", do_strdup, 0}, {"wcsdup", do_wcsdup, 0}, {"asprintf", do_asprintf, 0}, {"getline", do_getline, 0},
    {"open_memstream", do_memstream, 0}, {"fmemopen", do_fmemopen, 0}, {"setvbuf", do_setvbuf, 0}, {"opendir", do_opendir, 0},
    {"scandir", do_scandir, 0}, {"glob", do_glob, 0}, {"qsort", do_qsort, 0}, {"pthread_create", do_pthread_create, 0}, {"atexit", do_atexit, 0},
    {"setenv", do_setenv, 1}, {"getcwd-realpath", do_names, 0}, {0, 0, 0},
};
static const struct row controls[] = {
    {"forgets", forgets, 0}, {"loses", loses, 0}, {"says-else", says_else, 0}, {"frees-twice", frees_twice, 0}, {0, 0, 0},
};

int main(int argc, char **argv)
{
    int failed = 0, fd = mkstemp(path);
    memset(text, 'x', sizeof text - 1);
    for (size_t at = 0; at < sizeof text - 1; at += 7)
        text[at] = (char)('a' + at % 26);
    if (fd < 0 || write(fd, "short\n", 6) != 6 || write(fd, text, strlen(text)) < 0 || close(fd))
        return 2;
    printf("warm\n"); /* the buffer of stdout is there from now on */
    fflush(stdout);
    for (const struct row *row = argc > 1 && !strcmp(argv[1], "control") ? controls : rows; row->name; row++) {
        size_t n = 1, errors = 0, handled = 0;
        broken = 0;
        for (;; n++) {
            long before = live;
            asked = 0;
            refuse_at = n;
            int end = row->run();
            int refused = asked >= n;
            refuse_at = 0;
            if (live > before && !row->keeps)
                wrong("blocks are left behind");
            if (end == ERROR && !refused)
                wrong("failed without a refusal");
            if (broken || !refused || n == 10000)
                break;
            *(end == ERROR ? &errors : &handled) += 1;
        }
        printf("  %-7s oom %s %zu allocations: %zu errors, %zu handled\n", broken ? "FAILED" : "ok", row->name, n - 1, errors, handled);
        if (broken) {
            printf("          with malloc %zu refused: %s\n", n, broken);
            failed = 1;
        }
    }
    unlink(path);
    return failed;
}
