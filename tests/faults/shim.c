/* Makes the n-th file operation below one folder fail, or the process die at it.
 *
 * Loaded with LD_PRELOAD. Environment:
 *   FAULT_ROOT    only operations on paths below this folder count
 *   FAULT_AT      number of the operation, from 1; 0 only counts
 *   FAULT_ACTION  kill (SIGKILL before the operation), enospc (from there on), eio (once)
 *   FAULT_COUNT   file that gets the number of operations when the process ends
 *   FAULT_WRITTEN file that gets a line "W path" for each file opened for writing, "S path" for
 *                 each one synced, and "R from<tab>to" for each one renamed
 * A process that forks for each trial calls fault_arm() instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FD 4096
static char fd_path[MAX_FD][512];
static char root[512];
static long at = 0, seen = 0;
static enum { KILL, ENOSPC_FROM, EIO_ONCE } action = KILL;
static int written_fd = -1, ready = 0;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void fault_arm(const char *folder, long number, const char *what, const char *written) {
    snprintf(root, sizeof root, "%s/", folder);
    at = number;
    seen = 0;
    action = KILL;
    if (what && !strcmp(what, "enospc")) action = ENOSPC_FROM;
    if (what && !strcmp(what, "eio")) action = EIO_ONCE;
    if (written && *written)
        written_fd = REAL(open)(written, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0644);
    ready = 1;
}

long fault_count(void) { return seen; }

__attribute__((constructor)) static void begin(void) {
    if (!getenv("FAULT_ROOT")) return;
    fault_arm(getenv("FAULT_ROOT"), getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0,
              getenv("FAULT_ACTION"), getenv("FAULT_WRITTEN"));
}

__attribute__((destructor)) static void end(void) {
    const char *value = getenv("FAULT_COUNT");
    if (!ready || !value) return;
    ready = 0;
    FILE *file = fopen(value, "w");
    if (file) { fprintf(file, "%ld\n", seen); fclose(file); }
}

static const char *absolute(const char *path, char *buffer, size_t size) {
    if (path[0] == '/') return path;
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder)) return path;
    snprintf(buffer, size, "%s/%s", folder, path);
    return buffer;
}

static int counts(const char *path) {
    char buffer[PATH_MAX * 2];
    return ready && path && !strncmp(absolute(path, buffer, sizeof buffer), root, strlen(root));
}

static void log_path(char kind, const char *path) {
    char buffer[PATH_MAX * 2], line[PATH_MAX * 2 + 4];
    if (written_fd < 0) return;
    int size = snprintf(line, sizeof line, "%c %s\n", kind, absolute(path, buffer, sizeof buffer));
    REAL(write)(written_fd, line, size);
}

/* One counted operation; 0 if it may go on, else the errno it fails with. */
static int strike(int needs_space) {
    seen++;
    if (!at || seen < at) return 0;
    if (action == KILL && seen == at) kill(getpid(), SIGKILL);
    if (action == ENOSPC_FROM && needs_space) return ENOSPC;
    if (action == EIO_ONCE && seen == at) return EIO;
    return 0;
}

#define STRIKE(needs_space) do { int e = strike(needs_space); if (e) { errno = e; return -1; } } while (0)

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < MAX_FD) {
        char buffer[PATH_MAX * 2];
        snprintf(fd_path[fd], sizeof fd_path[fd], "%s", absolute(path, buffer, sizeof buffer));
        if (flags & (O_WRONLY | O_RDWR)) log_path('W', path);
    }
    return fd;
}

#define OPEN(name)                                                                   \
    int name(const char *path, int flags, ...) {                                     \
        mode_t mode = 0;                                                             \
        if (flags & (O_CREAT | O_TMPFILE)) {                                         \
            va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); \
        }                                                                            \
        int below = counts(path);                                                    \
        if (below) STRIKE(flags & O_CREAT);                                          \
        int fd = REAL(name)(path, flags, mode);                                      \
        return below ? opened(fd, path, flags) : fd;                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                 \
    int name(int folder, const char *path, int flags, ...) {                         \
        mode_t mode = 0;                                                             \
        if (flags & (O_CREAT | O_TMPFILE)) {                                         \
            va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); \
        }                                                                            \
        int below = (folder == AT_FDCWD || path[0] == '/') && counts(path);          \
        if (below) STRIKE(flags & O_CREAT);                                          \
        int fd = REAL(name)(folder, path, flags, mode);                              \
        return below ? opened(fd, path, flags) : fd;                                 \
    }
OPENAT(openat)
OPENAT(openat64)

static int known(int fd) { return ready && fd >= 0 && fd < MAX_FD && fd_path[fd][0]; }

ssize_t write(int fd, const void *data, size_t size) {
    if (known(fd)) STRIKE(1);
    return REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    if (known(fd)) STRIKE(1);
    return REAL(pwrite)(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    if (known(fd)) STRIKE(1);
    return REAL(pwrite64)(fd, data, size, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (known(fd)) STRIKE(1);
    return REAL(writev)(fd, parts, count);
}
int close(int fd) {
    if (known(fd)) { fd_path[fd][0] = 0; STRIKE(0); }
    return REAL(close)(fd);
}
int fsync(int fd) {
    if (known(fd)) { STRIKE(0); log_path('S', fd_path[fd]); }
    return REAL(fsync)(fd);
}
int fdatasync(int fd) {
    if (known(fd)) { STRIKE(0); log_path('S', fd_path[fd]); }
    return REAL(fdatasync)(fd);
}
int rename(const char *from, const char *to) {
    if (counts(to)) { STRIKE(1); }
    int result = REAL(rename)(from, to);
    if (!result && counts(to) && written_fd >= 0) {
        char line[PATH_MAX * 4], one[PATH_MAX * 2], other[PATH_MAX * 2];
        int size = snprintf(line, sizeof line, "R %s\t%s\n", absolute(from, one, sizeof one),
                            absolute(to, other, sizeof other));
        REAL(write)(written_fd, line, size);
    }
    return result;
}
int mkdir(const char *path, mode_t mode) {
    if (counts(path)) STRIKE(1);
    return REAL(mkdir)(path, mode);
}
int unlink(const char *path) {
    if (counts(path)) STRIKE(0);
    return REAL(unlink)(path);
}
int rmdir(const char *path) {
    if (counts(path)) STRIKE(0);
    return REAL(rmdir)(path);
}
