/* A QEMU plugin that counts what a program's operations cost the memory system of a machine with many CPUs.
 *
 *     -plugin plugin.so,out=FILE[,turn=N][,broken=WHICH]
 *
 * It watches user code alone (addresses in the lower half), of threads that asked for it.  A thread asks by writing to the addresses in
 * bell.h, and has to stay on a CPU of its own meanwhile, so that threads are CPUs:
 *
 *     OUTSIDE --warm--> WARMING --count--> COUNTED --warm--> WARMING --leave--> OUTSIDE         each thread by itself
 *
 * OUTSIDE: nothing is seen.  WARMING: accesses change the directory, and the CPU takes turns.  COUNTED: and it is counted.
 * `report` writes one line to FILE (its number and the sums over all threads) and forgets everything, as `reset` does without a line.
 *
 * Who executes is told by the thread pointer, read at the begin of each translated block, not by the number of the virtual CPU: with one host
 * thread for all of them, QEMU 10.0 writes that number into the block as a constant, the number of the one that executed it first.
 *
 * The directory, for each line of 64 bytes: which CPUs hold it, and whether the last one wrote it.
 *   a load by one that does not hold it:  if it is modified elsewhere, that is a transfer (`fetched`), and both hold it, clean;
 *                                         else it is a miss that any machine has once, not counted
 *   a store:  if others hold it, that is a transfer (`taken`); whoever stores is the only holder, and it is modified
 *   a locked instruction wants the line for itself at once: its load counts as the store that follows
 * Caches are unlimited: what is counted is what CPUs do to each other, not what does not fit.
 *
 * Turns: after about N instructions (N/2 to 3N/2, from a fixed seed) a virtual CPU stops, and with one host thread for all (-accel
 * tcg,thread=single) the next has its turn; and it stops at every transfer, since a CPU waits for a line longer than that.  That makes 64 virtual CPUs meet as often as 64 CPUs would, whatever runs beside qemu.
 */
#define _GNU_SOURCE
#include "qemu_plugin.h"

#include "bell.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

enum { MOST_CPUS = 256, WORDS = MOST_CPUS / 64, LINE_SHIFT = 6, FIRST_LINES = 1 << 16 };
enum state { OUTSIDE, WARMING, COUNTED };
enum kind { PLAIN = 0, LOCKED = 1, SYSTEM_CALL = 2 };

static struct cpu {
    uint64_t thread; /* its thread pointer; 0 if nobody rang yet */
    enum state state;
    int left;        /* instructions until its turn is over */
    uint64_t random; /* how long the next one is */
    uint64_t instructions, locked, system_calls, fetched, taken;
} __attribute__((aligned(128))) cpus[MOST_CPUS];

/* The directory: a table with open addressing, whose length is a power of two; `number` 0 is an empty place (nobody has line 0). */
struct line {
    uint64_t number;
    uint64_t holders[WORDS];
    uint64_t transfers;
    bool modified;
};
static struct line *lines;
static size_t length, used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the directory and of the file */

static FILE *out;
static int turn = 32;
static const void *clock_handle;
static void (*cpu_exit)(void *cpu);
static _Thread_local void **present_cpu; /* where QEMU keeps which CPU this host thread executes */
static bool x86, kernel_is_up;
static struct qemu_plugin_register *thread_pointer;
static _Thread_local GByteArray *bytes_read;
static _Thread_local uint64_t running; /* the thread pointer of who executes the present block */
static _Thread_local struct cpu *self; /* and its CPU, or null if it never rang */
/* Controls for the tests: a directory that is wrong must be noticed. */
static bool forgets_holders, never_takes;

static struct line *find_in(struct line *table, size_t size, uint64_t number)
{
    size_t at = (number * 0x9e3779b97f4a7c15u) >> 20 & (size - 1);
    while (table[at].number && table[at].number != number)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static void *zeroed(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (!memory)
        abort();
    return memory;
}

static struct line *find(uint64_t number)
{
    struct line *found = find_in(lines, length, number);
    if (found->number)
        return found;
    if (2 * ++used > length) {
        struct line *larger = zeroed(2 * length, sizeof *larger);
        for (size_t at = 0; at < length; at++)
            if (lines[at].number)
                *find_in(larger, 2 * length, lines[at].number) = lines[at];
        free(lines);
        lines = larger;
        length *= 2;
        found = find_in(lines, length, number);
    }
    found->number = number;
    return found;
}

/* Ends the present CPU's turn at the end of the block.
 *
 * The interface has no such call.  qemu-system exports what it uses itself: `cpu_exit` of this CPU alone.  Where it is missing, moving the clock to
 * the past leaves the clock as it is, and stops every virtual CPU and wakes the main loop: with 65 of them that is most of the time. */
static void stop_this_cpu(void)
{
    if (cpu_exit && present_cpu)
        cpu_exit(*present_cpu);
    else
        qemu_plugin_update_ns(clock_handle, 0);
}

static void end_turn(struct cpu *cpu)
{
    cpu->random ^= cpu->random << 13;
    cpu->random ^= cpu->random >> 7;
    cpu->random ^= cpu->random << 17;
    cpu->left = turn / 2 + (int)(cpu->random % (unsigned)(turn + 1));
    stop_this_cpu();
}

/* Whether it was a transfer. */
static bool touch(struct cpu *cpu, unsigned index, uint64_t number, bool store)
{
    struct line *line = find(number);
    uint64_t *own = &line->holders[index / 64], bit = 1ull << index % 64;
    bool held = *own & bit, others = false;
    *own &= ~bit;
    for (int word = 0; word < WORDS; word++)
        others |= line->holders[word] != 0;
    bool counted = cpu->state == COUNTED, transfer = false;
    if (store) {
        if (others) {
            transfer = true;
            cpu->taken += counted && !never_takes;
            line->transfers += counted;
        }
        if (!forgets_holders)
            memset(line->holders, 0, sizeof line->holders);
        line->modified = true;
    } else if (!held && line->modified && others) {
        transfer = true;
        cpu->fetched += counted;
        line->transfers += counted;
        line->modified = false;
    }
    *own |= bit;
    return transfer;
}

static struct cpu *cpu_of(uint64_t thread)
{
    for (int i = 0; i < MOST_CPUS && cpus[i].thread; i++)
        if (cpus[i].thread == thread)
            return &cpus[i];
    return NULL;
}

static struct cpu *new_cpu(uint64_t thread)
{
    for (int i = 0; i < MOST_CPUS; i++)
        if (!cpus[i].thread) {
            cpus[i] = (struct cpu){.thread = thread, .random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1)};
            return &cpus[i];
        }
    fprintf(stderr, "plugin: more than %d threads\n", MOST_CPUS);
    abort();
}

static void report(unsigned number)
{
    struct cpu sum = {0};
    struct line worst = {0};
    for (int i = 0; i < MOST_CPUS; i++) {
        sum.instructions += cpus[i].instructions;
        sum.locked += cpus[i].locked;
        sum.system_calls += cpus[i].system_calls;
        sum.fetched += cpus[i].fetched;
        sum.taken += cpus[i].taken;
    }
    for (size_t at = 0; at < length; at++)
        if (lines[at].transfers > worst.transfers)
            worst = lines[at];
    fprintf(out, "%u\t%lu\t%lu\t%lu\t%lu\t%lu\t%#lx\t%lu\n", number, sum.instructions, sum.locked, sum.system_calls, sum.fetched, sum.taken,
            worst.number << LINE_SHIFT, worst.transfers);
    fflush(out);
}

static void forget(void)
{
    memset(lines, 0, length * sizeof *lines);
    memset(cpus, 0, sizeof cpus);
    used = 0;
    self = NULL;
}

/* The program rang. */
static void rung(uint64_t offset)
{
    if (offset >= BELL_REPORT)
        report((unsigned)((offset - BELL_REPORT) / 8));
    if (offset >= BELL_RESET) {
        forget();
        return;
    }
    if (!self)
        self = new_cpu(running);
    self->state = offset == BELL_WARM ? WARMING : offset == BELL_COUNT ? COUNTED : OUTSIDE;
}

static void accessed(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)vcpu;
    bool store = qemu_plugin_mem_is_store(info);
    if (address - BELL < BELL_BYTES) {
        if (store) {
            pthread_mutex_lock(&lock);
            rung(address - BELL);
            pthread_mutex_unlock(&lock);
        }
        return;
    }
    if (!self || self->state == OUTSIDE)
        return;
    store |= data == (void *)LOCKED;
    uint64_t first = address >> LINE_SHIFT, last = (address + (1ull << qemu_plugin_mem_size_shift(info)) - 1) >> LINE_SHIFT;
    bool transfer = false;
    pthread_mutex_lock(&lock);
    for (uint64_t number = first; number <= last; number++)
        transfer |= touch(self, (unsigned)(self - cpus), number, store);
    pthread_mutex_unlock(&lock);
    if (transfer)
        end_turn(self);
}

static void executed(unsigned vcpu, void *data)
{
    (void)vcpu;
    struct cpu *cpu = self;
    if (!cpu || cpu->state == OUTSIDE)
        return;
    if (cpu->state == COUNTED) {
        cpu->instructions++;
        cpu->locked += data == (void *)LOCKED;
        cpu->system_calls += data == (void *)SYSTEM_CALL;
    }
    if (--cpu->left <= 0)
        end_turn(cpu);
}

/* A block of user code begins: finds out who it is. */
static void entered(unsigned vcpu, void *data)
{
    (void)vcpu, (void)data;
    uint64_t thread = 0;
    if (!bytes_read)
        bytes_read = g_byte_array_new();
    g_byte_array_set_size(bytes_read, 0);
    if (thread_pointer && qemu_plugin_read_register(thread_pointer, bytes_read) == sizeof thread)
        memcpy(&thread, bytes_read->data, sizeof thread);
    if (thread == running && self)
        return;
    running = thread;
    pthread_mutex_lock(&lock);
    self = cpu_of(thread);
    pthread_mutex_unlock(&lock);
}

/* Which register is the thread pointer: the same handle serves every virtual CPU. */
static void virtual_cpu_begins(qemu_plugin_id_t id, unsigned vcpu)
{
    (void)id, (void)vcpu;
    present_cpu = dlsym(RTLD_DEFAULT, "current_cpu"); /* this host thread's, as its name is one of thread-local storage */
    GArray *registers = qemu_plugin_get_registers();
    const qemu_plugin_reg_descriptor *all = registers->data;
    for (unsigned i = 0; i < registers->len && !thread_pointer; i++)
        if (strcmp(all[i].name, x86 ? "fs_base" : "TPIDR_EL0") == 0)
            thread_pointer = all[i].handle;
    g_array_free(registers, 1);
}

static enum kind kind_on_x86(const uint8_t *byte, size_t size)
{
    for (; size && (*byte == 0x66 || *byte == 0xf2 || *byte == 0xf3 || *byte == 0x2e || *byte == 0x36 || *byte == 0x3e || *byte == 0x26 ||
                    *byte == 0x64 || *byte == 0x65 || *byte >> 4 == 4); byte++, size--)
        ;
    if (size && *byte == 0xf0)
        return LOCKED;
    if (size >= 2 && byte[0] == 0x0f && byte[1] == 0x05)
        return SYSTEM_CALL;
    return size >= 2 && (byte[0] == 0x86 || byte[0] == 0x87) && byte[1] >> 6 != 3 ? LOCKED : PLAIN; /* xchg with memory */
}

static enum kind kind_on_aarch64(const uint8_t *byte)
{
    uint32_t word;
    memcpy(&word, byte, sizeof word);
    if ((word & 0xffe0001f) == 0xd4000001)
        return SYSTEM_CALL;
    bool load_acquire = (word & 0x3ffffc00) == 0x38bfc000;                                           /* ldapr: coded among these, and only a load */
    bool lse = (word & 0x3b200c00) == 0x38200000 && !load_acquire;                                   /* ldadd, swp and their like */
    bool cas = (word & 0x3fa07c00) == 0x08a07c00;
    bool exclusive_store = (word & 0x3fc00000) == 0x08000000;                                        /* stxr, stxp: one a pair */
    return lse || cas || exclusive_store ? LOCKED : PLAIN;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t at = 0; at < qemu_plugin_tb_n_insns(block); at++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, at);
        if (qemu_plugin_insn_vaddr(insn) >> 63)
            kernel_is_up = true;
        if (!kernel_is_up || qemu_plugin_insn_vaddr(insn) >> 63)
            return; /* the kernel's, or what unpacks it, in the lower half: that would take half a minute */
        if (at == 0)
            qemu_plugin_register_vcpu_tb_exec_cb(block, entered, QEMU_PLUGIN_CB_R_REGS, NULL);
        uint8_t bytes[16] = {0};
        size_t size = qemu_plugin_insn_size(insn);
        qemu_plugin_insn_data(insn, bytes, size < sizeof bytes ? size : sizeof bytes);
        void *kind = (void *)(uintptr_t)(x86 ? kind_on_x86(bytes, size) : kind_on_aarch64(bytes));
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS, kind);
        qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, kind);
    }
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        if (strncmp(words[i], "out=", 4) == 0)
            out = fopen(words[i] + 4, "w");
        else if (strncmp(words[i], "turn=", 5) == 0)
            turn = atoi(words[i] + 5);
        else if (strcmp(words[i], "broken=forgets-holders") == 0)
            forgets_holders = true;
        else if (strcmp(words[i], "broken=never-takes") == 0)
            never_takes = true;
        else
            return 1;
    }
    if (!out || turn < 1 || info->system.max_vcpus > MOST_CPUS)
        return 1;
    x86 = strcmp(info->target_name, "x86_64") == 0;
    lines = zeroed(length = FIRST_LINES, sizeof *lines);
    clock_handle = qemu_plugin_request_time_control();
    if (!clock_handle)
        return 1;
    *(void **)&cpu_exit = dlsym(RTLD_DEFAULT, "cpu_exit");
    qemu_plugin_register_vcpu_init_cb(id, virtual_cpu_begins);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
