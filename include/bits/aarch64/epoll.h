/* struct epoll_event of AArch64: not packed. */
#ifndef _DACAPO_BITS_EPOLL_H
#define _DACAPO_BITS_EPOLL_H

#define __EPOLL_PACKED

#endif
