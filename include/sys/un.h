/* sys/un.h: addresses of local sockets. */
#ifndef _DACAPO_SYS_UN_H
#define _DACAPO_SYS_UN_H

#include <features.h>
#include <sys/socket.h>

struct sockaddr_un {
    sa_family_t sun_family;
    char sun_path[108];
};
#ifdef __USE_MISC
# include <string.h>
/* The size of an address whose path ends with a zero, without the zero. */
# define SUN_LEN(address) (__builtin_offsetof(struct sockaddr_un, sun_path) + strlen((address)->sun_path))
#endif

#endif
