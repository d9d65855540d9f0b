// Handlers, masks, alternate stacks, waiting: what runs when.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t hits, last, on_alternate;
static char *alternate;
static sigjmp_buf from_fault;
static void plain(int s) { hits++; last = s; }
static void with_info(int s, siginfo_t *info, void *context) {
    char here;
    hits++;
    last = info->si_signo == s ? info->si_code : -99;
    on_alternate = &here >= alternate && &here < alternate + 65536;
    (void)context;
}
static void fault(int s, siginfo_t *info, void *context) {
    (void)context;
    last = s;
    hits = info->si_addr == (void *)0x10;
    siglongjmp(from_fault, 42);
}

int main(void) {
    printf("signal %d\n", signal(SIGUSR1, plain) == SIG_DFL);
    printf("raise %d hits %d last %d\n", raise(SIGUSR1), (int)hits, (int)last);
    printf("back %d\n", signal(SIGUSR1, SIG_DFL) == plain);
    printf("bad %d %d\n", signal(SIGKILL, plain) == SIG_ERR, errno == EINVAL);
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    printf("member %d %d bad %d\n", sigismember(&set, SIGUSR2), sigismember(&set, SIGUSR1), sigaddset(&set, 65));
    struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_ONSTACK}, was;
    alternate = malloc(65536);
    stack_t stack = {.ss_sp = alternate, .ss_size = 65536};
    printf("altstack %d action %d\n", sigaltstack(&stack, 0), sigaction(SIGUSR2, &action, 0));
    sigprocmask(SIG_BLOCK, &set, &old);
    hits = 0;
    kill(getpid(), SIGUSR2);
    sigpending(&pending);
    printf("blocked %d pending %d\n", (int)hits, sigismember(&pending, SIGUSR2));
    sigprocmask(SIG_SETMASK, &old, 0);
    printf("delivered %d code %d alternate %d\n", (int)hits, (int)last, (int)on_alternate);
    sigaction(SIGUSR2, 0, &was);
    printf("read back %d %x\n", was.sa_sigaction == with_info, was.sa_flags & ~0x04000000 /* SA_RESTORER, which not every CPU needs */);
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 5});
    printf("queued %d\n", (int)last);
    signal(SIGALRM, plain);
    hits = 0;
    struct itimerval timer = {.it_value = {0, 10000}};
    setitimer(ITIMER_REAL, &timer, 0);
    printf("pause %d %d hits %d\n", pause(), errno == EINTR, (int)hits);
    sigprocmask(SIG_BLOCK, &set, 0);
    kill(getpid(), SIGUSR2);
    int number = 0;
    printf("sigwait %d %d\n", sigwait(&set, &number), number == SIGUSR2);
    struct timespec brief = {0, 1000000};
    printf("sigtimedwait %d %d\n", sigtimedwait(&set, 0, &brief), errno == EAGAIN);
    action.sa_sigaction = fault;
    sigaction(SIGSEGV, &action, 0);
    int from = sigsetjmp(from_fault, 1);
    if (from == 0) *(volatile int *)0x10 = 1;
    printf("fault %d signal %d at %d\n", from, (int)last, (int)hits);
    from = sigsetjmp(from_fault, 1);
    if (from == 0) *(volatile int *)0x10 = 2;
    printf("again %d\n", from);
    printf("mask kept %d\n", (sigprocmask(SIG_BLOCK, 0, &old), sigismember(&old, SIGUSR2)));
    printf("range %d %d\n", SIGRTMIN, SIGRTMAX);
    sigfillset(&set);
    printf("full %d %d\n", sigismember(&set, SIGRTMIN), sigismember(&set, 64));
    return 0;
}
