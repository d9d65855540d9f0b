/* sys/eventfd.h */
#ifndef _DACAPO_SYS_EVENTFD_H
#define _DACAPO_SYS_EVENTFD_H

#include <features.h>
#include <stdint.h>

__BEGIN_DECLS

#define EFD_SEMAPHORE 1
#define EFD_NONBLOCK 04000
#define EFD_CLOEXEC 02000000
typedef uint64_t eventfd_t;
int eventfd(unsigned int count, int flags);
int eventfd_read(int fd, eventfd_t *value);
int eventfd_write(int fd, eventfd_t value);

__END_DECLS

#endif
