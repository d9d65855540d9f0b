/* glob on a tree of its own: links, dangling links, folders that cannot be read, names with special characters, many entries, every flag. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int told, answer;

static int tell(const char *path, int error)
{
    told++;
    printf("  told of %s: %s\n", path, error == EACCES ? "EACCES" : error == ENOENT ? "ENOENT" : error == ELOOP ? "ELOOP" : "other");
    return answer;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void show(const char *pattern, int flags, int end, glob_t *g)
{
    /* glibc says it for the last part only, not beside NOCHECK, and of some brackets that are quoted. */
    const char *last = strrchr(pattern, '/');
    int magic = strpbrk(last ? last : pattern, "*?[") && !(flags & GLOB_NOCHECK) && !strchr(pattern, '\\');
    printf("%s, %#x: %d, magic %d\n", pattern, flags, end, end == 0 && magic && (g->gl_flags & GLOB_MAGCHAR));
    if (end)
        return;
    if (flags & GLOB_NOSORT)
        qsort(g->gl_pathv + g->gl_offs, g->gl_pathc, sizeof(char *), by_name);
    printf(" %zu:", g->gl_pathc);
    for (size_t i = 0; i < g->gl_pathc; i++)
        printf(" <%s>", g->gl_pathv[g->gl_offs + i]);
    printf("%s\n", g->gl_pathv[g->gl_offs + g->gl_pathc] ? " no end" : "");
}

static void once(const char *pattern, int flags)
{
    /* glibc finds no pattern in an empty one; for folders it marks with a second slash, and finds "." in one folder but not in all. */
    size_t len = strlen(pattern);
    if ((len == 0 && flags & GLOB_NOMAGIC) || (len && pattern[len - 1] == '/' && flags & (GLOB_MARK | GLOB_PERIOD)))
        return;
    glob_t g;
    memset(&g, 0x55, sizeof g);
    int end = glob(pattern, flags, tell, &g);
    show(pattern, flags, end, &g);
    if (end == 0)
        globfree(&g);
}

static void file(const char *path) { close(open(path, O_CREAT | O_WRONLY, 0644)); }

static void tree(void)
{
    static const char *const FOLDERS[] = {"a", "a/sub", "a/sub/deep", "b", "b/sub", "b/.hid", "empty", "many", "shut", "half", 0};
    static const char *const FILES[] = {"x.c", "y.c", ".h.c", "x.h", "a/1.c", "a/.2.c", "a/sub/3.c", "a/sub/deep/4.c", "b/sub/5.c", "b/.hid/6.c", "b/file",
                                        "star*", "back\\slash", "q?", "[ab]", "]", "-", "shut/in", "half/in", "\xc3\xa9", "brace{a,b}", "~", 0};
    for (int i = 0; FOLDERS[i]; i++)
        mkdir(FOLDERS[i], 0755);
    for (int i = 0; FILES[i]; i++)
        file(FILES[i]);
    for (int i = 0; i < 1500; i++) {
        char name[40];
        snprintf(name, sizeof name, "many/entry-%d-aaaaaaaaaaaaa", i * 7919 % 1500);
        file(name);
    }
    symlink("a", "to-folder");
    symlink("x.c", "to-file");
    symlink("nowhere", "dangling");
    symlink("circle", "circle");
    chmod("shut", 0);
    chmod("half", 0444);
}

static const char *const PATTERNS[] = {
    "", "*", "*.c", "?.c", ".*", ".*.c", "x.c", "nothing", "nothing*", "*/", "*/*.c", "*/*/*.c", "*/sub", "*/sub/*", "*/sub/", "*/sub/*.c", "a/*", "a/*/", "a//*.c", "a///sub/*", "./*.c",
    "*/..", "*/../x.c", "to-*", "to-*/*", "d*", "dangling", "dangling/*", "nothing/*", "circle", "c*", "circle/*", "x.c/*", "a/", "a", "b/*", "b/.*/*", "[ab]", "\\[ab\\]", "\\[ab]", "[[]*", "[]]", "[a-b]/*", "[!a-z]*",
    "[[:alpha:]].?", "star\\*", "star[*]", "back\\\\slash", "back*", "q\\?", "[a/b]", "[", "[a", "]", "-", "[]-]", "a/[", "a\\/*.c", "\\a/\\1.c", "\\x.c", "\\nothing", "shut/*", "shut/in", "sh*/in", "half/*", "ha*/in", "s*t/*", "shut/*/x",
    "\xc3*", "??", "/", "/.", "/dev/nul[l]", "/dev/nu*l", "/nothing*", "**", "**/x.c", "empty/*", "empty/.*", "many/*-1?-*", "many/*[13579]99-*", "many/a*", "brace{a,b}", "~", 0};

int main(void)
{
    char name[] = "/tmp/glob-XXXXXX";
    if (!mkdtemp(name) || chdir(name))
        return 1;
    chmod(name, 0777);
    tree();
    if (geteuid() == 0) {
        /* Root may read everything. */
        if (lchown("shut", 1, 1) || lchown("half", 1, 1) || seteuid(65534)) {
            puts("one's user cannot be changed here");
            return 77;
        }
    }
    for (int i = 0; PATTERNS[i]; i++) {
        static const int FLAGS[] = {0, GLOB_ERR, GLOB_MARK, GLOB_NOSORT, GLOB_NOCHECK, GLOB_NOESCAPE, GLOB_PERIOD, GLOB_NOMAGIC, GLOB_MARK | GLOB_PERIOD | GLOB_NOCHECK};
        for (size_t f = 0; f < sizeof FLAGS / sizeof *FLAGS; f++)
            once(PATTERNS[i], FLAGS[f]);
    }
    once("[ab]*", GLOB_ONLYDIR);
    once("*/s*", GLOB_ONLYDIR | GLOB_MARK);
    answer = 1;
    once("shut/*", 0);
    once("*/*.c", 0);
    once("x.c/*", 0);
    answer = 0;

    /* One list of several calls, with room in front. */
    glob_t g;
    memset(&g, 0x55, sizeof g);
    g.gl_offs = 3;
    show("*.c", GLOB_DOOFFS, glob("*.c", GLOB_DOOFFS, tell, &g), &g);
    show("a/*", GLOB_DOOFFS | GLOB_APPEND, glob("a/*", GLOB_DOOFFS | GLOB_APPEND, tell, &g), &g);
    int end = glob("nothing*", GLOB_DOOFFS | GLOB_APPEND, tell, &g);
    printf("none: %d, still %zu, %s\n", end, g.gl_pathc, g.gl_pathv[3]);
    end = glob("shut/*", GLOB_DOOFFS | GLOB_APPEND | GLOB_ERR, tell, &g);
    printf("aborted: %d, still %zu, %s\n", end, g.gl_pathc, g.gl_pathv[3]);
    show("nothing*", GLOB_DOOFFS | GLOB_APPEND | GLOB_NOCHECK, glob("nothing*", GLOB_DOOFFS | GLOB_APPEND | GLOB_NOCHECK, tell, &g), &g);
    printf("in front: %d %d %d\n", !g.gl_pathv[0], !g.gl_pathv[1], !g.gl_pathv[2]);
    globfree(&g);
    globfree(&g);
    printf("%d told\n", told);

    /* Stars that are tried one inside another take exponential time. */
    char pattern[200] = "many/";
    for (int i = 0; i < 40; i++)
        strcat(pattern, "a*");
    printf("long: %d\n", glob(strcat(pattern, "b"), 0, 0, &g));
    char *at = pattern;
    for (at += sprintf(at, "many/"); at < pattern + 100; at += 2)
        strcpy(at, "*a");
    printf("long: %d\n", glob(strcat(pattern, "b"), 0, 0, &g));

    seteuid(getuid());
    chmod("shut", 0755);
    chmod("half", 0755);
    char command[60];
    snprintf(command, sizeof command, "rm -rf %s", name);
    return system(command) != 0;
}
