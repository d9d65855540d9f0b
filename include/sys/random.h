/* sys/random.h */
#ifndef _DACAPO_SYS_RANDOM_H
#define _DACAPO_SYS_RANDOM_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

#define GRND_NONBLOCK 1
#define GRND_RANDOM 2
#define GRND_INSECURE 4
ssize_t getrandom(void *buffer, size_t n, unsigned int flags);
int getentropy(void *buffer, size_t n);

__END_DECLS

#endif
