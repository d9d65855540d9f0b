/* signal.h */
#ifndef _DACAPO_SIGNAL_H
#define _DACAPO_SIGNAL_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

typedef int sig_atomic_t;
typedef void (*__sighandler_t)(int);
#define SIG_ERR ((__sighandler_t)-1)
#define SIG_DFL ((__sighandler_t)0)
#define SIG_IGN ((__sighandler_t)1)
#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGIOT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCLD SIGCHLD
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO 29
#define SIGPOLL SIGIO
#define SIGPWR 30
#define SIGSYS 31
#define NSIG 65
#define _NSIG 65
#define SIGRTMIN (__libc_current_sigrtmin())
#define SIGRTMAX (__libc_current_sigrtmax())
int __libc_current_sigrtmin(void);
int __libc_current_sigrtmax(void);
__sighandler_t signal(int number, __sighandler_t handler);
int raise(int number);
#ifdef __USE_POSIX
union sigval {
    int sival_int;
    void *sival_ptr;
};
typedef union sigval sigval_t;
typedef union sigval __sigval_t;
typedef struct {
    int si_signo;
    int si_errno;
    int si_code;
    int __pad0;
    union {
        int __pad[28];
        struct {
            pid_t si_pid;
            uid_t si_uid;
        } __kill;
        struct {
            int si_tid;
            int si_overrun;
            sigval_t si_sigval;
        } __timer;
        struct {
            pid_t si_pid;
            uid_t si_uid;
            sigval_t si_sigval;
        } __queue;
        struct {
            pid_t si_pid;
            uid_t si_uid;
            int si_status;
            clock_t si_utime;
            clock_t si_stime;
        } __child;
        struct {
            void *si_addr;
            short si_addr_lsb;
            union {
                struct {
                    void *_lower;
                    void *_upper;
                } _addr_bnd;
                unsigned int _pkey;
            } __bounds;
        } __fault;
        struct {
            long si_band;
            int si_fd;
        } __poll;
        struct {
            void *_call_addr;
            int _syscall;
            unsigned int _arch;
        } __system;
    } __fields;
} siginfo_t;
# define si_pid __fields.__kill.si_pid
# define si_uid __fields.__kill.si_uid
# define si_timerid __fields.__timer.si_tid
# define si_overrun __fields.__timer.si_overrun
# define si_status __fields.__child.si_status
# define si_utime __fields.__child.si_utime
# define si_stime __fields.__child.si_stime
# define si_value __fields.__queue.si_sigval
# define si_int __fields.__queue.si_sigval.sival_int
# define si_ptr __fields.__queue.si_sigval.sival_ptr
# define si_addr __fields.__fault.si_addr
# define si_addr_lsb __fields.__fault.si_addr_lsb
# define si_lower __fields.__fault.__bounds._addr_bnd._lower
# define si_upper __fields.__fault.__bounds._addr_bnd._upper
# define si_pkey __fields.__fault.__bounds._pkey
# define si_band __fields.__poll.si_band
# define si_fd __fields.__poll.si_fd
# define si_call_addr __fields.__system._call_addr
# define si_syscall __fields.__system._syscall
# define si_arch __fields.__system._arch
struct sigaction {
    union {
        __sighandler_t sa_handler;
        void (*sa_sigaction)(int, siginfo_t *, void *);
    } __sigaction_handler;
    sigset_t sa_mask;
    int sa_flags;
    void (*sa_restorer)(void);
};
# define sa_handler __sigaction_handler.sa_handler
# define sa_sigaction __sigaction_handler.sa_sigaction
# define SA_NOCLDSTOP 1
# define SA_NOCLDWAIT 2
# define SA_SIGINFO 4
# define SA_ONSTACK 0x08000000
# define SA_RESTART 0x10000000
# define SA_NODEFER 0x40000000
# define SA_RESETHAND 0x80000000
# define SA_INTERRUPT 0x20000000
# define SA_NOMASK SA_NODEFER
# define SA_ONESHOT SA_RESETHAND
# define SA_STACK SA_ONSTACK
# define SIG_BLOCK 0
# define SIG_UNBLOCK 1
# define SIG_SETMASK 2
typedef struct {
    void *ss_sp;
    int ss_flags;
    size_t ss_size;
} stack_t;
# define SS_ONSTACK 1
# define SS_DISABLE 2
# include <bits/signal.h>
# define SIGEV_SIGNAL 0
# define SIGEV_NONE 1
# define SIGEV_THREAD 2
# define SIGEV_THREAD_ID 4
typedef struct sigevent {
    sigval_t sigev_value;
    int sigev_signo;
    int sigev_notify;
    union {
        int __pad[12];
        pid_t __tid;
        struct {
            void (*__function)(sigval_t);
            void *__attributes;
        } __call;
    } __fields;
} sigevent_t;
# define sigev_notify_function __fields.__call.__function
# define sigev_notify_attributes __fields.__call.__attributes
# define SI_USER 0
# define SI_KERNEL 0x80
# define SI_QUEUE (-1)
# define SI_TIMER (-2)
# define SI_MESGQ (-3)
# define SI_ASYNCIO (-4)
# define SI_SIGIO (-5)
# define SI_TKILL (-6)
# define ILL_ILLOPC 1
# define ILL_ILLOPN 2
# define ILL_PRVOPC 5
# define FPE_INTDIV 1
# define FPE_INTOVF 2
# define FPE_FLTDIV 3
# define FPE_FLTOVF 4
# define FPE_FLTUND 5
# define FPE_FLTRES 6
# define FPE_FLTINV 7
# define SEGV_MAPERR 1
# define SEGV_ACCERR 2
# define BUS_ADRALN 1
# define BUS_ADRERR 2
# define BUS_OBJERR 3
# define TRAP_BRKPT 1
# define TRAP_TRACE 2
# define CLD_EXITED 1
# define CLD_KILLED 2
# define CLD_DUMPED 3
# define CLD_TRAPPED 4
# define CLD_STOPPED 5
# define CLD_CONTINUED 6
# define POLL_IN 1
# define POLL_OUT 2
# define POLL_HUP 6
int sigaction(int number, const struct sigaction *__restrict action, struct sigaction *__restrict old);
int sigprocmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old);
int pthread_sigmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old);
int sigemptyset(sigset_t *set);
int sigfillset(sigset_t *set);
int sigaddset(sigset_t *set, int number);
int sigdelset(sigset_t *set, int number);
int sigismember(const sigset_t *set, int number);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *mask);
int sigwait(const sigset_t *__restrict set, int *__restrict number);
int sigwaitinfo(const sigset_t *__restrict set, siginfo_t *__restrict info);
int sigtimedwait(const sigset_t *__restrict set, siginfo_t *__restrict info, const struct timespec *__restrict timeout);
int sigqueue(pid_t pid, int number, const union sigval value);
int sigaltstack(const stack_t *__restrict stack, stack_t *__restrict old);
int siginterrupt(int number, int interrupt);
int kill(pid_t pid, int number);
int killpg(pid_t group, int number);
void psignal(int number, const char *text);
void psiginfo(const siginfo_t *info, const char *text);
# if __has_include(<bits/pthreadtypes.h>)
#  include <bits/pthreadtypes.h>
int pthread_kill(pthread_t thread, int number);
# endif
#endif
#ifdef __USE_MISC
typedef __sighandler_t sig_t;
int sigisemptyset(const sigset_t *set);
int sigorset(sigset_t *set, const sigset_t *a, const sigset_t *b);
int sigandset(sigset_t *set, const sigset_t *a, const sigset_t *b);
#endif
#ifdef __USE_GNU
typedef __sighandler_t sighandler_t;
# include <sys/ucontext.h>
#endif

__END_DECLS

#endif
