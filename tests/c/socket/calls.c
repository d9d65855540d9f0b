// Sockets: what each call gives, what it refuses and with which errno, over loopback and pairs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SAY(call) (errno = 0, said(#call, (long)(call)))
static void said(const char *call, long result) {
    int e = errno;
    printf("%s = %ld %s\n", call, result, result < 0 ? strerror(e) : "");
    fflush(stdout);
}

static void handler(int number) { (void)number; }

static void stream(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    printf("cloexec %d\n", fcntl(listener, F_GETFD));
    SAY(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    SAY(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 1));
    SAY(setsockopt(listener, SOL_SOCKET, 9999, &on, sizeof on));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, peer;
    SAY(bind(listener, (struct sockaddr *)&address, 3));
    SAY(bind(listener, (struct sockaddr *)&address, sizeof address));
    SAY(bind(listener, (struct sockaddr *)&address, sizeof address));
    socklen_t size = sizeof address;
    SAY(getsockname(listener, (struct sockaddr *)&address, &size));
    printf("bound %d %d %u\n", address.sin_family == AF_INET, address.sin_port != 0, size);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    SAY(bind(other, (struct sockaddr *)&address, sizeof address));
    SAY(connect(other, (struct sockaddr *)&address, sizeof address)); // bound, but nobody listens yet
    close(other);
    SAY(listen(listener, 5));
    SAY(accept4(listener, 0, 0, 0x12345)); // no such flags
    fcntl(listener, F_SETFL, O_NONBLOCK);
    SAY(accept(listener, 0, 0));
    fcntl(listener, F_SETFL, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    SAY(getpeername(client, (struct sockaddr *)&peer, &size));
    SAY(send(client, "x", 1, MSG_NOSIGNAL));
    SAY(connect(client, (struct sockaddr *)&address, sizeof address));
    SAY(connect(client, (struct sockaddr *)&address, sizeof address));
    size = sizeof peer;
    int server = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    printf("accepted %d %u cloexec %d nonblock %d\n", server >= 0, size, fcntl(server, F_GETFD), (fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
    struct sockaddr_in mine;
    size = sizeof mine;
    getsockname(client, (struct sockaddr *)&mine, &size);
    printf("the server's peer is the client %d\n", mine.sin_port == peer.sin_port && mine.sin_addr.s_addr == peer.sin_addr.s_addr);
    size = 4; // a short buffer: cut off, and told the whole size
    SAY(getpeername(client, (struct sockaddr *)&peer, &size));
    printf("size %u\n", size);
    char buffer[64] = {0};
    SAY(recv(server, buffer, sizeof buffer, 0));
    SAY(send(client, "hello", 5, 0));
    struct pollfd ready = {server, POLLIN, 0};
    poll(&ready, 1, 5000);
    SAY(recv(server, buffer, 2, MSG_PEEK));
    SAY(recv(server, buffer, sizeof buffer, 0));
    printf("%s\n", buffer);
    SAY(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    int value = 0;
    size = sizeof value;
    SAY(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &size));
    printf("nodelay %d %u\n", value != 0, size);
    SAY(getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &size));
    printf("type %d\n", value);
    SAY(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &value, &size));
    printf("listens %d\n", value);
    struct timeval patience = {0, 50000};
    SAY(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    SAY(recv(client, buffer, 1, 0));
    SAY(shutdown(client, SHUT_WR));
    poll(&ready, 1, 5000);
    SAY(recv(server, buffer, sizeof buffer, 0)); // the end
    SAY(send(client, "x", 1, MSG_NOSIGNAL));
    SAY(shutdown(client, 7));
    close(client), close(server), close(listener);
    SAY(shutdown(client, SHUT_RD));
    client = socket(AF_INET, SOCK_STREAM, 0);
    SAY(connect(client, (struct sockaddr *)&address, sizeof address)); // nobody listens any more
    close(client);
}

static void datagrams(int family) {
    struct sockaddr_storage address = {0}, from;
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    address.ss_family = family;
    if (family == AF_INET)
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
    int a = socket(family, SOCK_DGRAM, 0), b = socket(family, SOCK_DGRAM, IPPROTO_UDP);
    if (a < 0 || bind(a, (struct sockaddr *)&address, size)) {
        printf("no family %d\n", family);
        return;
    }
    getsockname(a, (struct sockaddr *)&address, &size);
    SAY(sendto(b, "abc", 3, 0, (struct sockaddr *)&address, size));
    SAY(sendto(b, "defgh", 5, 0, (struct sockaddr *)&address, size));
    SAY(sendto(b, "", 0, 0, (struct sockaddr *)&address, size));
    SAY(send(b, "x", 1, 0)); // no peer
    char buffer[32] = {0};
    socklen_t got = sizeof from;
    SAY(recvfrom(a, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &got));
    printf("%s family %d size %u\n", buffer, from.ss_family == family, got);
    SAY(recvfrom(a, buffer, 2, MSG_TRUNC, 0, 0));
    SAY(recv(a, buffer, sizeof buffer, 0));
    SAY(recv(a, buffer, sizeof buffer, MSG_DONTWAIT));
    SAY(connect(a, (struct sockaddr *)&from, got));
    struct iovec out[] = {{"one", 3}, {"two", 3}}, in[] = {{buffer, 2}, {buffer + 8, 20}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 2};
    SAY(sendmsg(a, &message, 0));
    message = (struct msghdr){.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 2};
    SAY(recvmsg(b, &message, 0));
    printf("%.2s %.4s name %u flags %x\n", buffer, buffer + 8, message.msg_namelen, message.msg_flags);
    struct mmsghdr many[3];
    memset(many, 0, sizeof many);
    for (int i = 0; i < 3; i++)
        many[i].msg_hdr.msg_iov = &out[i % 2], many[i].msg_hdr.msg_iovlen = 1;
    SAY(sendmmsg(a, many, 3, 0));
    char each[3][8];
    struct iovec rooms[3];
    memset(each, 0, sizeof each);
    for (int i = 0; i < 3; i++)
        rooms[i] = (struct iovec){each[i], 8}, many[i].msg_hdr.msg_iov = &rooms[i], many[i].msg_len = 0;
    struct timespec patience = {1, 0};
    SAY(recvmmsg(b, many, 3, MSG_WAITFORONE, &patience));
    printf("%s %s %s %u\n", each[0], each[1], each[2], many[2].msg_len);
    char big[70000] = {0};
    SAY(sendto(b, big, sizeof big, 0, (struct sockaddr *)&address, size));
    close(a), close(b);
}

static void local(void) {
    int pair[2], ends[2];
    SAY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    SAY(socketpair(AF_INET, SOCK_STREAM, 0, ends));
    int *volatile nowhere = (int *)8;
    SAY(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
    // A descriptor, and who we are, along with a byte.
    int on = 1;
    SAY(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    if (pipe(ends)) return;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec byte = {"b", 1};
    struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int))};
    struct cmsghdr *piece = CMSG_FIRSTHDR(&message);
    *piece = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(piece), &ends[1], sizeof(int));
    printf("one piece %d\n", CMSG_NXTHDR(&message, piece) == 0);
    SAY(sendmsg(pair[0], &message, 0));
    char got = 0;
    byte = (struct iovec){&got, 1};
    message.msg_controllen = sizeof control;
    memset(&control, 0, sizeof control);
    SAY(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC));
    int pieces = 0, fd = -1, creds = 0;
    for (piece = CMSG_FIRSTHDR(&message); piece; piece = CMSG_NXTHDR(&message, piece)) {
        pieces++;
        if (piece->cmsg_type == SCM_RIGHTS) {
            memcpy(&fd, CMSG_DATA(piece), sizeof fd);
        } else if (piece->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(piece), sizeof who);
            creds = who.pid == getpid() && who.uid == getuid();
        }
    }
    printf("pieces %d rights %d credentials %d byte %c\n", pieces, fd >= 0, creds, got);
    SAY(write(fd, "through", 7));
    char buffer[16] = {0};
    SAY(read(ends[0], buffer, sizeof buffer));
    printf("%s\n", buffer);
    close(fd);
    // The walk does not leave the buffer, whatever a header says of its size.
    size_t sizes[] = {0, 1, 15, 16, 17, 24, 25, 32, 40, 48, 49, 64, 1000, (size_t)-1, (size_t)-8, (size_t)-16, (size_t)1 << 63};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char area[64] __attribute__((aligned(8))) = {0};
        struct msghdr walk = {.msg_control = area, .msg_controllen = sizeof area};
        piece = CMSG_FIRSTHDR(&walk);
        piece->cmsg_len = sizes[i];
        struct cmsghdr *next = CMSG_NXTHDR(&walk, piece);
        printf("%zx -> %ld\n", sizes[i], next ? (long)((char *)next - area) : -1L);
    }
    close(pair[1]);
    SAY(send(pair[0], "x", 1, MSG_NOSIGNAL));
    close(pair[0]);
    // By a path, and by an abstract name.
    for (int abstract = 0; abstract < 2; abstract++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "here"}, from;
        socklen_t size = SUN_LEN(&address);
        if (abstract) {
            snprintf(address.sun_path, sizeof address.sun_path, "%cdacapo-%d", 0, getpid());
            size = sizeof(sa_family_t) + 1 + strlen(address.sun_path + 1);
        }
        int server = socket(AF_UNIX, SOCK_SEQPACKET, 0), client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        SAY(connect(client, (struct sockaddr *)&address, size));
        SAY(bind(server, (struct sockaddr *)&address, size));
        SAY(listen(server, 1));
        SAY(connect(client, (struct sockaddr *)&address, size));
        socklen_t room = sizeof from;
        int one = accept(server, (struct sockaddr *)&from, &room);
        printf("accepted %d %u\n", one >= 0, room);
        room = sizeof from;
        SAY(getpeername(client, (struct sockaddr *)&from, &room));
        printf("peer %d\n", room >= size && !memcmp(from.sun_path, address.sun_path, size - sizeof(sa_family_t)));
        SAY(send(client, "packet", 6, MSG_EOR));
        SAY(recv(one, buffer, 3, 0));
        close(server), close(client), close(one);
        if (!abstract) unlink("here");
    }
}

static void *interrupt(void *thread) {
    for (int i = 0; i < 50; i++) {
        usleep(20000);
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
    }
    return 0;
}

static void refused(void) {
    char buffer[8];
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    SAY(socket(99, SOCK_STREAM, 0));
    SAY(socket(AF_INET, 99, 0));
    SAY(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    SAY(accept(-1, 0, 0));
    SAY(bind(0, (void *)&address, size));
    SAY(send(-1, "x", 1, 0));
    SAY(recv(-1, buffer, 1, 0));
    SAY(sockatmark(-1));
    int file = open("/dev/null", O_RDWR);
    SAY(listen(file, 1));
    SAY(getsockopt(file, SOL_SOCKET, SO_TYPE, buffer, &size));
    SAY(recvmsg(file, (void *)8, 0));
    close(file);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    SAY(listen(fd, 1));
    SAY(recvfrom(fd, buffer, 8, MSG_DONTWAIT, 0, 0));
    SAY(getsockname(fd, 0, 0));
    // A signal without SA_RESTART ends the wait.
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, 0);
    pthread_t self = pthread_self(), other;
    pthread_create(&other, 0, interrupt, &self);
    SAY(recv(fd, buffer, 1, 0));
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGUSR1, &ignore, 0);
    pthread_join(other, 0);
    close(fd);
}

static void urgent(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    bind(listener, (struct sockaddr *)&address, size);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &size);
    connect(client, (struct sockaddr *)&address, size);
    int server = accept(listener, 0, 0);
    send(client, "ab", 2, 0);
    send(client, "!", 1, MSG_OOB);
    struct pollfd ready = {server, POLLPRI, 0};
    poll(&ready, 1, 5000);
    printf("at mark %d\n", sockatmark(server));
    char buffer[8];
    SAY(recv(server, buffer, 8, 0));
    printf("at mark %d\n", sockatmark(server));
    SAY(recv(server, buffer, 8, MSG_OOB));
    close(listener), close(client), close(server);
}

int main(void) {
    stream();
    datagrams(AF_INET);
    datagrams(AF_INET6);
    local();
    refused();
    urgent();
    return 0;
}
