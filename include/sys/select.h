/* sys/select.h */
#ifndef _DACAPO_SYS_SELECT_H
#define _DACAPO_SYS_SELECT_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

#define FD_SETSIZE 1024
#define NFDBITS 64
typedef long fd_mask;
typedef struct {
#ifdef __USE_POSIX
    long fds_bits[16];
# define __FDS_BITS(set) ((set)->fds_bits)
#else
    long __fds_bits[16];
# define __FDS_BITS(set) ((set)->__fds_bits)
#endif
} fd_set;
#define FD_ZERO(set) __builtin_memset((set), 0, sizeof(fd_set))
#define FD_SET(fd, set) ((void)(__FDS_BITS(set)[(fd) / 64] |= (long)(1UL << ((fd) % 64))))
#define FD_CLR(fd, set) ((void)(__FDS_BITS(set)[(fd) / 64] &= (long)~(1UL << ((fd) % 64))))
#define FD_ISSET(fd, set) ((__FDS_BITS(set)[(fd) / 64] & (long)(1UL << ((fd) % 64))) != 0)
int select(int count, fd_set *__restrict read, fd_set *__restrict write, fd_set *__restrict except,
           struct timeval *__restrict timeout);
int pselect(int count, fd_set *__restrict read, fd_set *__restrict write, fd_set *__restrict except,
            const struct timespec *__restrict timeout, const sigset_t *__restrict mask);

__END_DECLS

#endif
