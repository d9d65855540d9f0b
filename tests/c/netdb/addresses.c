/* getaddrinfo and getnameinfo without a network: numeric addresses, services, flags, codes, short buffers. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *code(int r)
{
    static const struct { int code; const char *name; } names[] = {
        {EAI_BADFLAGS, "BADFLAGS"}, {EAI_NONAME, "NONAME"}, {EAI_AGAIN, "AGAIN"}, {EAI_FAIL, "FAIL"}, {EAI_NODATA, "NODATA"}, {EAI_FAMILY, "FAMILY"},
        {EAI_SOCKTYPE, "SOCKTYPE"}, {EAI_SERVICE, "SERVICE"}, {EAI_ADDRFAMILY, "ADDRFAMILY"}, {EAI_MEMORY, "MEMORY"}, {EAI_SYSTEM, "SYSTEM"},
        {EAI_OVERFLOW, "OVERFLOW"}, {0, "ok"}};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == r)
            return names[i].name;
    return "?";
}

static void ask(const char *node, const char *service, int flags, int family, int type, int protocol)
{
    struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type, .ai_protocol = protocol}, *list = 0;
    int r = getaddrinfo(node, service, &hints, &list);
    printf("%s %s flags %x family %d type %d protocol %d: %s\n", node ? node : "-", service ? service : "-", flags, family, type, protocol, code(r));
    if (r)
        return;
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        char host[100], port[20];
        int n = getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        printf("  %d %d %d size %u %s: %s port %s name %s\n", a->ai_family, a->ai_socktype, a->ai_protocol, a->ai_addrlen, code(n), host, port,
               a->ai_canonname ? a->ai_canonname : "-");
    }
    freeaddrinfo(list);
}

static void name(const char *text, int family, int port, int flags, unsigned host_room, unsigned service_room)
{
    char host[100] = "", service[40] = "";
    union {
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {0};
    if (family == AF_INET) {
        address.four.sin_family = AF_INET, address.four.sin_port = htons(port);
        inet_pton(AF_INET, text, &address.four.sin_addr);
    } else {
        address.six.sin6_family = AF_INET6, address.six.sin6_port = htons(port);
        inet_pton(AF_INET6, text, &address.six.sin6_addr);
        address.six.sin6_scope_id = flags >> 16;
    }
    int r = getnameinfo((void *)&address, family == AF_INET ? sizeof address.four : sizeof address.six, host, host_room, service, service_room, flags & 0xffff);
    printf("%s %d flags %x rooms %u %u: %s", text, port, flags, host_room, service_room, code(r));
    if (r)
        printf("\n");
    else
        printf(" %s %s\n", host, service);
}

int main(void)
{
    ask("127.0.0.1", "80", 0, AF_UNSPEC, 0, 0);
    ask("127.0.0.1", 0, AI_CANONNAME, AF_INET, SOCK_STREAM, 0);
    ask("127.1", "65535", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("0x7f000001", "0", 0, AF_UNSPEC, SOCK_DGRAM, 0);
    ask("::1", "80", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("::1", "80", 0, AF_INET6, 0, IPPROTO_UDP);
    ask("::ffff:1.2.3.4", "1", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("2001:db8::1", "1", AI_NUMERICHOST | AI_NUMERICSERV | AI_CANONNAME, AF_UNSPEC, SOCK_STREAM, 0);
    ask("fe80::1%1", "1", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("fe80::1%lo", "1", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("fe80::1%no-such-interface", "1", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("2001:db8::1%7", "1", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", 0, AF_INET6, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", AI_V4MAPPED, AF_INET6, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", AI_V4MAPPED | AI_ALL, AF_INET6, SOCK_STREAM, 0);
    ask("::1", "80", 0, AF_INET, SOCK_STREAM, 0);
    ask(0, "80", AI_PASSIVE, AF_INET, SOCK_STREAM, 0);
    ask(0, "80", AI_PASSIVE, AF_INET6, SOCK_STREAM, 0);
    ask(0, "80", AI_PASSIVE, AF_UNSPEC, SOCK_STREAM, 0);
    ask(0, "80", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask(0, "80", 0, AF_INET, 0, 0);
    ask(0, 0, 0, AF_UNSPEC, 0, 0);
    ask(0, "80", AI_CANONNAME, AF_UNSPEC, 0, 0);
    ask("not-a-number", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, 0);
    ask("1.2.3.4.5", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, 0);
    ask("1.2.3.256", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "http", 0, AF_UNSPEC, 0, 0);
    ask("127.0.0.1", "http", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "domain", 0, AF_UNSPEC, SOCK_DGRAM, 0);
    ask("127.0.0.1", "domain", 0, AF_UNSPEC, 0, 0);
    ask("127.0.0.1", "domain", 0, AF_UNSPEC, 0, IPPROTO_TCP);
    ask("127.0.0.1", "tftp", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "tftp", 0, AF_UNSPEC, SOCK_DGRAM, 0);
    ask("127.0.0.1", "no-such-service", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "no-such-service", 0, AF_UNSPEC, 0, 0);
    ask("127.0.0.1", "http", AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "80x", 0, AF_UNSPEC, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", 0, AF_UNSPEC, SOCK_RAW, 0);
    ask("127.0.0.1", 0, 0, AF_UNSPEC, SOCK_RAW, 0);
    ask("127.0.0.1", 0, 0, AF_UNSPEC, SOCK_RAW, IPPROTO_ICMP);
    ask("127.0.0.1", "80", 0, AF_UNSPEC, 99, 0);
    ask("127.0.0.1", "80", 0, AF_UNSPEC, SOCK_STREAM, IPPROTO_UDP);
    ask("127.0.0.1", "80", 0, AF_UNSPEC, SOCK_SEQPACKET, 0);
    ask("127.0.0.1", "80", 0, AF_UNIX, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", 0, 12345, SOCK_STREAM, 0);
    ask("127.0.0.1", "80", 0x10000000, AF_UNSPEC, SOCK_STREAM, 0);
    struct addrinfo *list;
    printf("without hints %s\n", code(getaddrinfo("1.2.3.4", "9", 0, &list)));
    int n = 0;
    for (struct addrinfo *a = list; a; a = a->ai_next)
        n++;
    printf("%d entries\n", n);
    struct addrinfo *rest = list->ai_next; // any part of a list may be freed
    list->ai_next = 0;
    freeaddrinfo(list);
    freeaddrinfo(rest);

    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST | NI_NUMERICSERV, 100, 40);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST, 100, 40);
    name("1.2.3.4", AF_INET, 69, NI_NUMERICHOST, 100, 40);
    name("1.2.3.4", AF_INET, 69, NI_NUMERICHOST | NI_DGRAM, 100, 40);
    name("1.2.3.4", AF_INET, 54321, NI_NUMERICHOST, 100, 40);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST | NI_NUMERICSERV, 7, 40);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST | NI_NUMERICSERV, 8, 40);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST | NI_NUMERICSERV, 100, 2);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST | NI_NUMERICSERV, 100, 3);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST, 100, 4);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST, 0, 40);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST, 100, 0);
    name("1.2.3.4", AF_INET, 80, NI_NUMERICHOST, 0, 0);
    name("1.2.3.4", AF_INET, 80, 0x4000, 100, 40);
    name("fe80::1", AF_INET6, 80, NI_NUMERICHOST | NI_NUMERICSERV | 1 << 16, 100, 40);
    name("2001:db8::1", AF_INET6, 80, NI_NUMERICHOST | NI_NUMERICSERV | 1 << 16, 100, 40);
    name("2001:db8::1", AF_INET6, 80, NI_NUMERICHOST | NI_NUMERICSERV, 100, 40);
    struct sockaddr odd = {.sa_family = 99};
    char host[10];
    printf("family %s\n", code(getnameinfo(&odd, sizeof odd, host, sizeof host, 0, 0, 0)));
    odd.sa_family = AF_INET;
    printf("size %s\n", code(getnameinfo(&odd, 7, host, sizeof host, 0, 0, 0)));
    // Every code has a text of its own.
    for (int a = 0; a > -12; a--)
        for (int b = a - 1; b > -12; b--)
            if (!*gai_strerror(a) || !strcmp(gai_strerror(a), gai_strerror(b)))
                printf("texts of %d and %d: %s\n", a, b, gai_strerror(a));
    return 0;
}
