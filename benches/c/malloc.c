/* malloc: one workload in one process, so that its memory is its own.
 *
 *     malloc WORKLOAD THREADS MILLISECONDS      operations a second, processor ns an operation, steady KiB, KiB left
 *     malloc WORKLOAD THREADS MILLISECONDS step the same up to the steady state, then a breakpoint for `measure locks`
 *     malloc --list                             the workloads, with the least and the most threads
 *     malloc --caches                           what TCMalloc says of its caches, if it is there: cpu or thread
 *
 * An operation is an allocation with its free.  Every block's first byte is written, as a user would.  The first quarter of the
 * time warms up and is not counted.  Steady memory is what is resident when the time is over and nothing was freed yet; left is what
 * is resident when all blocks are free and all threads but the first have ended.
 */
#include "malloc.h"

#include <fcntl.h>
#include <unistd.h>

static const struct workload *const all[] = {own_workloads, shared_workloads};

static const struct workload *find(const char *name)
{
    for (size_t set = 0; set < LENGTH(all); set++)
        for (const struct workload *each = all[set]; each->name; each++)
            if (strcmp(name, each->name) == 0)
                return each;
    return NULL;
}

static long resident_kib(void)
{
    char text[128] = "";
    long pages = 0;
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0 || sscanf(text, "%*d %ld", &pages) != 1)
        pages = 0;
    close(file);
    return pages * 4;
}

static uint64_t ops_so_far(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < team.count; i++)
        sum += *(volatile uint64_t *)&team.members[i].ops;
    return sum;
}

static void rest(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&pause, &pause) != 0)
        ;
}

/* What `measure locks` wants to see called. */
static const void *const entries[] = {(void *)malloc, (void *)calloc, (void *)realloc, (void *)aligned_alloc, (void *)free, NULL};

static void breakpoint(void)
{
#ifdef __x86_64__
    __asm__ volatile("int3" : : "D"(entries) : "memory");
#endif
}

static void run(const struct workload *workload, int count, int ms, int step)
{
    static struct member members[256];
    if (count < workload->least || count > workload->most)
        die("number of threads", EINVAL);
    team.members = members;
    team.count = count;
    pthread_barrier_init(&team.ready, NULL, (unsigned)count + 1);
    if (workload->prepare)
        workload->prepare();
    for (int i = 0; i < count; i++) {
        members[i] = (struct member){.index = i, .work = workload->work, .random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1)};
        int error = pthread_create(&members[i].thread, NULL, member_main, &members[i]);
        if (error)
            die("pthread_create", error);
    }
    pthread_barrier_wait(&team.ready);
    while (atomic_load(&unfilled))
        rest(1);
    rest(ms / 4);
    if (step)
        breakpoint();
    uint64_t ops = ops_so_far(), begin = now_ns(), processor = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    rest(ms - ms / 4);
    ops = ops_so_far() - ops;
    begin = now_ns() - begin;
    processor = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - processor;
    long steady = resident_kib();
    atomic_store(&team.stop, 1);
    for (int i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    if (workload->finish)
        workload->finish();
    printf("%.0f\t%.3f\t%ld\t%ld\n", (double)ops * 1e9 / (double)begin, ops ? (double)processor / (double)ops : 0.0, steady, resident_kib());
}

/* TCMalloc prints that it is per CPU even where it is not; this is what it goes by. */
extern _Bool MallocExtension_Internal_GetPerCpuCachesActive(void) __attribute__((weak));

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t set = 0; set < LENGTH(all); set++)
            for (const struct workload *each = all[set]; each->name; each++)
                printf("%s\t%d\t%d\n", each->name, each->least, each->most);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--caches") == 0) {
        free(a_block(64));
        puts(!MallocExtension_Internal_GetPerCpuCachesActive ? "" : MallocExtension_Internal_GetPerCpuCachesActive() ? "cpu" : "thread");
        return 0;
    }
    const struct workload *workload = argc >= 4 ? find(argv[1]) : NULL;
    if (!workload) {
        fprintf(stderr, "usage: malloc --list | malloc --caches | malloc WORKLOAD THREADS MILLISECONDS [step]\n");
        return 2;
    }
    uint64_t random = 1;
    for (size_t i = 0; i < SIZES; i++)
        sizes[i] = (uint32_t)(16 + next_random(&random) % 1009);
    run(workload, atoi(argv[2]), atoi(argv[3]), argc > 4);
    return 0;
}
