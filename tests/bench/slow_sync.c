/* Every sync takes so many microseconds longer (SLOW_SYNC): a disk without a write-back cache.
   Loaded before the C library; the real sync still happens. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void tarry(void) {
  const char *text = getenv("SLOW_SYNC");
  long micros = text ? atol(text) : 0;
  struct timespec wait = {micros / 1000000, (micros % 1000000) * 1000};
  nanosleep(&wait, 0);
}

static int real(const char *name, int file) {
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return sync(file);
}

int fsync(int file) {
  tarry();
  return real("fsync", file);
}

int fdatasync(int file) {
  tarry();
  return real("fdatasync", file);
}
