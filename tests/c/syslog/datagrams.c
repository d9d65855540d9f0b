/* syslog: what comes out of a socket of this test's own at /dev/log, in a mount namespace, and of standard error.

   compare: stderr */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

extern int mount(const char *, const char *, const char *, unsigned long, const void *);

#define NEW_USER 0x10000000
#define NEW_MOUNTS 0x20000

static int receiver;

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

/* A /dev with nothing in it. */
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
    if (mkdir("dev", 0755) || mount("dev", "/dev", 0, 4096 /* MS_BIND */, 0))
        skip("/dev cannot be covered here");
}

static void listen_anew(void)
{
    struct sockaddr_un address = {AF_UNIX, "/dev/log"};
    close(receiver);
    unlink("/dev/log");
    receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (receiver < 0 || bind(receiver, (void *)&address, sizeof address))
        skip("/dev/log cannot be had here");
}

/* Shows what has come. The date and the process's own number are checked, and stand as letters. */
static void show(const char *what)
{
    static char text[20000];
    ssize_t n;
    printf("%s:\n", what);
    while ((n = recv(receiver, text, sizeof text - 1, 0)) >= 0) {
        text[n] = 0;
        int day, hour, minute, second, at = 0, priority;
        char month[4];
        if (sscanf(text, "<%d>%3s %2d %2d:%2d:%2d %n", &priority, month, &day, &hour, &minute, &second, &at) < 6)
            printf("  no stamp: %s\n", text);
        printf("  %zd bytes, <%d>%d", n, priority, (int)strcspn(text, ">") + 17 == at);
        char pid[20], *found;
        snprintf(pid, sizeof pid, "[%d]", getpid());
        if ((found = strstr(text, pid)))
            printf(" ours%.*s[PID]%.100s\n", (int)(found - text - at), text + at, found + strlen(pid));
        else
            printf(" %.100s\n", text + at);
    }
}

static void with_list(int priority, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsyslog(priority, format, list);
    va_end(list);
}

int main(void)
{
    tzset();
    isolate();
    syslog(LOG_INFO, "nobody hears");
    listen_anew();
    syslog(LOG_INFO, "plain");
    syslog(LOG_MAIL | LOG_DEBUG, "of mail %d %s %.2f", 5, "five", 5.5);
    syslog(LOG_KERN | LOG_EMERG, "a newline stays\n");
    errno = ENOENT;
    syslog(LOG_WARNING, "%m, %d", 7);
    printf("errno %d\n", errno == ENOENT);
    syslog(LOG_ERR, "%s", "");
    show("no openlog");
    openlog("ident", LOG_NDELAY, LOG_DAEMON);
    syslog(LOG_NOTICE, "opened");
    with_list(LOG_LOCAL7 | LOG_ALERT, "listed %s %ld", "words", 123456789012);
    show("openlog");
    openlog(0, LOG_PID, LOG_LOCAL0);
    syslog(LOG_CRIT, "with a number");
    show("LOG_PID");
    int old = setlogmask(LOG_UPTO(LOG_ERR));
    printf("mask %x", old);
    printf(" %x\n", setlogmask(0));
    syslog(LOG_WARNING, "hidden");
    syslog(LOG_ERR, "seen");
    setlogmask(old);
    show("setlogmask");
    listen_anew();
    syslog(LOG_INFO, "after the daemon was started anew");
    show("again");
    closelog();
    syslog(LOG_INFO, "after closelog");
    openlog("a much longer name of a program than is good", LOG_PERROR, LOG_USER);
    syslog(LOG_INFO, "on standard error");
    syslog(LOG_INFO, "on standard error, with its end\n");
    static char text[9001];
    memset(text, 'x', 9000);
    syslog(LOG_DEBUG, "%s", text);
    show("LOG_PERROR");
    close(receiver);
    unlink("/dev/log");
    openlog("lost", LOG_CONS | LOG_PERROR, LOG_USER);
    int console = open("/dev/console", O_RDWR | O_CREAT, 0644);
    syslog(LOG_ERR, "to the console");
    ssize_t n = read(console, text, sizeof text - 1);
    printf("console: %zd %.*s", n, n > 0 ? (int)n : 0, text);
    return 0;
}
