// The clock of the program under test, moved by its test: preloaded, this stands between the program
// and the C library.
//
// The file that CLOCK_MOVED names holds two numbers of 64 bits. The first is by how many seconds the
// system's clock is off; the test changes it while the program runs, and the monotonic clock does not
// follow, as on Linux. The second is how many times as fast the monotonic clock runs, and with it
// every wait and every time-out; it is read once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

static const volatile int64_t *moved_by;
static int64_t pace = 1;
static int64_t begun;

static int (*actual_clock)(clockid_t, struct timespec *);
static int (*actual_wait)(int, struct epoll_event *, int, int);

static int64_t actual(clockid_t clock) {
    struct timespec at;
    actual_clock(clock, &at);
    return at.tv_sec * SECOND + at.tv_nsec;
}

__attribute__((constructor)) static void begin(void) {
    static const int64_t nothing[2] = {0, 1};
    actual_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    actual_wait = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
    begun = actual(CLOCK_MONOTONIC);
    const char *name = getenv("CLOCK_MOVED");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    const int64_t *page = mmap(NULL, sizeof nothing, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    moved_by = page == MAP_FAILED ? nothing : page;
    pace = moved_by[1];
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return actual_clock(clock, at);
    int64_t time = actual(clock);
    if (clock == CLOCK_REALTIME) time += moved_by[0] * SECOND;
    else time = begun + (time - begun) * pace;
    at->tv_sec = time / SECOND;
    at->tv_nsec = time % SECOND;
    return 0;
}

// SQLite asks this one.
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    at->tv_sec = time.tv_sec;
    at->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (at) *at = time.tv_sec;
    return time.tv_sec;
}

// Every timer of the program ends here.
int epoll_wait(int file, struct epoll_event *events, int most, int wait_ms) {
    if (wait_ms > 0) wait_ms = (int)((wait_ms + pace - 1) / pace);
    return actual_wait(file, events, most, wait_ms);
}
