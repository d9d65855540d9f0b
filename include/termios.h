/* termios.h */
#ifndef _DACAPO_TERMIOS_H
#define _DACAPO_TERMIOS_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

typedef unsigned char cc_t;
typedef unsigned int speed_t;
typedef unsigned int tcflag_t;
#define NCCS 32
struct termios {
    tcflag_t c_iflag;
    tcflag_t c_oflag;
    tcflag_t c_cflag;
    tcflag_t c_lflag;
    cc_t c_line;
    cc_t c_cc[NCCS];
    speed_t c_ispeed;
    speed_t c_ospeed;
};
#define VINTR 0
#define VQUIT 0x1
#define VERASE 0x2
#define VKILL 0x3
#define VEOF 0x4
#define VTIME 0x5
#define VMIN 0x6
#define VSWTC 0x7
#define VSTART 0x8
#define VSTOP 0x9
#define VSUSP 0xa
#define VEOL 0xb
#define VREPRINT 0xc
#define VDISCARD 0xd
#define VWERASE 0xe
#define VLNEXT 0xf
#define VEOL2 0x10
#define IGNBRK 0x1
#define BRKINT 0x2
#define IGNPAR 0x4
#define PARMRK 0x8
#define INPCK 0x10
#define ISTRIP 0x20
#define INLCR 0x40
#define IGNCR 0x80
#define ICRNL 0x100
#define IUCLC 0x200
#define IXON 0x400
#define IXANY 0x800
#define IXOFF 0x1000
#define IMAXBEL 0x2000
#define IUTF8 0x4000
#define OPOST 0x1
#define OLCUC 0x2
#define ONLCR 0x4
#define OCRNL 0x8
#define ONOCR 0x10
#define ONLRET 0x20
#define OFILL 0x40
#define OFDEL 0x80
#define TABDLY 0x1800
#define TAB0 0
#define TAB3 0x1800
#define XTABS 0x1800
#define B0 0
#define B50 0x1
#define B75 0x2
#define B110 0x3
#define B134 0x4
#define B150 0x5
#define B200 0x6
#define B300 0x7
#define B600 0x8
#define B1200 0x9
#define B1800 0xa
#define B2400 0xb
#define B4800 0xc
#define B9600 0xd
#define B19200 0xe
#define B38400 0xf
#define B57600 0x1001
#define B115200 0x1002
#define B230400 0x1003
#define B460800 0x1004
#define B921600 0x1007
#define CSIZE 0x30
#define CS5 0
#define CS6 0x10
#define CS7 0x20
#define CS8 0x30
#define CSTOPB 0x40
#define CREAD 0x80
#define PARENB 0x100
#define PARODD 0x200
#define HUPCL 0x400
#define CLOCAL 0x800
#define CRTSCTS 0x80000000
#define CBAUD 0x100f
#define CBAUDEX 0x1000
#define ISIG 0x1
#define ICANON 0x2
#define ECHO 0x8
#define ECHOE 0x10
#define ECHOK 0x20
#define ECHONL 0x40
#define NOFLSH 0x80
#define TOSTOP 0x100
#define ECHOCTL 0x200
#define ECHOPRT 0x400
#define ECHOKE 0x800
#define FLUSHO 0x1000
#define PENDIN 0x4000
#define IEXTEN 0x8000
#define TCOOFF 0
#define TCOON 0x1
#define TCIOFF 0x2
#define TCION 0x3
#define TCIFLUSH 0
#define TCOFLUSH 0x1
#define TCIOFLUSH 0x2
#define TCSANOW 0
#define TCSADRAIN 0x1
#define TCSAFLUSH 0x2
int tcgetattr(int fd, struct termios *out);
int tcsetattr(int fd, int when, const struct termios *in);
int tcsendbreak(int fd, int duration);
int tcdrain(int fd);
int tcflush(int fd, int queue);
int tcflow(int fd, int action);
pid_t tcgetsid(int fd);
speed_t cfgetispeed(const struct termios *t);
speed_t cfgetospeed(const struct termios *t);
int cfsetispeed(struct termios *t, speed_t speed);
int cfsetospeed(struct termios *t, speed_t speed);
#ifdef __USE_MISC
int cfsetspeed(struct termios *t, speed_t speed);
void cfmakeraw(struct termios *t);
#endif

__END_DECLS

#endif
