/* sched.h: who runs where, and when. */
#ifndef _SCHED_H
#define _SCHED_H

#include <features.h>
#include <bits/types.h>

#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2
#ifdef __USE_GNU
# define SCHED_BATCH 3
# define SCHED_IDLE 5
# define SCHED_DEADLINE 6
# define SCHED_RESET_ON_FORK 0x40000000
# define CSIGNAL 0x000000ff
# define CLONE_VM 0x00000100
# define CLONE_FS 0x00000200
# define CLONE_FILES 0x00000400
# define CLONE_SIGHAND 0x00000800
# define CLONE_PIDFD 0x00001000
# define CLONE_PTRACE 0x00002000
# define CLONE_VFORK 0x00004000
# define CLONE_PARENT 0x00008000
# define CLONE_THREAD 0x00010000
# define CLONE_NEWNS 0x00020000
# define CLONE_SYSVSEM 0x00040000
# define CLONE_SETTLS 0x00080000
# define CLONE_PARENT_SETTID 0x00100000
# define CLONE_CHILD_CLEARTID 0x00200000
# define CLONE_DETACHED 0x00400000
# define CLONE_UNTRACED 0x00800000
# define CLONE_CHILD_SETTID 0x01000000
# define CLONE_NEWCGROUP 0x02000000
# define CLONE_NEWUTS 0x04000000
# define CLONE_NEWIPC 0x08000000
# define CLONE_NEWUSER 0x10000000
# define CLONE_NEWPID 0x20000000
# define CLONE_NEWNET 0x40000000
# define CLONE_IO 0x80000000
#endif

struct sched_param {
    int sched_priority;
};

/* A set of CPUs: one bit each. */
#define __CPU_SETSIZE 1024
#define __NCPUBITS (8 * (int)sizeof(unsigned long))
typedef unsigned long __cpu_mask;
typedef struct {
    __cpu_mask __bits[__CPU_SETSIZE / (8 * sizeof(unsigned long))];
} cpu_set_t;

__BEGIN_DECLS
int sched_yield(void);
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *parameters);
int sched_getscheduler(pid_t pid);
int sched_setparam(pid_t pid, const struct sched_param *parameters);
int sched_getparam(pid_t pid, struct sched_param *parameters);
int sched_get_priority_max(int policy);
int sched_get_priority_min(int policy);
int sched_rr_get_interval(pid_t pid, struct timespec *slice);

#ifdef __USE_GNU
# define CPU_SETSIZE __CPU_SETSIZE
int sched_getcpu(void);
int getcpu(unsigned int *cpu, unsigned int *node);
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __sched_cpucount(size_t size, const cpu_set_t *set);
cpu_set_t *__sched_cpualloc(size_t count);
void __sched_cpufree(cpu_set_t *set);

# define __CPU_WORD(cpu, set) ((set)->__bits[(size_t)(cpu) / (8 * sizeof(__cpu_mask))])
# define __CPU_BIT(cpu) ((__cpu_mask)1 << ((size_t)(cpu) % (8 * sizeof(__cpu_mask))))
# define CPU_SET_S(cpu, size, set) \
    (__extension__({ size_t __cpu = (cpu); \
        __cpu / 8 < (size) ? (__CPU_WORD(__cpu, set) |= __CPU_BIT(__cpu)) : 0; }))
# define CPU_CLR_S(cpu, size, set) \
    (__extension__({ size_t __cpu = (cpu); \
        __cpu / 8 < (size) ? (__CPU_WORD(__cpu, set) &= ~__CPU_BIT(__cpu)) : 0; }))
# define CPU_ISSET_S(cpu, size, set) \
    (__extension__({ size_t __cpu = (cpu); \
        __cpu / 8 < (size) ? (__CPU_WORD(__cpu, set) & __CPU_BIT(__cpu)) != 0 : 0; }))
# define CPU_ZERO_S(size, set) ((void)__builtin_memset(set, 0, size))
# define CPU_COUNT_S(size, set) __sched_cpucount(size, set)
# define CPU_EQUAL_S(size, one, other) (__builtin_memcmp(one, other, size) == 0)
# define __CPU_OP_S(size, to, one, other, op) \
    (__extension__({ cpu_set_t *__to = (to); const cpu_set_t *__one = (one), *__other = (other); \
        for (size_t __i = 0; __i < (size) / sizeof(__cpu_mask); __i++) \
            __to->__bits[__i] = __one->__bits[__i] op __other->__bits[__i]; \
        __to; }))
# define CPU_AND_S(size, to, one, other) __CPU_OP_S(size, to, one, other, &)
# define CPU_OR_S(size, to, one, other) __CPU_OP_S(size, to, one, other, |)
# define CPU_XOR_S(size, to, one, other) __CPU_OP_S(size, to, one, other, ^)
# define CPU_SET(cpu, set) CPU_SET_S(cpu, sizeof(cpu_set_t), set)
# define CPU_CLR(cpu, set) CPU_CLR_S(cpu, sizeof(cpu_set_t), set)
# define CPU_ISSET(cpu, set) CPU_ISSET_S(cpu, sizeof(cpu_set_t), set)
# define CPU_ZERO(set) CPU_ZERO_S(sizeof(cpu_set_t), set)
# define CPU_COUNT(set) CPU_COUNT_S(sizeof(cpu_set_t), set)
# define CPU_EQUAL(one, other) CPU_EQUAL_S(sizeof(cpu_set_t), one, other)
# define CPU_AND(to, one, other) CPU_AND_S(sizeof(cpu_set_t), to, one, other)
# define CPU_OR(to, one, other) CPU_OR_S(sizeof(cpu_set_t), to, one, other)
# define CPU_XOR(to, one, other) CPU_XOR_S(sizeof(cpu_set_t), to, one, other)
# define CPU_ALLOC_SIZE(count) \
    ((((count) + 8 * sizeof(__cpu_mask) - 1) / (8 * sizeof(__cpu_mask))) * sizeof(__cpu_mask))
# define CPU_ALLOC(count) __sched_cpualloc(count)
# define CPU_FREE(set) __sched_cpufree(set)
#endif
__END_DECLS

#endif
