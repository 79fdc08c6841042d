/* Ends a program at its Nth write to disk: LD_PRELOAD=cut.so CUT_AT=N PROGRAM.
 *
 * With CUT_SIGNAL=19 it is stopped there, so that something can happen before it goes on.
 *
 * bascule syncs each line of its journal, each before-image and each file that it puts in place, so
 * that N runs over every boundary there is. Only the program itself is ended, not what it starts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int left;
static int how = SIGKILL;

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("CUT_AT");
    left = at ? atoi(at) : 0;
    const char *signal = getenv("CUT_SIGNAL");
    if (signal)
        how = atoi(signal);
    unsetenv("LD_PRELOAD");
    unsetenv("CUT_AT");
    unsetenv("CUT_SIGNAL");
}

static int cut_after(const char *name, int fd) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = sync(fd);
    if (atomic_fetch_sub(&left, 1) == 1)
        kill(getpid(), how);
    return result;
}

int fsync(int fd) { return cut_after("fsync", fd); }
int fdatasync(int fd) { return cut_after("fdatasync", fd); }
