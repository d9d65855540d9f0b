/* malloc_locks: what malloc executes in the steady state, counted one instruction at a time.
 *
 *     malloc_locks OUT STEPS PROGRAM WORKLOAD THREADS MILLISECONDS step
 *
 * The program runs at full speed until its first thread executes a breakpoint, with rdi pointing at the addresses of the allocation
 * functions (null at the end; the last one is free).  Then every other thread is pinned to a CPU of its own, runs there for half a second, and is
 * stepped, some instructions each in turn, STEPS in all.  Counted is what happens between the entry of an allocation function and its
 * return: instructions, and those among them that lock the bus (lock prefix, or xchg with memory).
 *
 * A restartable sequence cannot be stepped while it is armed: the kernel starts it over.  So it is disarmed as soon as it begins, and no
 * other thread is stepped before it has ended: nobody can interfere, and every one of its instructions is counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
    fprintf(stderr, "malloc_locks: no stepping on this CPU\n");
    return 77;
}
#else

#define MAX_THREADS 256
#define MAX_ENTRIES 16
#define TURN 61 /* instructions before another thread has its turn */

static struct thread {
    pid_t id;
    uint64_t area;               /* its struct rseq, or 0 */
    uint64_t inside, stack;      /* return address of the allocation function that it is in, or 0; stack pointer there */
    int entry;                   /* which function that is */
    int blocked;                 /* in a system call that has not come back */
} threads[MAX_THREADS];
static int thread_count;
static pid_t process;
static uint64_t entries[MAX_ENTRIES];
static int entry_count;
static uint64_t calls[MAX_ENTRIES], instructions[MAX_ENTRIES], locked[MAX_ENTRIES], steps, outside_locked;

static void die(const char *what)
{
    perror(what);
    kill(process, SIGKILL);
    exit(125);
}

static int read_memory(uint64_t address, void *data, size_t size)
{
    struct iovec here = {data, size}, there = {(void *)address, size};
    return process_vm_readv(process, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static uint64_t word_at(uint64_t address)
{
    uint64_t word = 0;
    read_memory(address, &word, sizeof word);
    return word;
}

/* Whether the instruction locks the bus. */
static int locks(const uint8_t *code)
{
    int i = 0;
    for (;; i++) {
        uint8_t byte = code[i];
        if (byte == 0xf0)
            return 1;
        if (i == 14 || !(byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
                         byte == 0x26 || byte == 0x64 || byte == 0x65))
            break;
    }
    if ((code[i] & 0xf0) == 0x40) /* REX */
        i++;
    return (code[i] == 0x86 || code[i] == 0x87) && code[i + 1] >> 6 != 3; /* xchg with memory */
}

/* What is known of an instruction: -1: nothing in particular, or which entry it is; and whether it locks. */
static struct known {
    uint64_t address;
    int entry, locks;
} cache[1 << 16];

static const struct known *instruction_at(uint64_t address)
{
    struct known *known = &cache[(address ^ address >> 16) & 0xffff];
    if (known->address == address)
        return known;
    uint8_t code[16] = {0x90};
    for (size_t size = 16; size && !read_memory(address, code, size); size--)
        ;
    *known = (struct known){address, -1, locks(code)};
    for (int i = 0; i < entry_count; i++)
        if (entries[i] == address)
            known->entry = i;
    return known;
}

/* The section that is armed in an area and that contains the address: its end; else 0. */
static uint64_t section_end(const struct thread *thread, uint64_t address)
{
    uint64_t descriptor = thread->area ? word_at(thread->area + 8) : 0, section[3];
    if (!descriptor || !read_memory(descriptor + 8, section, sizeof section))
        return 0;
    return address - section[0] < section[1] ? section[0] + section[1] : 0;
}

static void add_thread(pid_t id)
{
    for (int i = 0; i < thread_count; i++)
        if (threads[i].id == id)
            return;
    if (thread_count == MAX_THREADS)
        die("too many threads");
    threads[thread_count++] = (struct thread){.id = id};
}

static void drop_thread(pid_t id)
{
    for (int i = 0; i < thread_count; i++)
        if (threads[i].id == id)
            threads[i] = threads[--thread_count];
}

/* Notes what a stop says about threads; whether the thread is stopped and could be stepped. */
static int take_in(pid_t id, int status)
{
    if (!WIFSTOPPED(status)) {
        drop_thread(id);
        return 0;
    }
    if (status >> 16 == PTRACE_EVENT_CLONE) {
        unsigned long fresh;
        ptrace(PTRACE_GETEVENTMSG, id, 0, &fresh);
        add_thread((pid_t)fresh);
    }
    return 1;
}

static void run_to_the_breakpoint(void)
{
    for (;;) {
        int status;
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0 || (id == process && !WIFSTOPPED(status)))
            die("the program ended before its breakpoint");
        if (!take_in(id, status))
            continue;
        int signal = WSTOPSIG(status), event = status >> 16;
        add_thread(id);
        if (id == process && signal == SIGTRAP && event == 0)
            return;
        ptrace(PTRACE_CONT, id, 0, event || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal);
    }
}

static void stop_all(void)
{
    drop_thread(process); /* it stays at its breakpoint */
    for (int i = 0; i < thread_count; i++) {
        int status;
        pid_t id = threads[i].id;
        if (ptrace(PTRACE_INTERRUPT, id, 0, 0) != 0 || waitpid(id, &status, __WALL) != id || !take_in(id, status)) {
            drop_thread(id);
            i--;
        }
    }
}

/* Pins each of the stopped threads to a CPU of its own, and lets them run there until the steady state is that CPU's. */
static void settle(void)
{
    for (int i = 0; i < thread_count; i++) {
        struct { uint64_t pointer; uint32_t size, signature, flags, pad; } state;
        if (ptrace(0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */, threads[i].id, sizeof state, &state) > 0)
            threads[i].area = state.pointer;
        cpu_set_t cpus, own;
        CPU_ZERO(&own);
        sched_getaffinity(0, sizeof cpus, &cpus);
        for (int cpu = 0, left = i % CPU_COUNT(&cpus); cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET(cpu, &cpus) && left-- == 0)
                CPU_SET(cpu, &own);
        sched_setaffinity(threads[i].id, sizeof own, &own);
        ptrace(PTRACE_CONT, threads[i].id, 0, 0);
    }
    usleep(500000);
}

/* Steps a thread once; 0 if it is gone or sleeps in a system call. */
static int step(struct thread *thread, uint64_t *in_section)
{
    pid_t id = thread->id;
    int status;
    if (!thread->blocked) {
        struct user_regs_struct at;
        if (ptrace(PTRACE_GETREGS, id, 0, &at) != 0) {
            drop_thread(id);
            return 0;
        }
        uint64_t end = section_end(thread, at.rip);
        if (end) {
            *in_section = end;
            ptrace(PTRACE_POKEDATA, id, thread->area + 8, 0);
        }
        if (thread->inside && at.rip == thread->inside && at.rsp > thread->stack)
            thread->inside = 0;
        const struct known *known = instruction_at(at.rip);
        if (known->entry >= 0 && !thread->inside) {
            thread->inside = word_at(at.rsp);
            thread->stack = at.rsp;
            thread->entry = known->entry;
            calls[thread->entry]++;
        }
        if (thread->inside) {
            instructions[thread->entry]++;
            locked[thread->entry] += (uint64_t)known->locks;
        } else
            outside_locked += (uint64_t)known->locks;
        steps++;
        if (ptrace(PTRACE_SINGLESTEP, id, 0, 0) != 0) {
            drop_thread(id);
            return 0;
        }
    }
    thread->blocked = 0;
    /* A thread that sleeps in a system call, until one that is stopped wakes it, would be waited for in vain: a timer ticks. */
    for (int ticks = 0; waitpid(id, &status, __WALL) != id;) {
        if (errno != EINTR) {
            drop_thread(id);
            return 0;
        }
        if (++ticks == 2) {
            thread->blocked = 1;
            return 0;
        }
    }
    return take_in(id, status);
}

static void tick(int signal)
{
    (void)signal;
}

static void start_ticking(void)
{
    struct sigaction action = {.sa_handler = tick}; /* no SA_RESTART: waitpid is to return */
    struct itimerval every = {{0, 10000}, {0, 10000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: malloc_locks OUT STEPS PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "we");
    if (!out)
        die(argv[1]);
    uint64_t limit = strtoull(argv[2], NULL, 10);
    process = fork();
    if (process == 0) {
        raise(SIGSTOP);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    int status;
    if (process < 0 || waitpid(process, &status, WUNTRACED) != process)
        die("fork");
    if (ptrace(PTRACE_SEIZE, process, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) != 0)
        die("PTRACE_SEIZE");
    kill(process, SIGCONT);
    run_to_the_breakpoint();
    struct user_regs_struct at;
    ptrace(PTRACE_GETREGS, process, 0, &at);
    for (; entry_count < MAX_ENTRIES; entry_count++)
        if (!(entries[entry_count] = word_at(at.rdi + 8 * (uint64_t)entry_count)))
            break;
    stop_all();
    settle();
    stop_all();
    start_ticking();
    for (int idle = 0, turn = 0; steps < limit && thread_count && idle < 1000; turn++) {
        /* A section is never left in the middle. */
        uint64_t in_section = 0;
        struct thread *thread = &threads[turn % thread_count];
        pid_t id = thread->id;
        for (int i = 0; i < TURN || in_section; i++) {
            if (!step(thread, &in_section)) {
                idle++;
                break;
            }
            idle = 0;
            if (in_section) {
                struct user_regs_struct now;
                ptrace(PTRACE_GETREGS, id, 0, &now);
                /* Sections are straight on: whoever is not within a page before the end has left. */
                if (now.rip >= in_section || in_section - now.rip > 4096)
                    in_section = 0;
            }
        }
    }
    uint64_t allocated = 0, total = 0, bus = 0, freed = calls[entry_count - 1];
    for (int i = 0; i < entry_count; i++) {
        allocated += i < entry_count - 1 ? calls[i] : 0;
        total += instructions[i];
        bus += locked[i];
    }
    fprintf(out, "{\"steps\": %lu, \"allocations\": %lu, \"frees\": %lu, \"instructions\": %lu, \"locked\": %lu, "
            "\"free_instructions\": %lu, \"free_locked\": %lu, \"locked_outside\": %lu}\n",
            steps, allocated, freed, total, bus, instructions[entry_count - 1], locked[entry_count - 1], outside_locked);
    fclose(out);
    kill(process, SIGKILL);
    return 0;
}
#endif
