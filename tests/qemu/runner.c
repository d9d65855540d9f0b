/* PID 1 of a test guest: runs the programs that /list names, one after the other, and reports each on the console.

   A line of /list is:   NAME SECONDS [VARIABLE=VALUE ...] PROGRAM [ARGUMENT ...]
   For each it prints:   @begin NAME, what the program says, @end NAME exit CODE after N s | @end NAME signal NUMBER after N s |
   @end NAME timeout after N s; and @done at the end.  ci/qemu.py reads that.  A program that times out, or says nothing for so long that the host is
   about to give up, is shown first (@stuck lines, stuck.h).  Nothing is mounted: the guest has no /proc, /sys or /dev, on purpose.
   It is built with the cross gcc and glibc, so that a broken dacapo cannot hide a broken dacapo. */
#include <linux/serial.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "stuck.h"

enum { MOST_WORDS = 64, LINE_BYTES = 4096, MOST_QUIET_SECONDS = 240 /* the host gives up after 300 */ };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Starts one program in a process group of its own, so that a time-out ends its children too. */
static pid_t start(char **words)
{
    static char *environment[MOST_WORDS];
    int count = 0;
    for (; *words && strchr(*words, '='); words++)
        environment[count++] = *words;
    environment[count] = NULL;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        execve(words[0], words, environment);
        perror(words[0]);
        _exit(126);
    }
    return child;
}

/* Characters that the console has sent so far; -1 if its driver does not count. */
static int said(void)
{
    struct serial_icounter_struct counts;
    return ioctl(1, TIOCGICOUNT, &counts) ? -1 : counts.tx;
}

/* Waits for the child until the deadline, or a long silence, and reaps whatever else ends meanwhile: PID 1 inherits all orphans. */
static void report(const char *name, pid_t child, double seconds)
{
    double begun = now(), deadline = begun + seconds, heard = begun;
    int before = said();
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended == child) {
            if (WIFEXITED(status))
                printf("\n@end %s exit %d after %.1f s\n", name, WEXITSTATUS(status), now() - begun);
            else
                printf("\n@end %s signal %d after %.1f s\n", name, WTERMSIG(status), now() - begun);
            return;
        }
        if (ended <= 0) {
            int sent = said();
            if (sent != before)
                heard = now();
            before = sent;
            if (now() > deadline || (sent >= 0 && now() - heard > MOST_QUIET_SECONDS)) {
                print_tasks();
                kill(-child, SIGKILL);
                waitpid(child, &status, 0);
                printf("\n@end %s timeout after %.1f s\n", name, now() - begun);
                return;
            }
            usleep(2000);
        }
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    FILE *list = fopen("/list", "r");
    if (!list) {
        puts("no /list");
        return 1;
    }
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, list)) {
        char *words[MOST_WORDS + 1];
        int count = 0;
        for (char *word = strtok(line, " \n"); word && count < MOST_WORDS; word = strtok(NULL, " \n"))
            words[count++] = word;
        words[count] = NULL;
        if (count < 3)
            continue;
        printf("\n@begin %s\n", words[0]); /* a firmware may have left the cursor anywhere */
        tcdrain(1);
        report(words[0], start(words + 2), atof(words[1]));
        tcdrain(1);
    }
    puts("@done");
    tcdrain(1);
    return 0;
}
