/* Four threads on one stream: every line arrives whole, and so does what flockfile holds together. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, LINES = 30000 };
static FILE *file;
static pthread_barrier_t together;

static void *work(void *number)
{
	int me = (int)(long)number;
	pthread_barrier_wait(&together);
	for (int i = 0; i < LINES; i++) {
		switch (i % 3) {
		case 0:
			fprintf(file, "<%d %d %d %d>\n", me, me, me, i);
			break;
		case 1: {
			char line[64];
			sprintf(line, "<%d %d %d %d>\n", me, me, me, i);
			fputs(line, file);
			break;
		}
		default:
			flockfile(file);
			fputc('<', file);
			fprintf(file, "%d %d ", me, me);
			fprintf(file, "%d %d", me, i);
			fwrite(">\n", 1, 2, file);
			funlockfile(file);
		}
	}
	return 0;
}

int main(void)
{
	file = tmpfile();
	pthread_barrier_init(&together, 0, THREADS);
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], 0, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], 0);
	rewind(file);
	int next[THREADS] = { 0 }, bad = 0, lines = 0;
	char line[200];
	while (fgets(line, sizeof line, file)) {
		int a, b, c, i, end = 0;
		lines++;
		if (sscanf(line, "<%d %d %d %d>%n", &a, &b, &c, &i, &end) != 4 || line[end] != '\n' || a != b || b != c || a < 0 || a >= THREADS || next[a]++ != i)
			bad++;
	}
	printf("%d lines, %d bad\n", lines, bad);
	return bad != 0;
}
