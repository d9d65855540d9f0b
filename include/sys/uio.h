/* sys/uio.h */
#ifndef _DACAPO_SYS_UIO_H
#define _DACAPO_SYS_UIO_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

struct iovec {
    void *iov_base;
    size_t iov_len;
};
#define UIO_MAXIOV 1024
ssize_t readv(int fd, const struct iovec *pieces, int count);
ssize_t writev(int fd, const struct iovec *pieces, int count);
ssize_t preadv(int fd, const struct iovec *pieces, int count, off_t offset);
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset);

__END_DECLS

#endif
