/* getservby*, getprotoby*, with and without a buffer of the caller's, on whatever files are here. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void service(const char *call, struct servent *s)
{
    if (!s) {
        printf("%s: none\n", call);
        return;
    }
    printf("%s: %s %d %s", call, s->s_name, ntohs(s->s_port), s->s_proto);
    for (char **alias = s->s_aliases; *alias; alias++)
        printf(" %s", *alias);
    printf("\n");
}

static void protocol(const char *call, struct protoent *p)
{
    if (!p) {
        printf("%s: none\n", call);
        return;
    }
    printf("%s: %s %d", call, p->p_name, p->p_proto);
    for (char **alias = p->p_aliases; *alias; alias++)
        printf(" %s", *alias);
    printf("\n");
}

#define SERVICE(call) service(#call, call)
#define PROTOCOL(call) protocol(#call, call)

int main(void)
{
    SERVICE(getservbyname("http", "tcp"));
    SERVICE(getservbyname("http", 0));
    SERVICE(getservbyname("www", "tcp"));
    SERVICE(getservbyname("domain", "udp"));
    SERVICE(getservbyname("domain", "tcp"));
    SERVICE(getservbyname("HTTP", "tcp"));
    SERVICE(getservbyname("http", "none"));
    SERVICE(getservbyname("no-such-service", 0));
    SERVICE(getservbyname("", 0));
    SERVICE(getservbyport(htons(80), "tcp"));
    SERVICE(getservbyport(htons(69), "udp"));
    SERVICE(getservbyport(htons(69), "tcp"));
    SERVICE(getservbyport(htons(443), 0));
    SERVICE(getservbyport(htons(54321), 0));
    PROTOCOL(getprotobyname("tcp"));
    PROTOCOL(getprotobyname("TCP"));
    PROTOCOL(getprotobyname("icmp"));
    PROTOCOL(getprotobyname("no-such-protocol"));
    PROTOCOL(getprotobynumber(17));
    PROTOCOL(getprotobynumber(6));
    PROTOCOL(getprotobynumber(41));
    PROTOCOL(getprotobynumber(-1));
    PROTOCOL(getprotobynumber(100000));
    /* A buffer that is too short says so; one that is long enough is not left. */
    int enough = 0;
    for (size_t size = 0; size < 2000; size++) {
        struct servent entry, *result = &entry;
        char *buffer = malloc(2100);
        memset(buffer, 77, 2100);
        int r = getservbyname_r("http", "tcp", &entry, buffer, size, &result);
        for (size_t i = size; i < 2100; i++)
            if (buffer[i] != 77)
                printf("written at %zu of %zu\n", i, size), i = 2100;
        if (r == 0 ? result != &entry || strcmp(entry.s_name, "http") || ntohs(entry.s_port) != 80 : r != ERANGE || result)
            printf("size %zu: %d %d\n", size, r, result != 0);
        enough |= r == 0;
        free(buffer);
    }
    printf("enough %d\n", enough);
    struct servent entry, *result = &entry;
    char buffer[1100];
    int r = getservbyname_r("no-such-service", 0, &entry, buffer, sizeof buffer, &result);
    printf("not there: %d\n", result == 0);
    r = getservbyport_r(htons(22), "tcp", &entry, buffer, sizeof buffer, &result);
    printf("port: %d %s\n", r, result ? result->s_name : "-");
    struct protoent p, *presult = &p;
    r = getprotobyname_r("udp", &p, buffer, sizeof buffer, &presult);
    printf("udp: %d %d\n", r, presult ? presult->p_proto : -1);
    r = getprotobynumber_r(1, &p, buffer, sizeof buffer, &presult);
    printf("1: %d %s\n", r, presult ? presult->p_name : "-");
    return 0;
}
