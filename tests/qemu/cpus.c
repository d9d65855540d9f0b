/* Runs one program in a guest while its CPUs go and come, or with few of them. Only for guests: it mounts /sys and turns CPUs off.

   cpus MODE SEED PROGRAM [ARGUMENT ...]

   hotplug   CPUs but the first go off and on again at random, one at a time, all the while
   cpuset    the program's cpuset changes at random, to sets of 1 to all CPUs
   few       the program's cpuset is the last two CPUs: their numbers are higher than their count
   sparse    every second CPU is off before the program starts, and stays so

   Says at the end what it did, and ends as the program did; with 3 if it could not do what it is for, or never got to. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long state;
static int cpus; /* possible ones: 0 ... cpus - 1 */

static unsigned below(unsigned n) /* splitmix64 */
{
    unsigned long long z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % n;
}

static void cannot(const char *what)
{
    printf("cpus: %s: %s\n", what, strerror(errno));
    exit(3);
}

/* Writes a word to a file of the kernel's; 0, or -1 with errno. */
static int tell(const char *word, const char *format, ...)
{
    char path[128];
    va_list list;
    va_start(list, format);
    vsnprintf(path, sizeof path, format, list);
    va_end(list);
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        return -1;
    int written = write(fd, word, strlen(word)), error = errno;
    close(fd);
    errno = error;
    return written < 0 ? -1 : 0;
}

static int turn(int cpu, int on)
{
    return tell(on ? "1" : "0", "/sys/devices/system/cpu/cpu%d/online", cpu);
}

static void furnish(void)
{
    const char *rows[][2] = {{"/proc", "proc"}, {"/sys", "sysfs"}, {"/sys/fs/cgroup", "cgroup2"}};
    for (int i = 0; i < 3; i++) {
        mkdir(rows[i][0], 0755);
        if (mount(rows[i][1], rows[i][0], rows[i][1], 0, NULL) && errno != EBUSY)
            cannot(rows[i][0]);
    }
    char path[64];
    do
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", cpus++);
    while (access(path, F_OK) == 0);
    cpus--;
}

/* The program's cpuset: `count` CPUs from `first` on. */
static int confine(int first, int count)
{
    char set[32];
    snprintf(set, sizeof set, "%d-%d", first, first + count - 1);
    return tell(set, "/sys/fs/cgroup/program/cpuset.cpus");
}

static void make_cpuset(void)
{
    if (tell("+cpuset", "/sys/fs/cgroup/cgroup.subtree_control") || (mkdir("/sys/fs/cgroup/program", 0755) && errno != EEXIST))
        cannot("a cpuset");
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *mode = argv[1];
    state = strtoull(argv[2], NULL, 0);
    int hotplug = !strcmp(mode, "hotplug"), cpuset = !strcmp(mode, "cpuset"), few = !strcmp(mode, "few"), sparse = !strcmp(mode, "sparse");
    if (hotplug + cpuset + few + sparse != 1)
        return 2;
    furnish();
    int off = 0, on = 0, refused = 0, sets = 0;
    if (sparse)
        for (int cpu = 1; cpu < cpus; cpu += 2)
            turn(cpu, 0) ? refused++ : off++;
    if (cpuset || few)
        make_cpuset();
    if (few)
        confine(cpus - 2, 2) ? cannot("the last two CPUs") : (void)sets++;
    pid_t child = fork();
    if (child == 0) {
        if ((cpuset || few) && tell("0", "/sys/fs/cgroup/program/cgroup.procs"))
            cannot("to enter the cpuset");
        execv(argv[3], argv + 3);
        cannot(argv[3]);
    }
    int status, last = 0;
    usleep(300000); /* it sees all CPUs first */
    while (waitpid(child, &status, WNOHANG) == 0) {
        usleep(500 + below(3000));
        if (hotplug && last) {
            turn(last, 1) ? refused++ : on++;
            last = 0;
        } else if (hotplug) {
            int cpu = 1 + below(cpus - 1);
            turn(cpu, 0) ? (void)refused++ : (void)(off++, last = cpu);
        } else if (cpuset) {
            int count = 1 + below(cpus);
            confine(below(cpus - count + 1), count) ? refused++ : sets++;
        }
    }
    if (last)
        turn(last, 1);
    printf("cpus %s: of %d CPUs, %d times one off, %d times one on, %d cpusets, %d refused\n", mode, cpus, off, on, sets, refused);
    fflush(stdout);
    if (off + sets == 0)
        return 3;
    if (WIFSIGNALED(status))
        printf("cpus: the program was killed by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
