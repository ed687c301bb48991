/* Writes that fail on command, for the drill disk-full: loaded before libc (LD_PRELOAD).
 *
 * DRILL_FAULTS names a file whose first page is shared with the drill; DRILL_FAULTS_UNDER the folder whose
 * files are meant. Every write, truncation or sync of such a file is counted; the ones from `first` on,
 * `count` of them, fail with `error` and do nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct page {
    _Atomic int64_t first, count, error, seen, failed;
};

static struct page *page;
static char under[4096];

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("DRILL_FAULTS"), *folder = getenv("DRILL_FAULTS_UNDER");
    if (!path || !folder || strlen(folder) >= sizeof under) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) return;
    strcpy(under, folder);
    page = shared;
}

/* Is it this one's turn to fail? */
static int fails(int file) {
    if (!page || page->count <= 0) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, under, strlen(under)) != 0) return 0;
    int64_t number = ++page->seen;
    if (number < page->first || number >= page->first + page->count) return 0;
    page->failed++;
    errno = (int)page->error;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    return fails(file) ? -1 : real(file, bytes, length);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    return fails(file) ? -1 : real(file, parts, count);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    REAL(pwrite);
    return fails(file) ? -1 : real(file, bytes, length, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    REAL(pwrite64);
    return fails(file) ? -1 : real(file, bytes, length, offset);
}

int ftruncate(int file, off_t length) {
    REAL(ftruncate);
    return fails(file) ? -1 : real(file, length);
}

int ftruncate64(int file, off64_t length) {
    REAL(ftruncate64);
    return fails(file) ? -1 : real(file, length);
}

int posix_fallocate(int file, off_t offset, off_t length) {
    REAL(posix_fallocate);
    return fails(file) ? errno : real(file, offset, length);
}

int fsync(int file) {
    REAL(fsync);
    return fails(file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return fails(file) ? -1 : real(file);
}
