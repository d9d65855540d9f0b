/* sys/wait.h */
#ifndef _DACAPO_SYS_WAIT_H
#define _DACAPO_SYS_WAIT_H

#include <features.h>
#include <bits/types.h>
#include <signal.h>

__BEGIN_DECLS

typedef enum { P_ALL, P_PID, P_PGID, P_PIDFD } idtype_t;
#define WNOHANG 1
#define WUNTRACED 2
#define WSTOPPED 2
#define WEXITED 4
#define WCONTINUED 8
#define WNOWAIT 0x01000000
#define WEXITSTATUS(status) (((status) & 0xff00) >> 8)
#define WTERMSIG(status) ((status) & 0x7f)
#define WSTOPSIG(status) WEXITSTATUS(status)
#define WIFEXITED(status) (WTERMSIG(status) == 0)
#define WIFSIGNALED(status) (((signed char)(((status) & 0x7f) + 1) >> 1) > 0)
#define WIFSTOPPED(status) (((status) & 0xff) == 0x7f)
#define WIFCONTINUED(status) ((status) == 0xffff)
#define WCOREDUMP(status) ((status) & 0x80)
#define W_EXITCODE(code, signal) ((code) << 8 | (signal))
#define WCOREFLAG 0x80
struct rusage;
pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);
#ifdef __USE_POSIX
int waitid(idtype_t type, id_t id, siginfo_t *info, int options);
#endif
#ifdef __USE_MISC
pid_t wait3(int *status, int options, struct rusage *usage);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
#endif

__END_DECLS

#endif
