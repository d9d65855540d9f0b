/* Users and groups, from /etc/passwd and /etc/group of this test's own in a mount namespace. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern int mount(const char *, const char *, const char *, unsigned long, const void *);

#define NEW_USER 0x10000000
#define NEW_MOUNTS 0x20000

static void skip(const char *why)
{
    printf("%s\n", why);
    exit(77);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return done;
}

/* A text in the place of a file of /etc, which must exist. */
static void instead(const char *path, const char *name, const char *text, int needed)
{
    if (access(path, F_OK) && !needed)
        return;
    if (!write_file(name, text) || mount(name, path, 0, 4096 /* MS_BIND */, 0))
        skip("files of /etc cannot be covered here");
}

static void isolate(void)
{
    char map[40];
    snprintf(map, sizeof map, "0 %d 1", getuid());
    if (syscall(SYS_unshare, NEW_USER | NEW_MOUNTS) == 0) {
        if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", map))
            skip("there is no mapping of users here");
    } else if (syscall(SYS_unshare, NEW_MOUNTS)) {
        skip("there are no namespaces of one's own here");
    }
    if (mount(0, "/", 0, 16384 | (1 << 18) /* MS_REC | MS_PRIVATE */, 0))
        skip("mounts cannot be kept to oneself here");
}

static void user(const char *call, struct passwd *u)
{
    if (u)
        printf("%s: %s %s %u %u <%s> <%s> <%s>\n", call, u->pw_name, u->pw_passwd, u->pw_uid, u->pw_gid, u->pw_gecos, u->pw_dir, u->pw_shell);
    else
        printf("%s: none, errno %s\n", call, errno == 77 || errno == 0 ? "says nothing" : "is set"); /* glibc clears it */
    errno = 77;
}

static void group(const char *call, struct group *g)
{
    if (g) {
        int n = 0;
        printf("%s: %s %s %u:", call, g->gr_name, g->gr_passwd, g->gr_gid);
        for (char **member = g->gr_mem; *member; member++)
            if (n++ < 6)
                printf(" %s", *member);
        printf(" (%d)\n", n);
    } else {
        printf("%s: none, errno %s\n", call, errno == 77 || errno == 0 ? "says nothing" : "is set"); /* glibc clears it */
    }
    errno = 77;
}

#define USER(call) user(#call, call)
#define GROUP(call) group(#call, call)

/* A buffer that is too short says so and is not left; one that is long enough is enough. */
static void sizes(void)
{
    int enough = 0;
    struct passwd u, *ru;
    struct group g, *rg;
    for (size_t size = 0; size < 900; size++) {
        char *buffer = malloc(1000);
        memset(buffer, 77, 1000);
        ru = &u, rg = &g;
        int r = getpwnam_r("ada", &u, buffer, size, &ru);
        if (r == 0 ? ru != &u || strcmp(u.pw_name, "ada") || strcmp(u.pw_shell, "/bin/sh") : r != ERANGE || ru)
            printf("user, size %zu: %d %d\n", size, r, ru != 0);
        int s = getgrgid_r(50, &g, buffer, size, &rg);
        if (s == 0 ? rg != &g || strcmp(g.gr_name, "crew") || strcmp(g.gr_mem[1], "bob") || g.gr_mem[3] : s != ERANGE || rg)
            printf("group, size %zu: %d %d\n", size, s, rg != 0);
        enough |= (r == 0) | (s == 0) << 1;
        for (size_t i = size; i < 1000; i++)
            if (buffer[i] != 77)
                printf("written at %zu of %zu\n", i, size), i = 1000;
        free(buffer);
    }
    printf("enough %d\n", enough);
}

int main(void)
{
    isolate();
    /* Long lines: a comment of 3,000 bytes, a group of 2,000 members. */
    static char users[8000], groups[30000];
    sprintf(users, "root:x:0:0:root:/root:/bin/bash\n# a comment: no user\n\nada:x:1000:100:Ada L.,,,:/home/ada:/bin/sh\n"
                   "  indented:x:7:7::/:/bin/false\nbad:x:ten:7::/:/x\nshort:x:8\nno-shell:x:9:9:none:/\nbare:x:10:10\n"
                   "twin:x:1000:1:second:/twin:/bin/sh:with:colons\n+nis:x:5:5:::\nlong:x:11:11:%03000d:/long:/bin/long\n"
                   "big:*:4294967294:4294967294::/:\nbehind:x:12:12::/behind:/bin/last", 7);
    strcpy(groups, "root:x:0:\ncrew:x:50:ada,bob,root\nstaff:*:51:bob\n#off:x:52:\nempty::53:\nbare:x:54\nwrong:x:y:ada\nmany:x:55:");
    for (int i = 0; i < 2000; i++)
        sprintf(groups + strlen(groups), "m%d,", i);
    strcat(groups, "ada\nlast:x:56:ada , bob");
    instead("/etc/nsswitch.conf", "nsswitch.conf", "passwd: files\ngroup: files\ninitgroups: files\n", 0);
    instead("/etc/passwd", "passwd", users, 1);
    instead("/etc/group", "group", groups, 1);
    errno = 77;
    USER(getpwnam("root"));
    USER(getpwnam("ada"));
    USER(getpwnam("ad"));
    USER(getpwnam("ADA"));
    USER(getpwnam(""));
    USER(getpwnam("indented"));
    USER(getpwnam("bad"));
    USER(getpwnam("short"));
    USER(getpwnam("no-shell"));
    USER(getpwnam("bare"));
    USER(getpwnam("+nis"));
    USER(getpwnam("# a comment"));
    USER(getpwnam("long"));
    USER(getpwnam("big"));
    USER(getpwnam("behind"));
    USER(getpwuid(0));
    USER(getpwuid(1000));
    USER(getpwuid(5));
    USER(getpwuid(12));
    USER(getpwuid(4294967294u));
    USER(getpwuid(77777));
    GROUP(getgrnam("root"));
    GROUP(getgrnam("crew"));
    GROUP(getgrnam("off"));
    GROUP(getgrnam("empty"));
    GROUP(getgrnam("bare"));
    GROUP(getgrnam("wrong"));
    GROUP(getgrnam("many"));
    GROUP(getgrnam("nobody-is"));
    GROUP(getgrgid(51));
    GROUP(getgrgid(55));
    GROUP(getgrgid(56));
    GROUP(getgrgid(99));
    sizes();
    struct passwd u, *ru = &u;
    struct group g, *rg = &g;
    static char buffer[200000];
    printf("getpwnam_r: %d", getpwnam_r("nobody-is", &u, buffer, sizeof buffer, &ru));
    printf(" %d\n", ru == 0);
    printf("getgrnam_r: %d", getgrnam_r("nobody-is", &g, buffer, sizeof buffer, &rg));
    printf(" %d\n", rg == 0);
    printf("getgrnam_r, long: %d", getgrnam_r("many", &g, buffer, 1024, &rg));
    printf(" %d\n", rg == 0);
    for (int round = 0; round < 2; round++) {
        setpwent();
        for (struct passwd *p; (p = getpwent());)
            if (p->pw_name[0] != '+') /* which glibc shows, though it does not find it */
                printf("%s %u\n", p->pw_name, p->pw_uid);
        setgrent();
        for (struct group *p; (p = getgrent());)
            printf("%s %u\n", p->gr_name, p->gr_gid);
    }
    endpwent();
    endgrent();
    const char *members[] = {"ada", "bob", "root", "m5", "nobody-is"};
    for (int who = 0; who < 5; who++) {
        for (int room = 0; room < 6; room++) {
            gid_t list[6] = {0};
            int n = room;
            int r = getgrouplist(members[who], 100, list, &n);
            printf("getgrouplist(%s, room %d): %d %d:", members[who], room, r, n);
            for (int i = 0; i < room; i++)
                printf(" %u", list[i]);
            printf("\n");
        }
    }
    int r = initgroups("ada", 100);
    printf("initgroups: %d %d\n", r, r == 0 ? 0 : errno); /* glibc leaves ERANGE behind when it has worked */
    int n = getgroups(0, 0);
    printf("getgroups: %d\n", n);
    return 0;
}
