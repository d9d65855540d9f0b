/* netinet/udp.h: the options of UDP, and its header. */
#ifndef _DACAPO_NETINET_UDP_H
#define _DACAPO_NETINET_UDP_H

#include <features.h>
#include <stdint.h>

#define SOL_UDP 17
#define UDP_CORK 1
#define UDP_ENCAP 100
#define UDP_NO_CHECK6_TX 101
#define UDP_NO_CHECK6_RX 102
#define UDP_SEGMENT 103
#define UDP_GRO 104
struct udphdr {
    union {
        struct {
            uint16_t uh_sport;
            uint16_t uh_dport;
            uint16_t uh_ulen;
            uint16_t uh_sum;
        };
        struct {
            uint16_t source;
            uint16_t dest;
            uint16_t len;
            uint16_t check;
        };
    };
};

#endif
