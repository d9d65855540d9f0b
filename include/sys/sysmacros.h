/* sys/sysmacros.h: the two halves of a device number. */
#ifndef _DACAPO_SYS_SYSMACROS_H
#define _DACAPO_SYS_SYSMACROS_H

#include <features.h>

__BEGIN_DECLS

unsigned int gnu_dev_major(unsigned long device);
unsigned int gnu_dev_minor(unsigned long device);
unsigned long gnu_dev_makedev(unsigned int major, unsigned int minor);
#define major(device) gnu_dev_major(device)
#define minor(device) gnu_dev_minor(device)
#define makedev(major, minor) gnu_dev_makedev(major, minor)

__END_DECLS

#endif
