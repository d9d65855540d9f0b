/* sys/poll.h */
#ifndef _DACAPO_SYS_POLL_H
#define _DACAPO_SYS_POLL_H

#include <features.h>
#include <poll.h>



#endif
