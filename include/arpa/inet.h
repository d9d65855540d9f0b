/* arpa/inet.h: addresses as text. */
#ifndef _DACAPO_ARPA_INET_H
#define _DACAPO_ARPA_INET_H

#include <features.h>
#include <netinet/in.h>

__BEGIN_DECLS

int inet_pton(int family, const char *__restrict text, void *__restrict address);
const char *inet_ntop(int family, const void *__restrict address, char *__restrict text, socklen_t size);
in_addr_t inet_addr(const char *text);
char *inet_ntoa(struct in_addr address);
#ifdef __USE_MISC
int inet_aton(const char *text, struct in_addr *address);
in_addr_t inet_network(const char *text);
struct in_addr inet_makeaddr(in_addr_t network, in_addr_t host);
in_addr_t inet_lnaof(struct in_addr address);
in_addr_t inet_netof(struct in_addr address);
#endif

__END_DECLS

#endif
