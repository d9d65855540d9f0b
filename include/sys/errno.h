/* sys/errno.h */
#ifndef _DACAPO_SYS_ERRNO_H
#define _DACAPO_SYS_ERRNO_H

#include <features.h>
#include <errno.h>



#endif
