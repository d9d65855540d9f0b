/* Says where every task of the guest is, when a program stands still: what it waits for in the kernel, and its return addresses.

   Addresses are offsets from the start of the program's first mapping: `addr2line -fe PROGRAM OFFSET` on the host tells the function. */
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    unsigned long pc, frame;
};

/* Prints the first line of /proc/PID/task/TID/NAME. */
static void print_file(int pid, int tid, const char *name)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
    int file = open(path, O_RDONLY);
    if (file < 0)
        return;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    line[length > 0 ? strcspn(line, "\n") : 0] = 0;
    printf(" %s %s;", name, line);
}

static unsigned long first_mapping(int pid)
{
    char path[64];
    unsigned long start = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    if (!maps)
        return 0;
    if (fscanf(maps, "%lx", &start) != 1)
        start = 0;
    fclose(maps);
    return start;
}

/* Stops the task for a moment to read its registers; 0 on success. */
static int place_of(int tid, struct place *place)
{
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
        return -1;
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    for (int tries = 0; tries < 1000 && waitpid(tid, NULL, __WALL | WNOHANG) == 0; tries++)
        usleep(1000);
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof registers};
    int failed = ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &all) != 0;
    ptrace(PTRACE_DETACH, tid, NULL, NULL);
#ifdef __x86_64__
    *place = (struct place){registers.rip, registers.rbp};
#else
    *place = (struct place){registers.pc, registers.regs[29]};
#endif
    return failed ? -1 : 0;
}

static void print_task(int pid, int tid)
{
    printf("@stuck %d/%d:", pid, tid);
    print_file(pid, tid, "comm");
    print_file(pid, tid, "wchan");
    print_file(pid, tid, "syscall");
    struct place at;
    if (place_of(tid, &at)) {
        puts(" cannot be stopped");
        return;
    }
    unsigned long base = first_mapping(pid);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY);
    printf(" at %lx", at.pc - base);
    /* Each frame record is the caller's frame and the return address; frames lie ever higher. */
    unsigned long record[2];
    for (int depth = 0; depth < 32 && pread(memory, record, sizeof record, at.frame) == sizeof record; depth++) {
        printf(" %lx", record[1] - base);
        if (record[0] <= at.frame)
            break;
        at.frame = record[0];
    }
    puts("");
    close(memory);
}

static void print_tasks(void)
{
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL); /* the guest has none, on purpose; one that stands still is past caring */
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    while (processes && (entry = readdir(processes))) {
        int pid = atoi(entry->d_name);
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", pid);
        DIR *tasks = pid > 1 && first_mapping(pid) ? opendir(path) : NULL; /* kernel threads map nothing */
        struct dirent *task;
        while (tasks && (task = readdir(tasks)))
            if (atoi(task->d_name))
                print_task(pid, atoi(task->d_name));
        if (tasks)
            closedir(tasks);
    }
    if (processes)
        closedir(processes);
}
