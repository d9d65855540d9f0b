/* measure: what one program costs, seen from outside.  Built with the host's compiler; the program measured needs no help.
 *
 *     measure run OUT PROGRAM [ARGUMENT]...      time, CPU time, peak memory, rseq registration, how it ended
 *     measure steps OUT PROGRAM [ARGUMENT]...    system calls, CPUID instructions and steps from execve to exit (x86_64)
 *     measure spawn OUT ROUNDS PROGRAM...        nanoseconds from vfork to wait, programs interleaved
 *
 * The answer is JSON in the file OUT; the program keeps stdout and stderr.
 *
 * `run` stops its child twice: after execve, and in exit, when its memory is still there (PTRACE_O_TRACEEXIT).  That is where
 * the peak is read: rusage's maximum would contain the memory of the process that called fork.
 *
 * `steps` executes the first thread one instruction at a time.  A restartable sequence cannot be stepped through (every step
 * interrupts it, and it starts over for ever), so a section runs in one go to a breakpoint at its end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNSUPPORTED 77

static FILE *out;

static void die(const char *what)
{
    perror(what);
    exit(125);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Starts the program, traced and stopped behind its execve. */
static pid_t start_traced(char **argv, long options)
{
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        die("waitpid");
    if (ptrace(PTRACE_SETOPTIONS, child, 0, options | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) != 0)
        die("PTRACE_SETOPTIONS");
    return child;
}

/* ---- run ---- */

static long proc_kib(pid_t child, const char *name, const char *pattern)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/%s", child, name);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, pattern, &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static long peak_kib(pid_t child)
{
    /* The peak is kept from counters that may lag by some 64 pages a CPU; the sum over all mappings is exact, but of now. */
    long peak = proc_kib(child, "status", "VmHWM: %ld"), end = proc_kib(child, "smaps_rollup", "Rss: %ld");
    return peak > end ? peak : end;
}

/* How many bytes of struct rseq the first thread has registered; 0: none; -1: the kernel does not tell. */
static long rseq_bytes(pid_t child)
{
    struct { uint64_t pointer; uint32_t size, signature, flags, pad; } state;
    long got = ptrace(0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */, child, sizeof state, &state);
    return got < 0 ? -1 : state.pointer ? (long)state.size : 0;
}

static int run(char **argv)
{
    uint64_t begin = 0, end;
    long peak = -1, rseq = -1;
    int status;
    struct rusage usage;
    pid_t child = start_traced(argv, PTRACE_O_TRACEEXIT);
    begin = now();
    ptrace(PTRACE_CONT, child, 0, 0);
    for (;;) {
        if (wait4(child, &status, 0, &usage) != child)
            die("wait4");
        end = now();
        if (!WIFSTOPPED(status))
            break;
        int signal = WSTOPSIG(status), event = status >> 16;
        if (event == PTRACE_EVENT_EXIT) {
            peak = peak_kib(child);
            rseq = rseq_bytes(child);
        }
        ptrace(PTRACE_CONT, child, 0, event || signal == SIGTRAP ? 0 : signal);
    }
    fprintf(out, "{\"ns\": %llu, \"user_us\": %llu, \"system_us\": %llu, \"peak_kib\": %ld, \"rseq_bytes\": %ld, \"code\": %d}\n",
            (unsigned long long)(end - begin), usage.ru_utime.tv_sec * 1000000ull + (unsigned long long)usage.ru_utime.tv_usec,
            usage.ru_stime.tv_sec * 1000000ull + (unsigned long long)usage.ru_stime.tv_usec, peak, rseq,
            WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 0;
}

/* ---- steps ---- */

#ifdef __x86_64__
static uint64_t word_at(pid_t child, uint64_t address)
{
    /* An aligned word never crosses into a page that is not there. */
    uint64_t low = address & ~7ull, shift = 8 * (address & 7), word;
    word = (uint64_t)ptrace(PTRACE_PEEKTEXT, child, low, 0) >> shift;
    if (shift)
        word |= (uint64_t)ptrace(PTRACE_PEEKTEXT, child, low + 8, 0) << (64 - shift);
    return word;
}

/* Runs to `address` at full speed; returns the wait status. */
static int run_to(pid_t child, uint64_t address)
{
    uint64_t low = address & ~7ull, shift = 8 * (address & 7);
    uint64_t saved = (uint64_t)ptrace(PTRACE_PEEKTEXT, child, low, 0);
    int status;
    ptrace(PTRACE_POKETEXT, child, low, (saved & ~(0xffull << shift)) | 0xccull << shift);
    ptrace(PTRACE_CONT, child, 0, 0);
    if (waitpid(child, &status, 0) != child)
        die("waitpid");
    if (WIFSTOPPED(status)) {
        struct user_regs_struct registers;
        ptrace(PTRACE_POKETEXT, child, low, saved);
        ptrace(PTRACE_GETREGS, child, 0, &registers);
        if (registers.rip == address + 1) {
            registers.rip = address;
            ptrace(PTRACE_SETREGS, child, 0, &registers);
        }
    }
    return status;
}

static int steps(char **argv)
{
    /* execve itself is the first system call; it was made before the first step. */
    unsigned long count = 0, cpuids = 0, calls = 1, sections = 0, by_number[512] = {[59] = 1};
    uint64_t area = 0;
    int status;
    pid_t child = start_traced(argv, 0);
    ptrace(PTRACE_CONT, child, 0, 0);
    if (waitpid(child, &status, 0) != child || status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8))
        die("no execve");
    for (;;) {
        struct user_regs_struct at;
        ptrace(PTRACE_GETREGS, child, 0, &at);
        uint64_t code = word_at(child, at.rip);
        uint64_t section = area ? word_at(child, area + 8) : 0;
        if (section && at.rip - word_at(child, section + 8) < word_at(child, section + 16)) {
            sections++;
            status = run_to(child, word_at(child, section + 8) + word_at(child, section + 16));
        } else {
            if ((code & 0xffff) == 0xa20f)
                cpuids++;
            if ((code & 0xffff) == 0x050f) {
                calls++;
                by_number[at.rax & 511]++;
                if (at.rax == 334)
                    area = at.rdx == 0 ? at.rdi : 0;
            }
            count++;
            ptrace(PTRACE_SINGLESTEP, child, 0, 0);
            if (waitpid(child, &status, 0) != child)
                die("waitpid");
        }
        if (!WIFSTOPPED(status))
            break;
        if (WSTOPSIG(status) != SIGTRAP) {
            fprintf(stderr, "measure: %s was stopped by signal %d\n", argv[0], WSTOPSIG(status));
            kill(child, SIGKILL);
            return 125;
        }
    }
    fprintf(out, "{\"steps\": %lu, \"sections\": %lu, \"cpuid\": %lu, \"calls\": %lu, \"by_number\": {", count, sections, cpuids, calls);
    const char *comma = "";
    for (int number = 0; number < 512; number++)
        if (by_number[number]) {
            fprintf(out, "%s\"%d\": %lu", comma, number, by_number[number]);
            comma = ", ";
        }
    fprintf(out, "}, \"code\": %d}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 0;
}
#else
static int steps(char **argv)
{
    fprintf(stderr, "measure: no stepping on this CPU, %s was not run\n", argv[0]);
    return UNSUPPORTED;
}
#endif

/* ---- spawn ---- */

/* From vfork to the end of wait; its own frame, which the child's half may scribble on. */
__attribute__((noinline)) static uint64_t once(char *program, int *status)
{
    char *const argv[] = {program, NULL}, *const environment[] = {NULL};
    uint64_t begin = now();
    pid_t child = vfork();
    if (child == 0) {
        execve(program, argv, environment);
        _exit(127);
    }
    if (child < 0 || waitpid(child, status, 0) != child)
        die("vfork");
    return now() - begin;
}

static int spawn(int rounds, char **programs)
{
    int count = 0;
    while (programs[count])
        count++;
    uint64_t *taken = calloc((size_t)count * (size_t)rounds, sizeof *taken);
    if (!taken)
        die("calloc");
    for (int round = -2; round < rounds; round++) /* two rounds to warm up */
        for (int i = 0; i < count; i++) {
            int which = (i + round + 2) % count, status;
            uint64_t ns = once(programs[which], &status);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                fprintf(stderr, "measure: %s ended with status %#x\n", programs[which], (unsigned)status);
                return 125;
            }
            if (round >= 0)
                taken[which * rounds + round] = ns;
        }
    fprintf(out, "[");
    for (int i = 0; i < count; i++) {
        fprintf(out, i ? ",\n[" : "[");
        for (int round = 0; round < rounds; round++)
            fprintf(out, "%s%llu", round ? "," : "", (unsigned long long)taken[i * rounds + round]);
        fprintf(out, "]");
    }
    fprintf(out, "]\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || (strcmp(argv[1], "spawn") == 0 && argc < 5)) {
        fprintf(stderr, "usage: measure run|steps OUT PROGRAM [ARGUMENT]... | measure spawn OUT ROUNDS PROGRAM...\n");
        return 2;
    }
    out = fopen(argv[2], "we");
    if (!out)
        die(argv[2]);
    if (strcmp(argv[1], "run") == 0)
        return run(argv + 3);
    if (strcmp(argv[1], "steps") == 0)
        return steps(argv + 3);
    if (strcmp(argv[1], "spawn") == 0)
        return spawn(atoi(argv[3]), argv + 4);
    fprintf(stderr, "measure: no such command: %s\n", argv[1]);
    return 2;
}
