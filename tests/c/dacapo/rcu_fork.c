/* dacapo/rcu.h in a forked child whose parent's other thread was reading.
 * compare: none
 * cpus: x86_64
 * Not under qemu-user, which breaks in a child that is forked while other threads run. */
#include <dacapo/rcu.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

static dacapo_rcu *domain;

/* A reader that stays until it is told to go. */
static int inside;

static void *stay(void *unused)
{
    unsigned long token = dacapo_rcu_enter(domain);
    dacapo_rcu_assign(inside, 1);
    while (dacapo_rcu_dereference(inside) == 1) sched_yield();
    dacapo_rcu_leave(domain, token);
    return unused;
}

/* The child has no such thread: it forgets its read section, and waits for nobody. */
static void fork_beside_a_reader(void)
{
    pthread_t reader;
    int status;
    CHECK(!pthread_create(&reader, 0, stay, 0));
    while (!dacapo_rcu_dereference(inside)) sched_yield();
    unsigned long state = dacapo_rcu_state(domain);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        if (dacapo_rcu_poll(domain, state)) _exit(1); /* still there */
        dacapo_rcu_after_fork_in_child(domain);
        dacapo_rcu_synchronize(domain);
        _exit(dacapo_rcu_poll(domain, state) ? 0 : 2);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(!dacapo_rcu_poll(domain, state)); /* here it reads on */
    dacapo_rcu_assign(inside, 2);
    CHECK(!pthread_join(reader, 0));
    dacapo_rcu_synchronize(domain);
    CHECK(dacapo_rcu_poll(domain, state));
}

int main(void)
{
    CHECK((domain = dacapo_rcu_new()));
    fork_beside_a_reader();
    dacapo_rcu_delete(domain);
    return 0;
}
