/* sys/times.h */
#ifndef _DACAPO_SYS_TIMES_H
#define _DACAPO_SYS_TIMES_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

struct tms {
    clock_t tms_utime;
    clock_t tms_stime;
    clock_t tms_cutime;
    clock_t tms_cstime;
};
clock_t times(struct tms *out);

__END_DECLS

#endif
