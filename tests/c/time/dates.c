// Calendar, zones by POSIX rules and by file, strftime, strptime.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void show(const char *what, const struct tm *t) {
    printf("%s %d-%d-%d %d:%d:%d w%d y%d dst%d off%ld %s\n", what, t->tm_year, t->tm_mon, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec, t->tm_wday,
           t->tm_yday, t->tm_isdst, t->tm_gmtoff, t->tm_zone ? t->tm_zone : "-");
}
int main(void) {
    time_t moments[] = {0, 1, -1, 951782400, 951868800, 1078012800, 4107542400, 1700000000, -2208988800, 253402300799, -30610224000, 1711846799, 1711846800, 1729990799, 1729990800, 1729994400};
    const char *zones[] = {"UTC", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "NZST-12NZDT,M9.5.0,M4.1.0/3", "<-03>3", "IST-5:30", "XXX3YYY,J60,J300", "XXX3YYY,59/1,300/2", ""};
    for (unsigned z = 0; z < sizeof zones / sizeof *zones; z++) {
        setenv("TZ", zones[z], 1);
        tzset();
        printf("zone %s %ld %d %s\n", zones[z], timezone, daylight, tzname[0]);
        for (unsigned i = 0; i < sizeof moments / sizeof *moments; i++) {
            struct tm t;
            if (!localtime_r(&moments[i], &t)) { printf("none\n"); continue; }
            show("local", &t);
            printf("mktime %ld\n", (long)mktime(&t));
        }
    }
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    for (int dst = -1; dst < 2; dst++) {
        struct tm gap = {.tm_year = 124, .tm_mon = 2, .tm_mday = 31, .tm_hour = 12, .tm_isdst = dst};
        printf("noon %ld ", (long)mktime(&gap));
        struct tm twice = {.tm_year = 124, .tm_mon = 9, .tm_mday = 27, .tm_hour = 2, .tm_min = 30, .tm_isdst = dst < 0 ? 0 : dst};
        printf("twice %ld\n", (long)mktime(&twice));
    }
    struct tm odd = {.tm_year = 100, .tm_mon = 25, .tm_mday = -40, .tm_hour = 100, .tm_min = -500, .tm_sec = 100000};
    printf("timegm %ld ", (long)timegm(&odd));
    show("normal", &odd);
    const char *formats[] = {"%a %A %b %B %c", "%C %d %D %e %F %g %G %h", "%H %I %j %k %l %m %M %p %P", "%r %R %s %S %T %u %U %V %w %W", "%x %X %y %Y %z %Z %%", "%_d|%-d|%05d|%10Y|%^a|%#Z|%Ey|%Od|%n%t", "%", "%Q", "%010F|%3j|%-I|%_H"};
    for (unsigned i = 0; i < sizeof moments / sizeof *moments; i++)
        for (unsigned f = 0; f < sizeof formats / sizeof *formats; f++) {
            char text[200];
            struct tm t;
            localtime_r(&moments[i], &t);
            size_t n = strftime(text, sizeof text, formats[f], &t);
            printf("%zu [%s]\n", n, n ? text : "");
        }
    char small[5];
    struct tm t;
    gmtime_r(&moments[7], &t);
    printf("small %zu %zu %s", strftime(small, 5, "%Y", &t), strftime(small, 4, "%Y", &t), asctime(&t));
    const char *inputs[][2] = {{"2024-02-29 13:45:59", "%Y-%m-%d %H:%M:%S"}, {"Thu Feb 29 2024", "%a %b %d %Y"}, {"february  3 99", "%B %d %y"}, {"12/31/70 11:05 PM", "%D %I:%M %p"},
        {"060 2023", "%j %Y"}, {"1700000000", "%s"}, {"12:30+0530", "%R%z"}, {"nonsense", "%Y"}, {"20 68", "%C %y"}, {"12 AM", "%I %p"}};
    for (unsigned i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct tm p;
        memset(&p, 0, sizeof p);
        char *end = strptime(inputs[i][0], inputs[i][1], &p);
        printf("%s: ", inputs[i][0]);
        if (!end) printf("no\n");
        else p.tm_zone = 0, show(*end ? end : "all", &p);
    }
    struct timespec now, later;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct timespec nap = {0, 2000000};
    printf("nanosleep %d\n", nanosleep(&nap, 0));
    clock_gettime(CLOCK_MONOTONIC, &later);
    printf("slept %d\n", (later.tv_sec - now.tv_sec) * 1000000000L + later.tv_nsec - now.tv_nsec >= 2000000);
    printf("difftime %g clock %d time %d\n", difftime(5, 2), clock() >= 0, time(0) > 1700000000);
    return 0;
}
