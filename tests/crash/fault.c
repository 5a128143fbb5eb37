/* A disk that fails, or a process that is killed, at the Nth operation that changes a file under a folder.
 *
 * FAULT_UNDER   the folder whose files count
 * FAULT_COUNT   a file to which the number of operations is written as they are counted (a counter in a shared mapping)
 * FAULT_AT      the operation at which it happens, from 1; 0 or absent: never
 * FAULT_KIND    kill: half of a write is done, then the process is killed
 *               once: this one operation fails with FAULT_ERRNO
 *               lasting: this one and all later ones fail with FAULT_ERRNO; what frees space still works
 * FAULT_LOG     a file to which it is written that a file was given its name before it was on the disk
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DIRTY = 4096 };
static char under[PATH_MAX];
static size_t under_length;
static volatile uint64_t *counted;
static uint64_t own_count;
static uint64_t at;
static int error_number;
static enum { NEVER, KILL, ONCE, LASTING } kind;
static int log_to = -1;
/* Files written to and not yet on the disk, by inode. */
static volatile ino_t dirty[DIRTY];

__attribute__((constructor)) static void begin(void) {
    const char *value = getenv("FAULT_UNDER");
    if (value == NULL || realpath(value, under) == NULL) return;
    under_length = strlen(under);
    counted = &own_count;
    if ((value = getenv("FAULT_COUNT")) != NULL) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, value, O_RDWR | O_CREAT, 0600);
        if (file >= 0 && syscall(SYS_ftruncate, file, (long)sizeof(uint64_t)) == 0) {
            void *mapped = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (mapped != MAP_FAILED) counted = mapped;
        }
        if (file >= 0) syscall(SYS_close, file);
    }
    at = (value = getenv("FAULT_AT")) ? strtoull(value, NULL, 10) : 0;
    error_number = (value = getenv("FAULT_ERRNO")) ? atoi(value) : EIO;
    if ((value = getenv("FAULT_KIND")) != NULL)
        kind = !strcmp(value, "kill") ? KILL : !strcmp(value, "once") ? ONCE : !strcmp(value, "lasting") ? LASTING : NEVER;
    if ((value = getenv("FAULT_LOG")) != NULL) log_to = (int)syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int held(const char *path) {
    return under_length && !strncmp(path, under, under_length) && (path[under_length] == '/' || path[under_length] == 0);
}

static int held_at(int folder, const char *path) {
    char whole[2 * PATH_MAX], folder_name[PATH_MAX], link[64];
    if (!under_length || path == NULL) return 0;
    if (path[0] == '/') return held(path);
    if (folder == AT_FDCWD) {
        if (getcwd(folder_name, sizeof folder_name) == NULL) return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, folder_name, sizeof folder_name - 1);
        if (length < 0) return 0;
        folder_name[length] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", folder_name, path);
    return held(whole);
}

static int held_file(int file) {
    char link[64], path[PATH_MAX];
    if (!under_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return held(path);
}

static void mark(int file, int written) {
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
    for (int i = 0; i < DIRTY; i++)
        if (dirty[i] == status.st_ino) {
            if (!written) dirty[i] = 0;
            return;
        }
    for (int i = 0; written && i < DIRTY; i++)
        if (__sync_bool_compare_and_swap(&dirty[i], 0, status.st_ino)) return;
}

static void named(int folder, const char *path) {
    struct stat status;
    if (log_to < 0 || fstatat(folder, path, &status, 0) != 0 || !S_ISREG(status.st_mode)) return;
    for (int i = 0; i < DIRTY; i++)
        if (dirty[i] == status.st_ino) {
            dprintf(log_to, "%s\n", path);
            return;
        }
}

/* Counts an operation; says whether it is to fail. `frees`: it only takes away. */
static int fails(int frees, int file, const void *bytes, size_t length, off_t offset) {
    uint64_t now = __sync_add_and_fetch(counted, 1);
    if (kind == NEVER || at == 0 || now < at) return 0;
    if (kind == KILL) {
        if (bytes != NULL) {
            if (offset < 0) (void)!syscall(SYS_write, file, bytes, length / 2);
            else (void)!syscall(SYS_pwrite64, file, bytes, length / 2, offset);
        }
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    if (kind == ONCE ? now != at : frees) return 0;
    errno = error_number;
    return 1;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    if (held_file(file)) {
        if (fails(0, file, bytes, length, -1)) return -1;
        mark(file, 1);
    }
    return real(file, bytes, length);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    if (held_file(file)) {
        if (fails(0, file, count > 0 ? parts[0].iov_base : NULL, count > 0 ? parts[0].iov_len : 0, -1)) return -1;
        mark(file, 1);
    }
    return real(file, parts, count);
}

#define PWRITE(name, kind_of_offset) \
    ssize_t name(int file, const void *bytes, size_t length, kind_of_offset offset) { \
        REAL(name); \
        if (held_file(file)) { \
            if (fails(0, file, bytes, length, offset)) return -1; \
            mark(file, 1); \
        } \
        return real(file, bytes, length, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
    REAL(copy_file_range);
    if (held_file(to)) {
        if (fails(0, to, NULL, 0, 0)) return -1;
        mark(to, 1);
    }
    return real(from, from_offset, to, to_offset, length, flags);
}

#define TRUNCATE(name, kind_of_offset) \
    int name(int file, kind_of_offset length) { \
        REAL(name); \
        if (held_file(file)) { \
            if (fails(length == 0, file, NULL, 0, 0)) return -1; \
            mark(file, 1); \
        } \
        return real(file, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int file) { \
        REAL(name); \
        if (held_file(file)) { \
            if (fails(0, file, NULL, 0, 0)) return -1; \
            mark(file, 0); \
        } \
        return real(file); \
    }
SYNC(fsync)
SYNC(fdatasync)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = va_arg(more, mode_t); \
        va_end(more); \
        if ((flags & (O_CREAT | O_TRUNC)) && held_at(AT_FDCWD, path) && fails(0, -1, NULL, 0, 0)) return -1; \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = va_arg(more, mode_t); \
        va_end(more); \
        if ((flags & (O_CREAT | O_TRUNC)) && held_at(folder, path) && fails(0, -1, NULL, 0, 0)) return -1; \
        return real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

int rename(const char *from, const char *to) {
    REAL(rename);
    if (held_at(AT_FDCWD, to)) {
        if (fails(0, -1, NULL, 0, 0)) return -1;
        named(AT_FDCWD, from);
    }
    return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    REAL(renameat);
    if (held_at(to_folder, to)) {
        if (fails(0, -1, NULL, 0, 0)) return -1;
        named(from_folder, from);
    }
    return real(from_folder, from, to_folder, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (held_at(AT_FDCWD, path) && fails(0, -1, NULL, 0, 0)) return -1;
    return real(path, mode);
}

int unlink(const char *path) {
    REAL(unlink);
    if (held_at(AT_FDCWD, path) && fails(1, -1, NULL, 0, 0)) return -1;
    return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    if (held_at(folder, path) && fails(1, -1, NULL, 0, 0)) return -1;
    return real(folder, path, flags);
}
