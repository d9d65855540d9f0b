/* The words that headers of other projects expect from here. */
#ifndef _DACAPO_SYS_CDEFS_H
#define _DACAPO_SYS_CDEFS_H

#include <features.h>

#define __P(args) args
#define __CONCAT(a, b) a##b
#define __STRING(x) #x
#define __ptr_t void *
#ifdef __cplusplus
# define __THROW noexcept(true)
#else
# define __THROW
#endif
#define __nonnull(params) __attribute__((__nonnull__ params))
#define __wur
#define __attribute_malloc__ __attribute__((__malloc__))
#define __attribute_pure__ __attribute__((__pure__))
#define __GNUC_PREREQ(major, minor) ((__GNUC__ << 16) + __GNUC_MINOR__ >= ((major) << 16) + (minor))

#endif
