/* utime.h */
#ifndef _DACAPO_UTIME_H
#define _DACAPO_UTIME_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

struct utimbuf {
    time_t actime;
    time_t modtime;
};
int utime(const char *path, const struct utimbuf *times);

__END_DECLS

#endif
