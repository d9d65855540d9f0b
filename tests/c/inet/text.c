/* Addresses as text, both ways: a table of good and bad ones, and 200,000 made by chance of the letters that they consist of.
   What the libraries say of each is printed as one number for every 1000, so that a difference can be found. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[] = {
    "", "0", "1", "1.2", "1.2.3", "1.2.3.4", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "1.2.3.256", "255.255.255.255", "01.2.3.4",
    "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4x", "0x7f.1", "0x7f000001", "0x", "0x.1", "0x1g", "017.1", "018.1", "08", "1.65535", "1.65536", "1.16777215",
    "1.16777216", "4294967295", "4294967296", "99999999999999999999", "1.2.3.-4", "+1.2.3.4", "1.2.3.4\n5", "1.2.3.4\x85", "0.0.0.0", "1.2.65535", "1.2.65536", "1.256.3",
    "::", ":", ":::", "::1", "1::", "1::2", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3::4:5:6:7:8", "1:2:3:4::5:6:7", "12345::", "::g", "::1.2.3.4", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::1.2.3.4:5", "1.2.3.4::", ":1::", "::1:", "1:", "fe80::1%lo",
    "FFFF:ABCD::0", "0000::0001", "00000::1", "::01.2.3.4", "::0.0.0.0", "0:0:0:0:0:0:0:0", "1:0:0:2:0:0:0:3", "1:0:0:0:2:0:0:3", "1:0:2:0:3:0:4:0",
    "0:0:1::", "::1:0:0", "::0.1.0.0", "::0.0.1.0", "::ffff:0:1", "::ffff:0.0.0.0", "::fffe:1.2.3.4", "64:ff9b::1.2.3.4",
};

static uint64_t hash = 1469598103934665603u;
static void mix(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static void all(const char *text, int show)
{
    unsigned char v4[4] = {7, 7, 7, 7}, v6[16], back[16];
    memset(v6, 7, 16);
    int four = inet_pton(AF_INET, text, v4), six = inet_pton(AF_INET6, text, v6);
    struct in_addr old = {0x07070707};
    int aton = inet_aton(text, &old);
    in_addr_t addr = inet_addr(text);
    char out4[INET_ADDRSTRLEN], out6[INET6_ADDRSTRLEN];
    memset(out4, 0, sizeof out4), memset(out6, 0, sizeof out6);
    inet_ntop(AF_INET, v4, out4, sizeof out4);
    inet_ntop(AF_INET6, v6, out6, sizeof out6);
    if (!aton)
        old.s_addr = 0;
    mix(&four, 4), mix(v4, 4), mix(&six, 4), mix(v6, 16), mix(&aton, 4), mix(&old, 4), mix(&addr, 4), mix(out4, sizeof out4), mix(out6, sizeof out6);
    if (six && (inet_pton(AF_INET6, out6, back) != 1 || memcmp(back, v6, 16)))
        printf("%s does not come back from %s\n", text, out6);
    if (show)
        printf("\"%s\": %d %s, %d %s, aton %d %s, addr %x\n", text, four, out4, six, out6, aton, inet_ntoa(old), addr);
}

int main(void)
{
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        all(texts[i], 1);
    uint64_t state = 1;
    for (int n = 0; n < 200000; n++) {
        static const char letters[] = "0123456789abcdefABCDEF::::::::........xX0011  %g-";
        char text[48];
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned len = (state >> 33) % 3 ? (state >> 40) % 16 : (state >> 40) % 47, four = (state >> 50) & 1;
        for (unsigned i = 0; i < len; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            unsigned c = state >> 33;
            text[i] = four && c % 8 ? "0123456789...."[c / 8 % 14] : c % 16 < 6 ? ':' : letters[c / 16 % (sizeof letters - 1)];
        }
        text[len] = 0;
        all(text, 0);
        if (n % 1000 == 999)
            printf("%d %016llx\n", n, (unsigned long long)hash);
    }
    /* Addresses with many zero groups, as text. */
    for (unsigned n = 0; n < 65536; n++) {
        unsigned char v6[16];
        char out[INET6_ADDRSTRLEN] = {0};
        for (int i = 0; i < 16; i++)
            v6[i] = n >> i & 1 ? (i * 37 + n) & 255 : 0;
        inet_ntop(AF_INET6, v6, out, sizeof out);
        mix(out, sizeof out);
    }
    printf("%016llx\n", (unsigned long long)hash);
    char tight[INET6_ADDRSTRLEN];
    for (socklen_t size = 0; size < 18; size++) {
        errno = 0;
        const char *four = inet_ntop(AF_INET, "\xff\xff\xff\xff", tight, size);
        int e4 = errno;
        errno = 0;
        const char *six = inet_ntop(AF_INET6, &in6addr_loopback, tight, size);
        printf("%u: %d %d, %d %d\n", size, four == tight, e4, six == tight, errno);
    }
    errno = 0;
    int r = inet_pton(AF_UNIX, "1.2.3.4", tight);
    printf("family: %d %d", r, errno == EAFNOSUPPORT);
    errno = 0;
    r = inet_ntop(99, &in6addr_any, tight, 10) == 0;
    printf(" %d %d\n", r, errno == EAFNOSUPPORT);
    printf("order %x %x %x %x\n", htonl(0x01020304), htons(0x0102), ntohl(0x01020304), ntohs(0x0102));
    printf("any %d loopback %d\n", IN6_IS_ADDR_UNSPECIFIED(&in6addr_any), IN6_IS_ADDR_LOOPBACK(&in6addr_loopback));
    static const char *const networks[] = {"127", "127.1", "1.2.3", "1.2.3.4", "0x7f.0x1", "010.1", "256", "1.256", "x", "", "1.2.3.4.5", "1.2.3.4 ", "1..2"};
    for (unsigned i = 0; i < sizeof networks / sizeof *networks; i++)
        printf("network \"%s\" %x\n", networks[i], inet_network(networks[i]));
    for (unsigned class = 0; class < 256; class += 17) {
        struct in_addr a = {htonl(class << 24 | 0x010203)};
        printf("%x %x %x %x\n", class, inet_lnaof(a), inet_netof(a), inet_makeaddr(inet_netof(a), inet_lnaof(a)).s_addr);
    }
    struct in6_addr some[] = {IN6ADDR_ANY_INIT, IN6ADDR_LOOPBACK_INIT, {{{0xfe, 0x80}}}, {{{0xfe, 0xc0}}}, {{{0xff, 0x01}}}, {{{0xff, 0x02}}}, {{{0xff, 0x15}}},
                              {{{0xff, 0x08}}}, {{{0xff, 0x0e}}}, {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4}}}, {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}}}};
    for (unsigned i = 0; i < sizeof some / sizeof *some; i++) {
        struct in6_addr *a = &some[i];
        printf("%d%d%d%d%d%d%d %d%d%d%d%d %d\n", !!IN6_IS_ADDR_UNSPECIFIED(a), !!IN6_IS_ADDR_LOOPBACK(a), !!IN6_IS_ADDR_V4MAPPED(a), !!IN6_IS_ADDR_V4COMPAT(a),
               !!IN6_IS_ADDR_LINKLOCAL(a), !!IN6_IS_ADDR_SITELOCAL(a), !!IN6_IS_ADDR_MULTICAST(a), !!IN6_IS_ADDR_MC_NODELOCAL(a), !!IN6_IS_ADDR_MC_LINKLOCAL(a),
               !!IN6_IS_ADDR_MC_SITELOCAL(a), !!IN6_IS_ADDR_MC_ORGLOCAL(a), !!IN6_IS_ADDR_MC_GLOBAL(a), !!IN6_ARE_ADDR_EQUAL(a, &some[1]));
    }
    return 0;
}
