/* sys/types.h: POSIX's basic types. */
#ifndef _DACAPO_SYS_TYPES_H
#define _DACAPO_SYS_TYPES_H

#include <features.h>
#include <bits/types.h>
#include <stdint.h>
#include <endian.h>

#if __has_include(<bits/pthreadtypes.h>)
# include <bits/pthreadtypes.h>
#endif

typedef int key_t;
typedef char *caddr_t;
typedef int daddr_t;
typedef long quad_t;
typedef unsigned long u_quad_t;
#ifdef __USE_MISC
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
#include <sys/select.h>
#endif
typedef unsigned char u_int8_t;
typedef unsigned short u_int16_t;
typedef unsigned int u_int32_t;
typedef unsigned long u_int64_t;

#endif
