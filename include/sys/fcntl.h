/* sys/fcntl.h */
#ifndef _DACAPO_SYS_FCNTL_H
#define _DACAPO_SYS_FCNTL_H

#include <features.h>
#include <fcntl.h>



#endif
