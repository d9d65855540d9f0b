/* Every cancellation point: a thread that sleeps in it is cancelled, and one that was asked before it came there.
   timeout: 60 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* sys/epoll.h, which is not everywhere. */
struct event {
    unsigned events;
    unsigned long long data;
}
#ifdef __x86_64__
__attribute__((packed))
#endif
;
int epoll_create1(int), epoll_ctl(int, int, int, struct event *), epoll_wait(int, struct event *, int, int);
int epoll_pwait(int, struct event *, int, int, const sigset_t *);

static int empty[2], full[2], pair[2], listening, file, epoll;
static pid_t holder;
static pthread_t sleeper;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t none;
static char byte, block[4096] __attribute__((aligned(4096)));
static struct iovec piece = { &byte, 1 };

static struct timespec later(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 1000;
    return at;
}
static const struct timespec hour = { 3600, 0 };
static sigset_t signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return set;
}
static int held;
static void give_back(void *unused) {
    held += pthread_mutex_trylock(&mutex) == EBUSY;
    pthread_mutex_unlock(&mutex);
}

static void do_read(void) { read(empty[0], &byte, 1); }
static void do_readv(void) { readv(empty[0], &piece, 1); }
static void do_write(void) { write(full[1], &byte, 1); }
static void do_writev(void) { writev(full[1], &piece, 1); }
static void do_pread(void) { pread(file, &byte, 1, 0); }
static void do_pwrite(void) { pwrite(file, &byte, 1, 0); }
static void do_preadv(void) { preadv(file, &piece, 1, 0); }
static void do_pwritev(void) { pwritev(file, &piece, 1, 0); }
static void do_open(void) { open("fifo", O_RDONLY); }
static void do_openat(void) { openat(AT_FDCWD, "fifo", O_RDONLY); }
static void do_creat(void) { creat("fifo", 0600); }
static void do_close(void) { close(-1); }
static void do_splice(void) { splice(empty[0], 0, full[1], 0, 1, 0); }
static void do_fcntl(void) {
    struct flock lock = { .l_type = F_WRLCK };
    fcntl(file, F_SETLKW, &lock);
}
static void do_lockf(void) { lockf(file, F_LOCK, 0); }
static void do_fsync(void) { fsync(file); }
static void do_fdatasync(void) { fdatasync(file); }
static void do_msync(void) { msync(block, sizeof block, MS_ASYNC); }
static void do_tcdrain(void) { tcdrain(file); }
static void do_poll(void) {
    struct pollfd one = { empty[0], POLLIN };
    poll(&one, 1, -1);
}
static void do_ppoll(void) {
    struct pollfd one = { empty[0], POLLIN };
    ppoll(&one, 1, &hour, 0);
}
static void do_select(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    select(empty[0] + 1, &set, 0, 0, 0);
}
static void do_pselect(void) {
    fd_set set;
    sigset_t mask = signals();
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    pselect(empty[0] + 1, &set, 0, 0, &hour, &mask);
}
static void do_epoll_wait(void) {
    struct event event;
    epoll_wait(epoll, &event, 1, -1);
}
static void do_epoll_pwait(void) {
    struct event event;
    sigset_t mask = signals();
    epoll_pwait(epoll, &event, 1, -1, &mask);
}
static void do_nanosleep(void) { nanosleep(&hour, 0); }
static void do_clock_nanosleep(void) { clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, 0); }
static void do_sleep(void) { sleep(3600); }
static void do_usleep(void) { usleep(900000000); }
static void do_pause(void) { pause(); }
static void do_wait(void) { wait(0); }
static void do_waitpid(void) { waitpid(holder, 0, 0); }
static void do_waitid(void) {
    siginfo_t info;
    waitid(P_PID, holder, &info, WEXITED);
}
static void do_wait3(void) { wait3(0, 0, 0); }
static void do_wait4(void) { wait4(holder, 0, 0, 0); }
static void do_sigsuspend(void) {
    sigset_t mask = signals();
    sigsuspend(&mask);
}
static void do_sigwait(void) {
    sigset_t set = signals();
    int number;
    sigwait(&set, &number);
}
static void do_sigwaitinfo(void) {
    sigset_t set = signals();
    sigwaitinfo(&set, 0);
}
static void do_sigtimedwait(void) {
    sigset_t set = signals();
    sigtimedwait(&set, 0, &hour);
}
static void do_join(void) { pthread_join(sleeper, 0); }
static void do_timedjoin(void) {
    struct timespec at = later();
    pthread_timedjoin_np(sleeper, 0, &at);
}
static void do_cond_wait(void) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(give_back, 0);
    for (;;) pthread_cond_wait(&never, &mutex);
    pthread_cleanup_pop(0);
}
static void do_cond_timedwait(void) {
    struct timespec at = later();
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(give_back, 0);
    while (pthread_cond_timedwait(&never, &mutex, &at) == 0) {}
    pthread_cleanup_pop(0);
}
static void do_sem_wait(void) { sem_wait(&none); }
static void do_sem_timedwait(void) {
    struct timespec at = later();
    sem_timedwait(&none, &at);
}
static void do_system(void) { system("exec sleep 1000"); }
static void do_accept(void) { accept(listening, 0, 0); }
static void do_accept4(void) { accept4(listening, 0, 0, SOCK_CLOEXEC); }
static void do_connect(void) {
    struct sockaddr_un nobody = { AF_UNIX, "nobody" };
    connect(pair[0], (struct sockaddr *)&nobody, sizeof nobody);
}
static void do_recv(void) { recv(pair[0], &byte, 1, 0); }
static void do_recvfrom(void) { recvfrom(pair[0], &byte, 1, 0, 0, 0); }
static void do_recvmsg(void) {
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    recvmsg(pair[0], &message, 0);
}
static void do_send(void) { send(pair[1], block, sizeof block, 0); }
static void do_sendto(void) { sendto(pair[1], block, sizeof block, 0, 0, 0); }
static void do_sendmsg(void) {
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    sendmsg(pair[1], &message, 0);
}
static void do_testcancel(void) { pthread_testcancel(); }

static const struct point {
    const char *name;
    void (*call)(void);
    int sleeps;
} points[] = {
    { "read", do_read, 1 }, { "readv", do_readv, 1 }, { "write", do_write, 1 }, { "writev", do_writev, 1 },
    { "pread", do_pread }, { "pwrite", do_pwrite }, { "preadv", do_preadv }, { "pwritev", do_pwritev },
    { "open", do_open, 1 }, { "openat", do_openat, 1 }, { "creat", do_creat, 1 }, { "close", do_close },
    { "splice", do_splice /* qemu-user cannot be interrupted in it */ }, { "fcntl", do_fcntl, 1 }, { "lockf", do_lockf, 1 },
    { "fsync", do_fsync }, { "fdatasync", do_fdatasync }, { "msync", do_msync }, { "tcdrain", do_tcdrain },
    { "poll", do_poll, 1 }, { "ppoll", do_ppoll, 1 }, { "select", do_select, 1 }, { "pselect", do_pselect, 1 },
    { "epoll_wait", do_epoll_wait, 1 }, { "epoll_pwait", do_epoll_pwait, 1 },
    { "nanosleep", do_nanosleep, 1 }, { "clock_nanosleep", do_clock_nanosleep, 1 }, { "sleep", do_sleep, 1 },
    { "usleep", do_usleep, 1 }, { "pause", do_pause, 1 },
    { "wait", do_wait, 1 }, { "waitpid", do_waitpid, 1 }, { "waitid", do_waitid, 1 }, { "wait3", do_wait3, 1 },
    { "wait4", do_wait4, 1 },
    { "sigsuspend", do_sigsuspend, 1 }, { "sigwait", do_sigwait, 1 }, { "sigwaitinfo", do_sigwaitinfo, 1 },
    { "sigtimedwait", do_sigtimedwait, 1 },
    { "pthread_join", do_join, 1 }, { "pthread_timedjoin_np", do_timedjoin, 1 },
    { "pthread_cond_wait", do_cond_wait, 1 }, { "pthread_cond_timedwait", do_cond_timedwait, 1 },
    { "sem_wait", do_sem_wait, 1 }, { "sem_timedwait", do_sem_timedwait, 1 },
    { "accept", do_accept, 1 }, { "accept4", do_accept4, 1 }, { "connect", do_connect }, { "recv", do_recv, 1 },
    { "recvfrom", do_recvfrom, 1 }, { "recvmsg", do_recvmsg, 1 }, { "send", do_send }, { "sendto", do_sendto }, { "sendmsg", do_sendmsg },
    { "system", do_system, 1 }, { "pthread_testcancel", do_testcancel },
};

/* What a thread is told, and tells. */
struct visit {
    const struct point *point;
    int before;
    pid_t tid;
    sem_t ready, go;
    int cleaned;
};

static void clean(void *visit) { ((struct visit *)visit)->cleaned = 1; }
static void *run(void *argument) {
    struct visit *visit = argument;
    int old;
    pthread_cleanup_push(clean, visit);
    visit->tid = gettid();
    if (visit->before) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
        sem_post(&visit->ready);
        sem_wait(&visit->go);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    } else {
        sem_post(&visit->ready);
    }
    visit->point->call();
    pthread_cleanup_pop(0);
    return 0;
}

/* Until the thread has been found asleep three times in a row. */
static void wait_until_asleep(pid_t tid) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    for (int seen = 0; seen < 3;) {
        usleep(1500);
        int fd = open(path, O_RDONLY);
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n < 0 ? 0 : n] = 0;
        char *state = strrchr(text, ')');
        seen = state && state[2] == 'S' ? seen + 1 : 0;
    }
}

static void visit_point(const struct point *point, int before) {
    struct visit visit = { .point = point, .before = before };
    pthread_t thread;
    void *result = 0;
    sem_init(&visit.ready, 0, 0);
    sem_init(&visit.go, 0, 0);
    pthread_create(&thread, 0, run, &visit);
    sem_wait(&visit.ready);
    if (before) {
        pthread_cancel(thread);
        sem_post(&visit.go);
    } else {
        wait_until_asleep(visit.tid);
        pthread_cancel(thread);
    }
    pthread_join(thread, &result);
    printf("%s %s: %s, cleaned %d\n", point->name, before ? "before" : "asleep", result == PTHREAD_CANCELED ? "cancelled" : "returned",
           visit.cleaned);
    fflush(stdout);
}

static void *sleep_long(void *unused) {
    for (;;) pause();
    return 0;
}

int main(void) {
    pipe(empty);
    pipe(full);
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], block, sizeof block) > 0) {}
    while (write(full[1], block, 1) > 0) {}
    fcntl(full[1], F_SETFL, 0);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    listening = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un here = { AF_UNIX, "socket" };
    bind(listening, (struct sockaddr *)&here, sizeof here);
    listen(listening, 1);
    file = open("file", O_RDWR | O_CREAT, 0600);
    mkfifo("fifo", 0600);
    epoll = epoll_create1(0);
    struct event event = { .events = POLLIN };
    epoll_ctl(epoll, 1, empty[0], &event);
    sem_init(&none, 0, 0);
    sigset_t set = signals();
    pthread_sigmask(SIG_BLOCK, &set, 0);
    int said[2];
    pipe(said);
    holder = fork();
    if (holder == 0) {
        struct flock lock = { .l_type = F_WRLCK };
        fcntl(file, F_SETLK, &lock);
        write(said[1], "", 1);
        for (;;) pause();
    }
    read(said[0], &byte, 1);
    pthread_create(&sleeper, 0, sleep_long, 0);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (points[i].sleeps) visit_point(&points[i], 0);
        visit_point(&points[i], 1);
    }
    printf("mutex held in handlers %d, free now %d\n", held, pthread_mutex_trylock(&mutex) == 0);
    printf("sleeper %d\n", pthread_cancel(sleeper));
    void *result;
    pthread_join(sleeper, &result);
    printf("sleeper cancelled %d\n", result == PTHREAD_CANCELED);
    kill(holder, SIGKILL);
    waitpid(holder, 0, 0);
    printf("children left %d\n", waitpid(-1, 0, WNOHANG) != -1);
    return 0;
}
