/* memory.h: the old name of string.h */
#ifndef _DACAPO_MEMORY_H
#define _DACAPO_MEMORY_H

#include <features.h>
#include <string.h>



#endif
