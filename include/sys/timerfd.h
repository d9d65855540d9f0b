/* sys/timerfd.h */
#ifndef _DACAPO_SYS_TIMERFD_H
#define _DACAPO_SYS_TIMERFD_H

#include <features.h>
#include <time.h>

__BEGIN_DECLS

#define TFD_NONBLOCK 04000
#define TFD_CLOEXEC 02000000
#define TFD_TIMER_ABSTIME 1
#define TFD_TIMER_CANCEL_ON_SET 2
int timerfd_create(int clock, int flags);
int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old);
int timerfd_gettime(int fd, struct itimerspec *value);

__END_DECLS

#endif
