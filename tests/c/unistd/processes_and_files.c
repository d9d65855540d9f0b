// Files, folders, processes, programs: what the calls return and what they leave behind.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

// Everything is written at once, so that a child never writes its parent's text again.
static int run(int how) {
    fflush(stdout);
    pid_t pid = how == 9 ? vfork() : fork();
    if (pid == 0) {
        char *arguments[] = {"sh", "-c", "echo by $0 $1 $X; exit 7", "list", "two", 0};
        char *environment[] = {"X=env", "PATH=/usr/bin:/bin", 0};
        switch (how) {
        case 0: execl("/bin/sh", "sh", "-c", "echo $0 $1 $2 $3 $4 $5 $6 $7 $8; exit 3", "a", "b", "c", "d", "e", "f", "g", "h", "i", (char *)0); break;
        case 1: execlp("sh", "sh", "-c", "exit 4", (char *)0); break;
        case 2: execle("/bin/sh", "sh", "-c", "echo $X; exit 5", (char *)0, environment); break;
        case 3: execv("/bin/sh", arguments); break;
        case 4: execvp("sh", arguments); break;
        case 5: execve("/bin/sh", arguments, environment); break;
        case 6: execvpe("sh", arguments, environment); break;
        case 7: execvp("no-such-program-here", arguments); _exit(errno == ENOENT ? 66 : 1);
        case 8: abort();
        case 9: execv("/bin/sh", arguments); break;
        }
        _exit(1);
    }
    int status = -1;
    pid_t got = waitpid(pid, &status, 0);
    printf("%d: %d exited %d code %d signaled %d %d\n", how, got == pid, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return status;
}

int main(void) {
    char folder[] = "/tmp/dacapo-XXXXXX";
    printf("mkdtemp %d\n", mkdtemp(folder) == folder && strcmp(folder, "/tmp/dacapo-XXXXXX"));
    if (chdir(folder)) return 1;
    char cwd[200];
    printf("getcwd %d\n", strcmp(getcwd(cwd, sizeof cwd), folder));
    int short_ = getcwd(cwd, 3) == 0;
    printf("getcwd short %d %d\n", short_, errno == ERANGE);
    char *heap = getcwd(0, 0);
    printf("getcwd heap %d\n", strcmp(heap, folder));
    free(heap);
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    int again = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    printf("open %d again %d %d\n", fd >= 0, again, errno == EEXIST);
    printf("write %zd ", write(fd, "hello world", 11));
    printf("pwrite %zd\n", pwrite(fd, "W", 1, 6));
    char buffer[32] = {0};
    printf("lseek %ld ", (long)lseek(fd, -5, SEEK_END));
    ssize_t n = read(fd, buffer, 30);
    printf("read %zd %s\n", n, buffer);
    struct iovec pieces[2] = {{buffer, 2}, {buffer + 10, 3}};
    n = preadv(fd, pieces, 2, 3);
    printf("preadv %zd %.2s %.3s\n", n, buffer, buffer + 10);
    struct stat st;
    int r = fstat(fd, &st);
    printf("fstat %d size %ld mode %o reg %d\n", r, (long)st.st_size, st.st_mode & 07777, S_ISREG(st.st_mode));
    printf("ftruncate %d", ftruncate(fd, 4));
    r = stat("file", &st);
    printf(" stat %d %ld\n", r, (long)st.st_size);
    printf("chmod %d ", chmod("file", 0600));
    printf("access %d %d\n", access("file", R_OK), access("none", F_OK));
    struct utimbuf ut = {1000, 2000};
    printf("utime %d", utime("file", &ut));
    r = stat("file", &st);
    printf(" %d %ld %ld\n", r, (long)st.st_atime, (long)st.st_mtime);
    printf("link %d ", link("file", "hard"));
    printf("symlink %d\n", symlink("file", "soft"));
    n = readlink("soft", buffer, sizeof buffer);
    r = lstat("soft", &st);
    printf("readlink %zd %.*s lstat %d link %d\n", n, (int)n, buffer, r, S_ISLNK(st.st_mode));
    char resolved[4096], expected[4200];
    snprintf(expected, sizeof expected, "%s/file", folder);
    printf("mkdir %d ", mkdir("sub", 0755));
    printf("realpath %d\n", strcmp(realpath("sub/.././/soft", resolved), expected));
    r = realpath("sub/none/x", 0) == 0;
    printf("realpath missing %d %d\n", r, errno == ENOENT);
    r = realpath("file/x", 0) == 0;
    printf("realpath file/ %d %d\n", r, errno == ENOTDIR);
    struct dirent **list;
    n = scandir(".", &list, 0, alphasort);
    for (int i = 0; i < n; i++) printf("%s ", list[i]->d_name), free(list[i]);
    free(list);
    printf("= %zd\n", n);
    DIR *d = opendir(".");
    int count = 0;
    for (struct dirent *e; (e = readdir(d));) count++;
    rewinddir(d);
    r = readdir(d) != 0;
    printf("readdir %d again %d close %d\n", count, r, closedir(d));
    r = opendir("none") == 0;
    printf("opendir none %d %d\n", r, errno == ENOENT);
    int fds[2];
    printf("pipe %d ", pipe(fds));
    printf("dup2 %d ", dup2(fds[0], 17));
    printf("same %d ", dup2(17, 17));
    r = dup2(99, 99);
    printf("bad %d %d\n", r, errno == EBADF);
    struct pollfd p = {17, POLLIN, 0};
    printf("poll empty %d", poll(&p, 1, 0));
    printf(" write %zd ", write(fds[1], "x", 1));
    r = poll(&p, 1, 1000);
    printf("poll %d %x\n", r, p.revents);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(17, &set);
    struct timeval tv = {1, 0};
    r = select(18, &set, 0, 0, &tv);
    printf("select %d %d %d\n", r, !!FD_ISSET(17, &set), !!FD_ISSET(16, &set));
    printf("fcntl %d ", fcntl(17, F_SETFD, FD_CLOEXEC));
    printf("%d", fcntl(17, F_GETFD));
    printf(" %d\n", (fcntl(17, F_SETFL, O_NONBLOCK), fcntl(17, F_GETFL) & O_NONBLOCK) == O_NONBLOCK);
    char *map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    printf("mmap %d", map != MAP_FAILED && !memcmp(map, "hell", 4));
    map[0] = 'H';
    printf(" msync %d ", msync(map, 4096, MS_SYNC));
    n = pread(fd, buffer, 1, 0);
    printf("pread %zd %c munmap %d\n", n, buffer[0], munmap(map, 4096));
    printf("bad %d %d\n",
           mmap(0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, errno == EINVAL);
    struct rlimit rl;
    r = getrlimit(RLIMIT_NOFILE, &rl);
    printf("getrlimit %d %d\n", r, rl.rlim_cur > 0);
    struct rusage ru;
    r = getrusage(RUSAGE_SELF, &ru);
    printf("getrusage %d %d\n", r, ru.ru_maxrss > 0);
    struct utsname un;
    r = uname(&un);
    printf("uname %d %s\n", r, un.sysname);
    printf("sysconf %d %ld %d\n", sysconf(_SC_PAGESIZE) == getpagesize(), sysconf(_SC_CLK_TCK), sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    printf("sysconf bad %ld %d\n", sysconf(12345), errno == EINVAL);
    printf("isatty %d\n", isatty(fd));
    close(fd);
    for (int how = 0; how < 10; how++) run(how);
    fflush(stdout);
    printf("system %x %x %d\n", system("exit 9"), system("kill -TERM $$"), system(0) != 0);
    printf("unlink %d %d %d rmdir %d ", unlink("file"), unlink("hard"), unlink("soft"), rmdir("sub"));
    r = rmdir("sub");
    printf("again %d %d\n", r, errno == ENOENT);
    printf("getppid %d getpgrp %d umask %o %o\n", getppid() > 0, getpgrp() == getpgid(0), umask(022), umask(022));
    chdir("/");
    printf("rmdir %d\n", rmdir(folder));
    return 0;
}
