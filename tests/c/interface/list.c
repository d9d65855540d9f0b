/* Interfaces: names, numbers, addresses, of this machine as it is. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char lines[200][300];
static int n;

static const char *text(struct sockaddr *address, char *to)
{
    unsigned char *bytes = (unsigned char *)address;
    if (!address)
        return "-";
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, bytes + 4, to, 100);
    if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, bytes + 8, to, 100);
        sprintf(to + strlen(to), "%%%u", ((struct sockaddr_in6 *)address)->sin6_scope_id);
        return to;
    }
    to += sprintf(to, "link %d %d:", bytes[4], bytes[8]) * 0;
    for (int i = 0; i < bytes[11]; i++)
        sprintf(to + strlen(to), " %02x", bytes[12 + i]);
    return to;
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

int main(void)
{
    struct if_nameindex *names = if_nameindex();
    for (struct if_nameindex *at = names; at->if_index; at++) {
        char name[IF_NAMESIZE];
        printf("%u %s %u %s\n", at->if_index, at->if_name, if_nametoindex(at->if_name), if_indextoname(at->if_index, name));
    }
    if_freenameindex(names);
    errno = 0;
    printf("none %u", if_nametoindex("no-such-if"));
    printf(" %d\n", errno == ENODEV);
    errno = 0;
    printf("long %u", if_nametoindex("a-name-that-is-longer-than-an-interface-may-have"));
    printf(" %d\n", errno == ENODEV);
    char name[IF_NAMESIZE];
    errno = 0;
    printf("number %d", if_indextoname(999999, name) == 0);
    printf(" %d\n", errno == ENXIO);
    errno = 0;
    printf("zero %d", if_indextoname(0, name) == 0);
    printf(" %d\n", errno == ENXIO);
    struct ifaddrs *list;
    if (getifaddrs(&list))
        printf("getifaddrs %s\n", strerror(errno));
    else {
        for (struct ifaddrs *at = list; at && n < 200; at = at->ifa_next) {
            char a[200], b[200];
            int family = at->ifa_addr ? at->ifa_addr->sa_family : -1;
            /* Whether there are counters, not what they count. */
            snprintf(lines[n++], 300, "%s flags %x family %d %s mask %s data %d", at->ifa_name, at->ifa_flags, family, text(at->ifa_addr, a),
                     text(at->ifa_netmask, b), at->ifa_data != 0);
        }
        freeifaddrs(list);
    }
    freeifaddrs(0);
    qsort(lines, n, sizeof *lines, compare);
    for (int i = 0; i < n; i++)
        puts(lines[i]);
    return 0;
}
