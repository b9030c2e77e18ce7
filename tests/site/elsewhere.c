/* Another machine, for a build to run on: its clock is years ahead, and it lists folders backwards. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define AHEAD (1234 * 86400L + 12345)
#define MOST 4096

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, now);
    if (!code && clock == CLOCK_REALTIME) now->tv_sec += AHEAD;
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (where) *where = exact.tv_sec;
    return exact.tv_sec;
}

/* The entries of one open folder at a time, read whole at the first question and told from the last on. */
static __thread struct { DIR *of; int left; struct dirent64 entries[MOST]; } listed;

struct dirent64 *readdir64(DIR *folder) {
    static struct dirent64 *(*real)(DIR *);
    if (!real) real = dlsym(RTLD_NEXT, "readdir64");
    if (listed.of != folder) {
        struct dirent64 *entry;
        listed.of = folder;
        listed.left = 0;
        while ((entry = real(folder))) {
            if (listed.left == MOST) abort();
            memcpy(&listed.entries[listed.left++], entry, entry->d_reclen);
        }
    }
    return listed.left ? &listed.entries[--listed.left] : NULL;
}

int closedir(DIR *folder) {
    static int (*real)(DIR *);
    if (!real) real = dlsym(RTLD_NEXT, "closedir");
    if (listed.of == folder) listed.of = NULL;
    return real(folder);
}
