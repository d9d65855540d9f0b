/* sys/sendfile.h */
#ifndef _DACAPO_SYS_SENDFILE_H
#define _DACAPO_SYS_SENDFILE_H

#include <features.h>
#include <sys/types.h>

__BEGIN_DECLS

ssize_t sendfile(int to, int from, off_t *at, size_t count);

__END_DECLS

#endif
