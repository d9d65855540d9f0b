/* Files: modes, positions, pushing back, buffers, update streams, errors, memory streams, pipes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

int pipe(int ends[2]);
int close(int fd);
long write(int fd, const void *from, unsigned long size);
int unlink(const char *name);

static const char *name = "/tmp/dacapo-stdio-streams";

static void show(const char *what)
{
	FILE *file = fopen(name, "r");
	char line[200];
	size_t n = file ? fread(line, 1, sizeof line, file) : 0;
	printf("%s: %d <%.*s>\n", what, (int)n, (int)(n < 60 ? n : 60), line);
	if (file)
		fclose(file);
}

static long cookie_at;
static ssize_t cookie_read(void *cookie, char *to, size_t size)
{
	size_t i;
	for (i = 0; i < size && cookie_at < 10000; i++)
		to[i] = 'a' + cookie_at++ % 26;
	return i;
}
static ssize_t cookie_write(void *cookie, const char *from, size_t size)
{
	*(long *)cookie += size;
	return size;
}
static int cookie_close(void *cookie)
{
	printf("cookie closed after %ld\n", *(long *)cookie);
	return 0;
}

int main(void)
{
	char line[200], *text = 0;
	size_t size = 0;
	FILE *file;
	int r;

	unlink(name);
	errno = 0;
	file = fopen(name, "r");
	printf("%d %d\n", file != 0, errno == ENOENT);
	errno = 0;
	file = fopen(name, "q");
	printf("%d %d\n", file != 0, errno == EINVAL);

	file = fopen(name, "w");
	r = fputs("first line\nsecond\n\nlast without end", file);
	printf("%d %ld\n", r >= 0, ftell(file));
	errno = 0;
	r = getc(file);
	printf("%d %d %d\n", r, ferror(file) != 0, errno == EBADF);
	clearerr(file);
	r = ferror(file) != 0;
	printf("%d %d\n", r, fclose(file));
	show("w");
	errno = 0;
	r = fopen(name, "wx") == 0;
	printf("x: %d %d\n", r, errno == EEXIST);

	file = fopen(name, "r");
	while (fgets(line, 8, file))
		printf("[%s]", line);
	printf(" %d %d\n", feof(file) != 0, ferror(file) != 0);
	printf("%d", getc(file));
	printf(" %d", fseek(file, -3, SEEK_END));
	printf(" %d", feof(file) != 0);
	printf(" %c", getc(file));
	printf(" %ld\n", ftell(file));
	rewind(file);
	printf("%c", getc(file));
	printf("%c", getc(file));
	for (int i = 0; i < 6; i++)
		printf(" %d", ungetc('A' + i, file) != EOF);
	printf(" %ld", ftell(file));
	for (int i = 0; i < 8; i++)
		printf("%c", getc(file));
	printf(" %ld\n", ftell(file));
	ungetc('!', file);
	fseek(file, 0, SEEK_CUR);
	printf("%c\n", getc(file));
	fpos_t position;
	fseek(file, 11, SEEK_SET);
	fgetpos(file, &position);
	printf("%s", fgets(line, sizeof line, file));
	fsetpos(file, &position);
	printf("%s", fgets(line, sizeof line, file));
	printf("%d", putc('x', file));
	printf(" %d\n", ferror(file) != 0);
	printf("%d\n", fseek(file, -100, SEEK_SET));
	rewind(file);
	while ((r = getline(&text, &size, file)) > 0)
		printf("%d:%s|", r, text);
	printf(" %d\n", feof(file) != 0);
	rewind(file);
	r = getdelim(&text, &size, 'n', file);
	printf("%d %s\n", r, text);
	fclose(file);
	free(text);

	/* Update streams: reading and writing take turns. */
	file = fopen(name, "r+");
	for (int i = 0; i < 3; i++)
		printf("%c", getc(file));
	fseek(file, 0, SEEK_CUR);
	fputs("XYZ", file);
	fflush(file);
	printf("%c", getc(file));
	printf("%ld\n", ftell(file));
	fseek(file, 0, SEEK_END);
	fputs("!", file);
	fseek(file, 0, SEEK_SET);
	printf("%s", fgets(line, sizeof line, file));
	fclose(file);
	show("r+");
	file = fopen(name, "a+");
	printf("%c", getc(file));
	fputs("app", file);
	printf(" %ld", ftell(file));
	rewind(file);
	fputs("end", file);
	fclose(file);
	show("a+");
	file = fopen(name, "w+");
	for (int i = 0; i < 30000; i++)
		putc(i % 251, file);
	rewind(file);
	r = 0;
	for (int i = 0; i < 30000; i++)
		r += getc(file) != i % 251;
	printf("%d", r);
	printf(" %d\n", getc(file));
	static char big[50000];
	fseek(file, 100, SEEK_SET);
	printf("%zu", fread(big, 7, 6000, file));
	printf(" %d %d\n", big[0], feof(file) != 0);
	fclose(file);

	/* Buffers. */
	for (int mode = 0; mode < 3; mode++) {
		char own[64];
		file = fopen(name, "w+");
		printf("%d", setvbuf(file, mode == 1 ? own : 0, mode == 0 ? _IOFBF : mode == 1 ? _IOLBF : _IONBF, sizeof own));
		fputs("a\nb", file);
		if (mode != 1)
			printf(" %d", (int)__fpending(file));
		fprintf(file, "%s-%d", "c\n", 5);
		if (mode != 1)
			printf(" %d\n", (int)__fpending(file));
		for (int i = 0; i < 50; i++)
			fprintf(file, "%d,", i);
		rewind(file);
		while (fgets(line, sizeof line, file))
			printf("%s", line);
		printf("\n");
		fclose(file);
	}

	/* freopen. */
	file = fopen(name, "w");
	fputs("old", file);
	FILE *same = freopen(name, "r", file);
	printf("%d %s\n", same == file, fgets(line, sizeof line, same));
	fclose(file);

	/* What the kernel refuses. */
	file = fopen("/dev/full", "w");
	r = fputs("text", file);
	errno = 0;
	printf("%d", r >= 0);
	r = fflush(file);
	printf(" %d %d %d\n", r, errno == ENOSPC, ferror(file) != 0);
	fclose(file);
	file = fopen("/dev/full", "w");
	setvbuf(file, 0, _IONBF, 0);
	printf("%d\n", fprintf(file, "x%d", 1));
	fclose(file);
	file = fopen(name, "w");
	close(fileno(file));
	fputs("lost", file);
	errno = 0;
	r = fclose(file);
	printf("%d %d\n", r, errno == EBADF);
	errno = 0;
	file = fopen("/tmp", "r");
	r = getc(file);
	printf("%d %d %d\n", r, errno == EISDIR, ferror(file) != 0);
	fclose(file);

	/* Memory. */
	text = 0;
	file = open_memstream(&text, &size);
	fprintf(file, "hello %d", 5);
	fflush(file);
	printf("%s %zu\n", text, size);
	for (int i = 0; i < 3000; i++)
		fprintf(file, "%d ", i);
	fflush(file);
	printf("%zu %s\n", size, text + size - 10);
	fseek(file, 6, SEEK_SET);
	fputs("six", file);
	fclose(file);
	printf("%zu %.20s\n", size, text);
	free(text);
	char fixed[16] = "0123456789";
	file = fmemopen(fixed, sizeof fixed, "r");
	printf("%d", fscanf(file, "%4d%s", &r, line));
	printf(" %d %.10s %d\n", r, line, getc(file) == 0);
	fclose(file);
	file = fmemopen(fixed, sizeof fixed, "w");
	fprintf(file, "abc");
	fclose(file);
	printf("%.16s\n", fixed);
	file = fmemopen(fixed, sizeof fixed, "a+");
	setbuf(file, 0);
	fprintf(file, "def");
	rewind(file);
	printf("%s\n", fgets(line, sizeof line, file));
	errno = 0;
	r = fprintf(file, "longer than what is left");
	printf("%d %.15s\n", r < 0 || r > 9, fixed);
	fclose(file);
	long total = 0;
	file = fopencookie(&total, "r+", (cookie_io_functions_t){ cookie_read, cookie_write, 0, cookie_close });
	r = 0;
	while (getc(file) != EOF)
		r++;
	printf("%d\n", r);
	fclose(file);
	file = fopencookie(&total, "w", (cookie_io_functions_t){ cookie_read, cookie_write, 0, cookie_close });
	for (int i = 0; i < 10000; i++)
		fputs("cookie", file);
	fclose(file);

	/* Processes. */
	fflush(stdout);
	file = popen("echo from the shell; exit 3", "r");
	printf("%s", fgets(line, sizeof line, file));
	printf("%d\n", pclose(file));
	fflush(stdout);
	file = popen("tr a-z A-Z", "w");
	fputs("to the shell\n", file);
	printf("%d\n", pclose(file));

	printf("%d", rename(name, "/tmp/dacapo-stdio-other"));
	printf(" %d\n", remove(name));
	printf("%d\n", remove("/tmp/dacapo-stdio-other"));
	file = tmpfile();
	fputs("temporary", file);
	rewind(file);
	printf("%s\n", fgets(line, sizeof line, file));
	fclose(file);
	char *t = tmpnam(0);
	printf("%d %d\n", strlen(t) < L_tmpnam, strncmp(t, "/tmp/", 5));

	int ends[2];
	pipe(ends);
	write(ends[1], "through a pipe\nand more", 23);
	close(ends[1]);
	file = fdopen(ends[0], "r");
	printf("%s", fgets(line, sizeof line, file));
	fflush(file);
	errno = 0;
	printf("%ld %d", ftell(file), errno == ESPIPE);
	printf(" %s\n", fgets(line, sizeof line, file));
	fclose(file);
	errno = 0;
	r = fdopen(ends[0], "r") != 0;
	printf("%d %d\n", r, errno == EBADF);
	r = putchar('c');
	printf("%d %d\n", r, putc_unlocked('.', stdout));
	flockfile(stdout);
	printf("%d\n", ftrylockfile(stdout));
	funlockfile(stdout);
	funlockfile(stdout);
	fputs("no newline at exit", stdout);
	return 0;
}
