/* sys/unistd.h */
#ifndef _DACAPO_SYS_UNISTD_H
#define _DACAPO_SYS_UNISTD_H

#include <features.h>
#include <unistd.h>



#endif
