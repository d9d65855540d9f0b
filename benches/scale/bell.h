/* How a program tells the plugin what to count: it maps these addresses and writes to them.  Without the plugin that does nothing. */
#ifndef SCALE_BELL_H
#define SCALE_BELL_H
#define BELL 0x5ca1e000000ull /* nobody else maps this */
#define BELL_BYTES 0x100000ull
#define BELL_WARM 0
#define BELL_COUNT 8
#define BELL_LEAVE 16
#define BELL_RESET 24    /* a program begins: what one before it left is forgotten */
#define BELL_REPORT 4096 /* + 8 * the report's number */
#endif
