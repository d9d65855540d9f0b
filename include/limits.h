/* limits.h: gcc's own has C's limits; these are POSIX's and Linux's. Included once from either side. */
#ifndef _DACAPO_LIMITS_H
#define _DACAPO_LIMITS_H

#include <features.h>

#define _LIBC_LIMITS_H_ 1
#if defined(__GNUC__) && !defined(_GCC_LIMITS_H_)
# include_next <limits.h>
#endif
#ifdef __USE_POSIX
# define SSIZE_MAX 9223372036854775807L
# define NGROUPS_MAX 65536
# define ARG_MAX 131072
# define LINK_MAX 127
# define MAX_CANON 255
# define MAX_INPUT 255
# define NAME_MAX 255
# define PATH_MAX 4096
# define PIPE_BUF 4096
# define XATTR_NAME_MAX 255
# define XATTR_SIZE_MAX 65536
# define RTSIG_MAX 32
# define IOV_MAX 1024
# define HOST_NAME_MAX 64
# define LOGIN_NAME_MAX 256
# define TTY_NAME_MAX 32
# define PTHREAD_KEYS_MAX 1024
# define PTHREAD_DESTRUCTOR_ITERATIONS 4
# define PTHREAD_STACK_MIN __DACAPO_STACK_MIN
# define SEM_VALUE_MAX 2147483647
# define LINE_MAX 2048
# define BC_BASE_MAX 99
# define COLL_WEIGHTS_MAX 255
# define EXPR_NEST_MAX 32
# define CHARCLASS_NAME_MAX 2048
# define RE_DUP_MAX 0x7fff
# define NZERO 20
# define DELAYTIMER_MAX 2147483647
# define MQ_PRIO_MAX 32768
# define NL_ARGMAX 4096
# define NL_TEXTMAX 2147483647
# define TIMER_MAX 256
# define _POSIX_ARG_MAX 4096
# define _POSIX_CHILD_MAX 25
# define _POSIX_HOST_NAME_MAX 255
# define _POSIX_LINK_MAX 8
# define _POSIX_LOGIN_NAME_MAX 9
# define _POSIX_MAX_CANON 255
# define _POSIX_MAX_INPUT 255
# define _POSIX_NAME_MAX 14
# define _POSIX_NGROUPS_MAX 8
# define _POSIX_OPEN_MAX 20
# define _POSIX_PATH_MAX 256
# define _POSIX_PIPE_BUF 512
# define _POSIX_SSIZE_MAX 32767
# define _POSIX_STREAM_MAX 8
# define _POSIX_SYMLINK_MAX 255
# define _POSIX_SYMLOOP_MAX 8
# define _POSIX_TZNAME_MAX 6
# define _POSIX_THREAD_KEYS_MAX 128
# define _POSIX2_LINE_MAX 2048
# ifdef __x86_64__
#  define __DACAPO_STACK_MIN 16384
# else
#  define __DACAPO_STACK_MIN 131072
# endif
#endif
#ifndef MB_LEN_MAX
# define MB_LEN_MAX 16
#elif MB_LEN_MAX < 16
# undef MB_LEN_MAX
# define MB_LEN_MAX 16
#endif

#endif
