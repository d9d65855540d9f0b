/* sys/dir.h */
#ifndef _DACAPO_SYS_DIR_H
#define _DACAPO_SYS_DIR_H

#include <features.h>
#include <dirent.h>

#define direct dirent

#endif
