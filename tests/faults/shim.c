/* Makes the n-th file operation below one folder fail, or the process die at it.
 *
 * Loaded with LD_PRELOAD. Environment:
 *   FAULT_ROOT    only operations on paths below this folder count
 *   FAULT_AT      number of the operation, from 1; 0 only counts
 *   FAULT_ACTION  kill (SIGKILL before the operation), torn (SIGKILL when a write is half done; only
 *                 writes count), enospc (from there on), eio (once)
 *   FAULT_COUNT   file that gets the number of operations when the process ends
 *   FAULT_LOG     file that gets a line for each operation that a power loss may undo:
 *                 "W path" written, "S path" synced, "R from<tab>to" renamed, and, before a name
 *                 is taken from a file, "U path<tab>backup" with another name of the same file
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
static long at = 0, seen = 0, refused = 0;
static enum { KILL, TORN, ENOSPC_FROM, EIO_ONCE } action = KILL;
static int log_fd = -1, ready = 0;
static char log_name[512];
static long backups = 0;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void fault_arm(const char *folder, long number, const char *what, const char *log) {
    snprintf(root, sizeof root, "%s/", folder);
    at = number;
    seen = refused = 0;
    action = KILL;
    if (what && !strcmp(what, "torn")) action = TORN;
    if (what && !strcmp(what, "enospc")) action = ENOSPC_FROM;
    if (what && !strcmp(what, "eio")) action = EIO_ONCE;
    if (log && *log) {
        snprintf(log_name, sizeof log_name, "%s", log);
        log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0644);
    }
    ready = 1;
}

long fault_count(void) { return seen; }
long fault_refused(void) { return refused; }

__attribute__((constructor)) static void begin(void) {
    if (!getenv("FAULT_ROOT")) return;
    fault_arm(getenv("FAULT_ROOT"), getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0,
              getenv("FAULT_ACTION"), getenv("FAULT_LOG"));
}

__attribute__((destructor)) static void end(void) {
    const char *value = getenv("FAULT_COUNT");
    if (!ready || !value) return;
    ready = 0;
    FILE *file = fopen(value, "w");
    if (file) { fprintf(file, "%ld\n", seen); fclose(file); }
}

static const char *absolute_at(int folder, const char *path, char *buffer, size_t size) {
    char working[PATH_MAX];
    if (path[0] == '/') return path;
    const char *base = NULL;
    if (folder == AT_FDCWD) base = getcwd(working, sizeof working);
    else if (folder >= 0 && folder < MAX_FD && fd_path[folder][0]) base = fd_path[folder];
    if (!base) return path;
    snprintf(buffer, size, "%s/%s", base, path);
    return buffer;
}

static const char *absolute(const char *path, char *buffer, size_t size) {
    return absolute_at(AT_FDCWD, path, buffer, size);
}

static int counts(const char *path) {
    char buffer[PATH_MAX * 2];
    return ready && path && !strncmp(absolute(path, buffer, sizeof buffer), root, strlen(root));
}

static void log_line(char kind, const char *path, const char *other) {
    char line[PATH_MAX * 2];
    if (log_fd < 0) return;
    int size = snprintf(line, sizeof line, "%c %s%s%s\n", kind, path, other ? "\t" : "",
                        other ? other : "");
    REAL(write)(log_fd, line, size);
}

/* Give a file that is about to lose its name another one outside, so that it can come back. */
static void keep(const char *path) {
    struct stat found;
    if (log_fd < 0 || lstat(path, &found) || !S_ISREG(found.st_mode)) return;
    char backup[600];
    snprintf(backup, sizeof backup, "%s.%ld", log_name, ++backups);
    if (!link(path, backup)) log_line('U', path, backup);
}

/* One counted operation; 0 if it may go on, else the errno it fails with. */
static int strike(int needs_space) {
    if (action == TORN) return 0;
    seen++;
    if (!at || seen < at) return 0;
    if (action == KILL && seen == at) kill(getpid(), SIGKILL);
    int failed = 0;
    if (action == ENOSPC_FROM && needs_space) failed = ENOSPC;
    if (action == EIO_ONCE && seen == at) failed = EIO;
    refused += failed != 0;
    return failed;
}

#define STRIKE(needs_space) do { int e = strike(needs_space); if (e) { errno = e; return -1; } } while (0)

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < MAX_FD) {
        char buffer[PATH_MAX * 2];
        snprintf(fd_path[fd], sizeof fd_path[fd], "%s", absolute(path, buffer, sizeof buffer));
        if (flags & O_TRUNC) log_line('W', fd_path[fd], NULL);
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
        char buffer[PATH_MAX * 2];                                                   \
        const char *whole = absolute_at(folder, path, buffer, sizeof buffer);        \
        int below = counts(whole);                                                   \
        if (below) STRIKE(flags & O_CREAT);                                          \
        int fd = REAL(name)(folder, path, flags, mode);                              \
        return below ? opened(fd, whole, flags) : fd;                                \
    }
OPENAT(openat)
OPENAT(openat64)

static int known(int fd) { return ready && fd >= 0 && fd < MAX_FD && fd_path[fd][0]; }

/* Before a write: the tear writes its first half and dies. */
static int strike_write(int fd, const void *data, size_t size, off_t offset) {
    if (action == TORN && ++seen == at) {
        if (offset < 0) REAL(write)(fd, data, size / 2);
        else REAL(pwrite)(fd, data, size / 2, offset);
        kill(getpid(), SIGKILL);
    }
    int failed = strike(1);
    if (!failed) log_line('W', fd_path[fd], NULL);
    return failed;
}

#define STRIKE_WRITE(data, size, offset)                                              \
    if (known(fd)) { int e = strike_write(fd, data, size, offset); if (e) { errno = e; return -1; } }

ssize_t write(int fd, const void *data, size_t size) {
    STRIKE_WRITE(data, size, -1)
    return REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    STRIKE_WRITE(data, size, offset)
    return REAL(pwrite)(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    STRIKE_WRITE(data, size, offset)
    return REAL(pwrite64)(fd, data, size, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    STRIKE_WRITE(parts[0].iov_base, parts[0].iov_len, -1)
    return REAL(writev)(fd, parts, count);
}
int ftruncate(int fd, off_t size) {
    STRIKE_WRITE("", 0, 0)
    return REAL(ftruncate)(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    STRIKE_WRITE("", 0, 0)
    return REAL(ftruncate64)(fd, size);
}
int close(int fd) {
    int failed = 0;
    if (known(fd)) { failed = strike(0); fd_path[fd][0] = 0; }
    int result = REAL(close)(fd);
    if (failed) { errno = failed; return -1; }
    return result;
}

#define SYNC(name)                                                                    \
    int name(int fd) {                                                                \
        if (known(fd)) STRIKE(0);                                                     \
        int result = REAL(name)(fd);                                                  \
        if (!result && known(fd)) log_line('S', fd_path[fd], NULL);                   \
        return result;                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    char one[PATH_MAX * 2], other[PATH_MAX * 2];
    const char *whole = absolute(to, other, sizeof other);
    int below = counts(to);
    if (below) { STRIKE(1); keep(whole); }
    int result = REAL(rename)(from, to);
    if (!result && below) log_line('R', absolute(from, one, sizeof one), whole);
    return result;
}
int mkdir(const char *path, mode_t mode) {
    if (counts(path)) STRIKE(1);
    return REAL(mkdir)(path, mode);
}
int unlink(const char *path) {
    char buffer[PATH_MAX * 2];
    if (counts(path)) { STRIKE(0); keep(absolute(path, buffer, sizeof buffer)); }
    return REAL(unlink)(path);
}
int unlinkat(int folder, const char *path, int flags) {
    char buffer[PATH_MAX * 2];
    const char *whole = absolute_at(folder, path, buffer, sizeof buffer);
    if (counts(whole)) { STRIKE(0); keep(whole); }
    return REAL(unlinkat)(folder, path, flags);
}
int rmdir(const char *path) {
    if (counts(path)) STRIKE(0);
    return REAL(rmdir)(path);
}
