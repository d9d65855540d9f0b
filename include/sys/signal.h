/* sys/signal.h */
#ifndef _DACAPO_SYS_SIGNAL_H
#define _DACAPO_SYS_SIGNAL_H

#include <features.h>
#include <signal.h>



#endif
