/* Stands between a process and the disk, for the files of one folder: writes down what was asked of
   the disk, in its order, and lets it fail on demand. Also moves the clock. Loaded by LD_PRELOAD.

   SHIM_FOLDER   the folder, without symbolic links: all else passes untouched
   SHIM_JOURNAL  where every write, truncation, sync, unlink and rename is recorded; may be unset
   SHIM_CONTROL  a file of one word that is obeyed from the next call on; may be unset:
                 full       writes fail with ENOSPC
                 readonly   writes, and opening to write, fail with EROFS
                 unsynced   syncs fail with EIO
                 slow N     every sync takes N milliseconds longer
                 clock N    the time of day is N seconds later

   The real calls are made by number, so that nothing here can call itself. */

#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "system calls are made with 64-bit offsets");
enum { MOST_FILES = 4096 };

struct fault {
    char word[16];
    long number;
};

/* As `disk.py` reads it: followed by the name, then by the bytes. */
struct record {
    char kind;
    char nothing;
    uint16_t name;
    uint32_t bytes;
    int64_t offset;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER; /* a call and its record are one step */
static const char *folder, *control;
static int journal = -1;
static char *names[MOST_FILES]; /* of the open files in the folder, by descriptor */

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SHIM_JOURNAL");
    control = getenv("SHIM_CONTROL");
    if (path) journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    folder = getenv("SHIM_FOLDER");
}

static struct fault fault(void) {
    struct fault found = {"", 0};
    char text[64];
    int before = errno, fd = control ? syscall(SYS_openat, AT_FDCWD, control, O_RDONLY, 0) : -1;
    if (fd >= 0) {
        long length = syscall(SYS_read, fd, text, sizeof text - 1);
        text[length > 0 ? length : 0] = 0;
        sscanf(text, "%15s %ld", found.word, &found.number);
        syscall(SYS_close, fd);
    }
    errno = before;
    return found;
}

static int is(struct fault found, const char *word) { return strcmp(found.word, word) == 0; }

static int failed(int error) {
    errno = error;
    return -1;
}

/* The part of a path that follows the folder, `` for the folder itself; or null. */
static const char *inside(const char *path) {
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length) || (path[length] && path[length] != '/'))
        return NULL;
    return path + length + (path[length] == '/');
}

static const char *name_of(int fd) { return fd >= 0 && fd < MOST_FILES ? names[fd] : NULL; }

static void record(char kind, const char *name, int64_t offset, const void *bytes, size_t length) {
    int before = errno;
    struct record head = {kind, 0, strlen(name), length, offset};
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)name, head.name}, {(void *)bytes, length}};
    long all = sizeof head + head.name + length;
    if (journal >= 0 && syscall(SYS_writev, journal, parts, 3) != all) abort();
    errno = before;
}

/* --- open and close --- */

static int open_at(int at, const char *path, int flags, mode_t mode) {
    char link[32], whole[PATH_MAX];
    if (!folder) return syscall(SYS_openat, at, path, flags, mode);
    if ((flags & O_ACCMODE) != O_RDONLY && inside(path) && is(fault(), "readonly"))
        return failed(EROFS);
    pthread_mutex_lock(&turn);
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && fd < MOST_FILES) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        long length = readlink(link, whole, sizeof whole - 1);
        whole[length > 0 ? length : 0] = 0;
        const char *name = inside(whole);
        free(names[fd]);
        names[fd] = name ? strdup(name) : NULL;
        if (name && flags & O_TRUNC) record('t', name, 0, "", 0);
    }
    pthread_mutex_unlock(&turn);
    return fd;
}

/* The mode is there only for a file that may be made. */
#define OPEN(name, at, ...)                                                  \
    int name(__VA_ARGS__, int flags, ...) {                                  \
        int makes = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;     \
        va_list more;                                                        \
        va_start(more, flags);                                               \
        mode_t mode = makes ? va_arg(more, mode_t) : 0;                      \
        va_end(more);                                                        \
        return open_at(at, path, flags, mode);                               \
    }
OPEN(open, AT_FDCWD, const char *path)
OPEN(open64, AT_FDCWD, const char *path)
OPEN(openat, folder_fd, int folder_fd, const char *path)
OPEN(openat64, folder_fd, int folder_fd, const char *path)

int close(int fd) {
    if (!name_of(fd)) return syscall(SYS_close, fd);
    pthread_mutex_lock(&turn);
    free(names[fd]);
    names[fd] = NULL;
    int done = syscall(SYS_close, fd);
    pthread_mutex_unlock(&turn);
    return done;
}

/* --- writes --- */

static int refused(void) {
    struct fault now = fault();
    return is(now, "full") ? ENOSPC : is(now, "readonly") ? EROFS : 0;
}

/* A write where the file stands (offset -1), or at an offset. */
static ssize_t written(int fd, const void *bytes, size_t length, off_t offset) {
    int here = offset < 0, error = refused();
    if (error) return failed(error);
    pthread_mutex_lock(&turn);
    ssize_t done = here ? syscall(SYS_write, fd, bytes, length)
                        : syscall(SYS_pwrite64, fd, bytes, length, offset);
    if (here) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR) - done;
    if (done >= 0) record('w', names[fd], offset, bytes, done);
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return name_of(fd) ? written(fd, bytes, length, -1) : syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    if (!name_of(fd)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
    return written(fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int ftruncate64(int fd, off64_t length) {
    struct stat now;
    if (!name_of(fd)) return syscall(SYS_ftruncate, fd, length);
    int error = fstat(fd, &now) ? 0 : refused();
    if (error == EROFS || (error && length > now.st_size)) return failed(error);
    pthread_mutex_lock(&turn);
    int done = syscall(SYS_ftruncate, fd, length);
    if (!done) record('t', names[fd], length, "", 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* --- syncs --- */

static int synced(int fd, long number) {
    if (!name_of(fd)) return syscall(number, fd);
    struct fault now = fault();
    if (is(now, "slow")) usleep(now.number * 1000);
    pthread_mutex_lock(&turn);
    int done = is(now, "unsynced") ? failed(EIO) : syscall(number, fd);
    record(done ? 'f' : 's', names[fd], 0, "", 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* --- names --- */

int unlink(const char *path) {
    const char *name = inside(path);
    if (name && is(fault(), "readonly")) return failed(EROFS);
    pthread_mutex_lock(&turn);
    int done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (name && !done) record('u', name, 0, "", 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int rename(const char *old, const char *new) {
    const char *from = inside(old), *to = inside(new);
    if ((from || to) && is(fault(), "readonly")) return failed(EROFS);
    pthread_mutex_lock(&turn);
    int done = syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
    if (from && to && !done) record('r', from, 0, to, strlen(to));
    pthread_mutex_unlock(&turn);
    return done;
}

/* --- the time of day --- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = syscall(SYS_clock_gettime, clock, now);
    struct fault later = clock == CLOCK_REALTIME && !done ? fault() : (struct fault){"", 0};
    if (is(later, "clock")) now->tv_sec += later.number;
    return done;
}

time_t time(time_t *copy) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (copy) *copy = now.tv_sec;
    return now.tv_sec;
}
