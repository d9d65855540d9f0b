// Jumps: the value, callee-saved registers, nested buffers, masks.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static jmp_buf outer, inner;
static void deep(int n) {
    volatile char pad[100];
    pad[n] = 1;
    if (n == 0) longjmp(inner, 0);
    deep(n - 1);
    pad[0] = 2;
}
int main(void) {
    volatile int rounds = 0;
    double d = 1.5;
    int value = setjmp(outer);
    printf("outer %d rounds %d d %g\n", value, rounds, d);
    if (rounds++ < 3) {
        int v = setjmp(inner);
        if (v == 0) deep(50);
        printf("inner %d\n", v);
        longjmp(outer, rounds * 100);
    }
    sigset_t set, now;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigjmp_buf keeps, leaves;
    if (sigsetjmp(keeps, 1) == 0) {
        sigprocmask(SIG_BLOCK, &set, 0);
        siglongjmp(keeps, 1);
    }
    sigprocmask(SIG_BLOCK, 0, &now);
    printf("restored %d\n", sigismember(&now, SIGUSR1));
    if (sigsetjmp(leaves, 0) == 0) {
        sigprocmask(SIG_BLOCK, &set, 0);
        siglongjmp(leaves, 1);
    }
    sigprocmask(SIG_BLOCK, 0, &now);
    printf("left %d\n", sigismember(&now, SIGUSR1));
    return 0;
}
