/* netdb.h: names of hosts, services and protocols. */
#ifndef _DACAPO_NETDB_H
#define _DACAPO_NETDB_H

#include <features.h>
#include <stdint.h>
#include <netinet/in.h>

__BEGIN_DECLS

struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    socklen_t ai_addrlen;
    struct sockaddr *ai_addr;
    char *ai_canonname;
    struct addrinfo *ai_next;
};
#define AI_PASSIVE 0x1
#define AI_CANONNAME 0x2
#define AI_NUMERICHOST 0x4
#define AI_V4MAPPED 0x8
#define AI_ALL 0x10
#define AI_ADDRCONFIG 0x20
#define AI_NUMERICSERV 0x400
#define NI_NUMERICHOST 1
#define NI_NUMERICSERV 2
#define NI_NOFQDN 4
#define NI_NAMEREQD 8
#define NI_DGRAM 16
#define EAI_BADFLAGS (-1)
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_SERVICE (-8)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)
#define EAI_OVERFLOW (-12)
#ifdef __USE_GNU
#define EAI_NODATA (-5)
#define EAI_ADDRFAMILY (-9)
#define EAI_INPROGRESS (-100)
#define EAI_CANCELED (-101)
#define EAI_NOTCANCELED (-102)
#define EAI_ALLDONE (-103)
#define EAI_INTR (-104)
#define EAI_IDN_ENCODE (-105)
#endif
#ifdef __USE_MISC
#define NI_MAXHOST 1025
#define NI_MAXSERV 32
#endif
int getaddrinfo(const char *__restrict node, const char *__restrict service, const struct addrinfo *__restrict hints,
                struct addrinfo **__restrict list);
void freeaddrinfo(struct addrinfo *list);
const char *gai_strerror(int code);
int getnameinfo(const struct sockaddr *__restrict address, socklen_t size, char *__restrict host, socklen_t host_size,
                char *__restrict service, socklen_t service_size, int flags);

struct hostent {
    char *h_name;
    char **h_aliases;
    int h_addrtype;
    int h_length;
    char **h_addr_list;
};
#ifdef __USE_MISC
# define h_addr h_addr_list[0]
#endif
struct servent {
    char *s_name;
    char **s_aliases;
    int s_port;
    char *s_proto;
};
struct protoent {
    char *p_name;
    char **p_aliases;
    int p_proto;
};
struct servent *getservbyname(const char *name, const char *protocol);
struct servent *getservbyport(int port, const char *protocol);
struct protoent *getprotobyname(const char *name);
struct protoent *getprotobynumber(int number);

#ifdef __USE_MISC
int *__h_errno_location(void) __attribute__((__const__));
#define h_errno (*__h_errno_location())
#define NETDB_INTERNAL (-1)
#define NETDB_SUCCESS 0
#define HOST_NOT_FOUND 1
#define TRY_AGAIN 2
#define NO_RECOVERY 3
#define NO_DATA 4
#define NO_ADDRESS 4
struct hostent *gethostbyname(const char *name);
struct hostent *gethostbyname2(const char *name, int family);
struct hostent *gethostbyaddr(const void *address, socklen_t size, int family);
int gethostbyname_r(const char *__restrict name, struct hostent *__restrict host, char *__restrict buffer, size_t size,
                    struct hostent **__restrict result, int *__restrict error);
int gethostbyname2_r(const char *__restrict name, int family, struct hostent *__restrict host, char *__restrict buffer, size_t size,
                     struct hostent **__restrict result, int *__restrict error);
int gethostbyaddr_r(const void *__restrict address, socklen_t length, int family, struct hostent *__restrict host, char *__restrict buffer,
                    size_t size, struct hostent **__restrict result, int *__restrict error);
int getservbyname_r(const char *__restrict name, const char *__restrict protocol, struct servent *__restrict service,
                    char *__restrict buffer, size_t size, struct servent **__restrict result);
int getservbyport_r(int port, const char *__restrict protocol, struct servent *__restrict service, char *__restrict buffer, size_t size,
                    struct servent **__restrict result);
int getprotobyname_r(const char *__restrict name, struct protoent *__restrict protocol, char *__restrict buffer, size_t size,
                     struct protoent **__restrict result);
int getprotobynumber_r(int number, struct protoent *__restrict protocol, char *__restrict buffer, size_t size,
                       struct protoent **__restrict result);
const char *hstrerror(int code);
void herror(const char *before);
# define _PATH_HOSTS "/etc/hosts"
# define _PATH_SERVICES "/etc/services"
# define _PATH_PROTOCOLS "/etc/protocols"
#endif

__END_DECLS

#endif
