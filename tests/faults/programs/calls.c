/* The calls that the C library passes to the kernel as they are: files, folders, descriptors, waiting, processes, timers, scheduling. Each is told apart from success, by name, with the kernel's error.
   Whatever was opened or made is a matter of this program's; what counts is that the library says what it was told.

   sweep: openat EINTR | ENOSPC | EMFILE -> error
   sweep: close EIO | EINTR -> error
   sweep: lseek EINVAL -> error
   sweep: getdents64 EINVAL -> error
   sweep: getdents64 ENOENT -> error | handled
   sweep: fsync EIO | ENOSPC | EINTR -> error
   sweep: ppoll EINTR | ENOMEM -> error
   sweep: wait4 EINTR | ECHILD -> error
   sweep: timer_create EAGAIN | ENOMEM -> error
   sweep: rt_sigtimedwait EAGAIN | EINTR -> error
   sweep: setpriority EACCES | EPERM -> error
   sweep: clone EAGAIN | ENOMEM -> error */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* -1 with an error that is not 0 is a refusal, and ends the program. */
#define MUST(what) must((long)(what), #what)

static long must(long result, const char *what)
{
	if (result == -1) {
		if (errno == 0)
			abort(); /* without a message: no refusal that anybody could understand */
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

/* A transfer that was cut short or interrupted goes on. */
static void all(ssize_t (*move)(int, void *, size_t), int fd, char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t moved = move(fd, bytes, size);
		if (moved == -1 && errno == EINTR)
			continue;
		MUST(moved);
		if (moved == 0) {
			fprintf(stderr, "%zu bytes are missing\n", size);
			exit(1);
		}
		bytes += moved;
		size -= moved;
	}
}

static ssize_t put(int fd, void *bytes, size_t size) { return write(fd, bytes, size); }
static ssize_t get(int fd, void *bytes, size_t size) { return read(fd, bytes, size); }

static char place[] = "/tmp/dacapo-calls.XXXXXX";

/* Leaves nothing behind, however it ends: one call of a run fails, so each is tried twice. */
#define TWICE(what) ((what) == 0 || (what) == 0)
static void clean(void)
{
	if (!TWICE(chdir(place)))
		return;
	for (const char *name = "abcd"; *name; name++)
		(void)TWICE(unlink((char[]){*name, 0}));
	(void)TWICE(rmdir("folder"));
	if (TWICE(chdir("/")))
		(void)TWICE(rmdir(place));
}

static void files(void)
{
	static char text[] = "twelve bytes", back[sizeof text];
	struct stat status;
	struct statvfs room;
	struct timespec times[2] = {{1, 0}, {2, 0}};
	int fd = MUST(open("a", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	all(put, fd, text, 12);
	MUST(lseek(fd, 0, SEEK_SET));
	all(get, fd, back, 12);
	if (memcmp(text, back, 12) != 0)
		abort();
	if (MUST(pwrite(fd, "x", 1, 20)) != 1 || MUST(pread(fd, back, 1, 20)) != 1 || back[0] != 'x')
		abort();
	MUST(ftruncate(fd, 5));
	MUST(fsync(fd));
	MUST(fdatasync(fd));
	MUST(fstat(fd, &status));
	if (status.st_size != 5)
		abort();
	MUST(fchmod(fd, 0644));
	MUST(flock(fd, LOCK_EX | LOCK_NB));
	MUST(futimens(fd, times));
	MUST(fstatvfs(fd, &room));
	MUST(close(fd));
	MUST(truncate("a", 3));
	MUST(stat("a", &status));
	MUST(chmod("a", 0600));
	MUST(access("a", R_OK));
	MUST(link("a", "b"));
	MUST(symlink("a", "c"));
	if (MUST(readlink("c", back, sizeof back)) != 1)
		abort();
	MUST(rename("b", "d"));
	MUST(unlink("d"));
	MUST(unlink("c"));
	MUST(unlink("a"));
}

static void folders(void)
{
	char path[4096];
	int entries = 0;
	MUST(mkdir("folder", 0700));
	int here = MUST(open(".", O_RDONLY | O_DIRECTORY));
	MUST(chdir("folder"));
	if (!getcwd(path, sizeof path))
		MUST(-1);
	MUST(fchdir(here));
	MUST(close(here));
	DIR *folder = opendir("folder");
	if (!folder)
		MUST(-1);
	while (errno = 0, readdir(folder))
		entries++;
	MUST(errno ? -1 : 0);
	if (entries != 2) {
		fprintf(stderr, "%d entries\n", entries); /* ENOENT is the end of a folder that is gone */
		exit(1);
	}
	MUST(closedir(folder));
	MUST(rmdir("folder"));
}

static void descriptors(void)
{
	int ends[2], other;
	char byte = 'x';
	MUST(pipe(ends));
	MUST(fcntl(ends[0], F_SETFD, FD_CLOEXEC));
	other = MUST(dup(ends[1]));
	MUST(dup2(other, ends[1]));
	all(put, other, &byte, 1);

	struct pollfd asked = {ends[0], POLLIN, 0};
	if (MUST(poll(&asked, 1, 1000)) != 1)
		abort();
	fd_set set;
	struct timeval second = {1, 0};
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	if (MUST(select(ends[0] + 1, &set, 0, 0, &second)) != 1)
		abort();
	all(get, ends[0], &byte, 1);
	MUST(close(other));
	MUST(close(ends[0]));
	MUST(close(ends[1]));

	int memory = MUST(memfd_create("name", MFD_CLOEXEC));
	MUST(ftruncate(memory, 4096));
	MUST(mmap(0, 4096, PROT_READ, MAP_SHARED, memory, 0));
	MUST(close(memory));
}

static void processes(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	struct rlimit limit;
	struct sysinfo machine;
	struct utsname name;
	struct timespec moment = {0, 1000};
	sigset_t set;
	int status;
	unsigned char bytes[8];
	MUST(sigaction(SIGUSR1, &action, 0));
	sigemptyset(&set);
	MUST(sigprocmask(SIG_BLOCK, &set, 0));
	MUST(sigpending(&set));
	MUST(kill(getpid(), SIGUSR1));
	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	MUST(sysinfo(&machine));
	MUST(uname(&name));
	MUST(nanosleep(&moment, 0));
	MUST(getrandom(bytes, sizeof bytes, 0));
	pid_t child = MUST(fork());
	if (child == 0)
		_exit(7);
	MUST(waitpid(child, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
		abort();
}

static void timers(void)
{
	struct sigevent nothing = {.sigev_notify = SIGEV_NONE};
	struct itimerspec minute = {.it_value = {60, 0}}, left;
	struct itimerval later = {.it_value = {60, 0}}, none = {0}, old;
	struct timespec now = {0, 0};
	siginfo_t info;
	sigset_t set, before;
	timer_t timer;
	MUST(timer_create(CLOCK_MONOTONIC, &nothing, &timer));
	MUST(timer_settime(timer, 0, &minute, 0));
	MUST(timer_gettime(timer, &left));
	if (left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0)
		abort();
	MUST(timer_getoverrun(timer));
	MUST(timer_delete(timer));
	MUST(setitimer(ITIMER_REAL, &later, 0));
	MUST(getitimer(ITIMER_REAL, &old));
	if (old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0)
		abort();
	MUST(setitimer(ITIMER_REAL, &none, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	MUST(sigprocmask(SIG_BLOCK, &set, &before));
	MUST(kill(getpid(), SIGUSR2));
	if (MUST(sigtimedwait(&set, &info, &now)) != SIGUSR2)
		abort();
	MUST(sigprocmask(SIG_SETMASK, &before, 0));
}

static void scheduling(void)
{
	struct sched_param parameters;
	struct timespec slice;
	struct rusage usage;
	MUST(sched_getparam(0, &parameters));
	MUST(sched_setparam(0, &parameters));
	int policy = MUST(sched_getscheduler(0));
	MUST(sched_setscheduler(0, policy, &parameters));
	MUST(sched_get_priority_min(policy));
	MUST(sched_get_priority_max(policy));
	MUST(sched_rr_get_interval(0, &slice));
	errno = 0;
	int nice = getpriority(PRIO_PROCESS, 0); /* -1 is a priority, too */
	if (errno)
		MUST(-1);
	MUST(setpriority(PRIO_PROCESS, 0, nice));
	MUST(getrusage(RUSAGE_SELF, &usage));
}

int main(void)
{
	if (!mkdtemp(place))
		MUST(-1);
	if (atexit(clean)) {
		clean();
		fputs("atexit: no memory\n", stderr);
		return 1;
	}
	MUST(chdir(place));
	files();
	folders();
	descriptors();
	processes();
	timers();
	scheduling();
	MUST(puts("all done"));
	MUST(fflush(stdout));
}
