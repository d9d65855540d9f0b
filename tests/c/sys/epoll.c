// sys/epoll.h and the descriptors that one waits for with it: eventfd, timerfd, signalfd, inotify; and sendfile.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SAY(call) (errno = 0, said(#call, (long)(call)))
static long said(const char *call, long result) {
    int e = errno;
    printf("%s = %ld %s\n", call, result < 3 ? result : 3, result < 0 ? strerror(e) : "");
    fflush(stdout);
    return result;
}

static void wait_for(int epoll, int milliseconds) {
    struct epoll_event events[4];
    memset(events, 0, sizeof events);
    int count = epoll_wait(epoll, events, 4, milliseconds);
    printf("%d events\n", count);
    for (int i = 0; i < count; i++)
        printf("  %#x of %#llx\n", events[i].events, (unsigned long long)events[i].data.u64);
}

static void add(int epoll, int fd, unsigned what, unsigned long long mark) {
    struct epoll_event event = {.events = what, .data.u64 = mark};
    SAY(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void epolls(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC), ends[2];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0};
    printf("%zu bytes, cloexec %d\n", sizeof event, fcntl(epoll, F_GETFD));
    SAY(pipe(ends));
    add(epoll, ends[0], EPOLLIN | EPOLLET, 0x1111222233334444);
    add(epoll, ends[1], EPOLLOUT | EPOLLONESHOT, 0x5555666677778888);
    SAY(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
    SAY(epoll_ctl(epoll, EPOLL_CTL_DEL, 9999, NULL));
    wait_for(epoll, 0); // the writing end
    wait_for(epoll, 0); // only once
    SAY(write(ends[1], "ab", 2));
    wait_for(epoll, 1000);
    wait_for(epoll, 0); // the edge is past
    event.data.u64 = 42;
    SAY(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event));
    wait_for(epoll, -1);
    sigset_t none;
    sigemptyset(&none);
    SAY(epoll_pwait(epoll, &event, 1, 0, &none));
    SAY(close(ends[1]));
    wait_for(epoll, 0);
    SAY(epoll_wait(epoll, &event, 0, 0));
    SAY(epoll_wait(ends[0], &event, 1, 0));
    SAY(epoll_create(0));
    close(ends[0]);
    wait_for(epoll, 1); // what is closed is watched no longer
    close(epoll);
}

static void events(void) {
    eventfd_t value = 7;
    int fd = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE), epoll = epoll_create(1);
    add(epoll, fd, EPOLLIN, 1);
    wait_for(epoll, 0);
    for (int i = 0; i < 3; i++) {
        SAY(eventfd_read(fd, &value));
        printf("value %llu\n", (unsigned long long)value);
    }
    SAY(eventfd_read(fd, &value));
    wait_for(epoll, 0);
    SAY(eventfd_write(fd, 1));
    wait_for(epoll, 0);
    SAY(eventfd_write(fd, ~0ull));
    SAY(eventfd(0, 12345));
    close(fd);
    close(epoll);
}

static void timers(void) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0);
    struct itimerspec when = {{0, 0}, {0, 20000000}}, left;
    unsigned long long count = 0;
    add(epoll, fd, EPOLLIN, 2);
    SAY(timerfd_settime(fd, 0, &when, &left));
    printf("before: %ld %ld\n", (long)left.it_value.tv_sec, left.it_value.tv_nsec);
    wait_for(epoll, 10000);
    SAY(read(fd, &count, 8));
    printf("%llu times\n", count);
    SAY(timerfd_gettime(fd, &left));
    printf("left: %ld %ld\n", (long)left.it_value.tv_sec, left.it_value.tv_nsec);
    when.it_value.tv_nsec = -1;
    SAY(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
    SAY(timerfd_create(12345, 0));
    close(fd);
    close(epoll);
}

static void signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct signalfd_siginfo info;
    printf("%zu bytes\n", sizeof info);
    SAY(read(fd, &info, sizeof info));
    raise(SIGUSR1);
    SAY(read(fd, &info, sizeof info));
    printf("signal %u from us: %d\n", info.ssi_signo, info.ssi_pid == (unsigned)getpid());
    close(fd);
}

static void files(void) {
    int fd = inotify_init1(IN_NONBLOCK);
    union {
        struct inotify_event event;
        char bytes[4096];
    } buffer;
    SAY(mkdir("watched", 0700));
    int watch = inotify_add_watch(fd, "watched", IN_CREATE | IN_CLOSE_WRITE | IN_DELETE);
    int file = open("watched/file", O_CREAT | O_RDWR, 0600);
    SAY(write(file, "some bytes", 10));
    int copy = open("copy", O_CREAT | O_RDWR, 0600);
    off_t at = 5;
    SAY(sendfile(copy, file, &at, 100));
    printf("at %ld, %ld bytes\n", (long)at, (long)lseek(copy, 0, SEEK_END));
    SAY(sendfile(copy, -1, NULL, 1));
    close(copy);
    close(file);
    SAY(unlink("watched/file"));
    long got = read(fd, buffer.bytes, sizeof buffer);
    for (long place = 0; place < got;) {
        struct inotify_event *event = (struct inotify_event *)(buffer.bytes + place);
        printf("%#x of %s, ours %d\n", event->mask, event->len ? event->name : "", event->wd == watch);
        place += (long)(sizeof *event + event->len);
    }
    SAY(inotify_rm_watch(fd, watch));
    SAY(inotify_rm_watch(fd, watch));
    SAY(inotify_add_watch(fd, "not there", IN_ALL_EVENTS));
    close(fd);
}

int main(void) {
    epolls();
    events();
    timers();
    signals();
    files();
    return 0;
}
