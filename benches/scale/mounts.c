/* The guest's first job: /proc and /sys, which some allocators read to learn how many CPUs there are. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void)
{
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    if (mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) != 0) {
        perror("mount");
        return 1;
    }
    return 0;
}
