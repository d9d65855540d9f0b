/* poll.h */
#ifndef _DACAPO_POLL_H
#define _DACAPO_POLL_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

typedef unsigned long nfds_t;
struct pollfd {
    int fd;
    short events;
    short revents;
};
#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200
#ifdef __USE_GNU
# define POLLMSG 0x400
# define POLLREMOVE 0x1000
# define POLLRDHUP 0x2000
#endif
int poll(struct pollfd *fds, nfds_t count, int timeout_ms);
#ifdef __USE_GNU
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);
#endif

__END_DECLS

#endif
