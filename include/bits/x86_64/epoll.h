/* struct epoll_event of x86-64: laid out as i386 lays it out. */
#ifndef _DACAPO_BITS_EPOLL_H
#define _DACAPO_BITS_EPOLL_H

#define __EPOLL_PACKED __attribute__((__packed__))

#endif
