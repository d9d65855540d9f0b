/* sys/vfs.h */
#ifndef _DACAPO_SYS_VFS_H
#define _DACAPO_SYS_VFS_H

#include <features.h>
#include <sys/statfs.h>



#endif
