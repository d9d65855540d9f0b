/* alloca.h */
#ifndef _DACAPO_ALLOCA_H
#define _DACAPO_ALLOCA_H

#include <features.h>
#define __need_size_t
#include <stddef.h>

#undef alloca
#define alloca(size) __builtin_alloca(size)

#endif
