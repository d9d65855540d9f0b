/* time.h */
#ifndef _DACAPO_TIME_H
#define _DACAPO_TIME_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

#define CLOCKS_PER_SEC 1000000L
#define TIME_UTC 1
struct tm {
    int tm_sec;
    int tm_min;
    int tm_hour;
    int tm_mday;
    int tm_mon;
    int tm_year;
    int tm_wday;
    int tm_yday;
    int tm_isdst;
#ifdef __USE_MISC
    long tm_gmtoff;
    const char *tm_zone;
#else
    long __tm_gmtoff;
    const char *__tm_zone;
#endif
};
clock_t clock(void);
time_t time(time_t *out);
double difftime(time_t end, time_t begin);
time_t mktime(struct tm *time);
struct tm *gmtime(const time_t *time);
struct tm *localtime(const time_t *time);
char *asctime(const struct tm *time);
char *ctime(const time_t *time);
size_t strftime(char *__restrict to, size_t room, const char *__restrict format, const struct tm *__restrict time);
int timespec_get(struct timespec *out, int base);
#ifdef __USE_POSIX
# define CLOCK_REALTIME 0
# define CLOCK_MONOTONIC 1
# define CLOCK_PROCESS_CPUTIME_ID 2
# define CLOCK_THREAD_CPUTIME_ID 3
# define CLOCK_MONOTONIC_RAW 4
# define CLOCK_REALTIME_COARSE 5
# define CLOCK_MONOTONIC_COARSE 6
# define CLOCK_BOOTTIME 7
# define CLOCK_REALTIME_ALARM 8
# define CLOCK_BOOTTIME_ALARM 9
# define CLOCK_TAI 11
# define TIMER_ABSTIME 1
struct itimerspec {
    struct timespec it_interval;
    struct timespec it_value;
};
struct sigevent;
extern char *tzname[2];
extern int daylight;
extern long timezone;
void tzset(void);
struct tm *gmtime_r(const time_t *__restrict time, struct tm *__restrict out);
struct tm *localtime_r(const time_t *__restrict time, struct tm *__restrict out);
char *asctime_r(const struct tm *__restrict time, char *__restrict out);
char *ctime_r(const time_t *time, char *out);
int nanosleep(const struct timespec *request, struct timespec *remaining);
int clock_getres(clockid_t clock, struct timespec *out);
int clock_gettime(clockid_t clock, struct timespec *out);
int clock_settime(clockid_t clock, const struct timespec *time);
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remaining);
int clock_getcpuclockid(pid_t pid, clockid_t *clock);
int timer_create(clockid_t clock, struct sigevent *__restrict event, timer_t *__restrict timer);
int timer_delete(timer_t timer);
int timer_settime(timer_t timer, int flags, const struct itimerspec *__restrict value, struct itimerspec *__restrict old);
int timer_gettime(timer_t timer, struct itimerspec *value);
int timer_getoverrun(timer_t timer);
size_t strftime_l(char *__restrict to, size_t room, const char *__restrict format, const struct tm *__restrict time,
                  locale_t locale);
char *strptime(const char *__restrict text, const char *__restrict format, struct tm *__restrict time);
#endif
#ifdef __USE_MISC
time_t timegm(struct tm *time);
time_t timelocal(struct tm *time);
int stime(const time_t *time);
#endif

__END_DECLS

#endif
