/* sys/syslog.h */
#ifndef _DACAPO_SYS_SYSLOG_H
#define _DACAPO_SYS_SYSLOG_H

#include <syslog.h>

#endif
