// LD_PRELOAD library that injects disk faults into an unmodified program. It intercepts the operations on files below
// NVRHUB_DISK_DIR, except lock files, and is controlled by the file NVRHUB_DISK_CONTROL (control.h).
//
// A power cut kills the program and restores its files to their synced content, with or without part of the unsynced
// content. Directory operations (rename, link, unlink) are durable at once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

enum { max_descriptors = 1 << 16 };

static struct control* control; // NULL: no faults requested
static const char* directory;
static size_t directory_length;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // of the journal
static struct {
  int file; // number in the journal plus one; 0: not intercepted
  bool dsync;
} descriptors[max_descriptors];
static _Thread_local bool inside; // set during the shim's own calls, which are not intercepted

#define REAL(name) ((__typeof__(&name))real(#name))

static void* real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

static void renew_mutex(void) {
  pthread_mutex_init(&mutex, NULL);
}

__attribute__((constructor)) static void begin(void) {
  const char* const file = getenv("NVRHUB_DISK_CONTROL");
  directory = getenv("NVRHUB_DISK_DIR");
  if (file == NULL || directory == NULL) return;
  directory_length = strlen(directory);
  const int fd = REAL(open)(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) abort();
  REAL(close)(fd);
  pthread_atfork(NULL, NULL, renew_mutex);
}

// ---- which files are intercepted ----

static bool is_below(const char* path) {
  return control != NULL && !inside && strncmp(path, directory, directory_length) == 0;
}

static bool is_lock(const char* path) {
  const char* const name = strrchr(path, '/');
  return name != NULL && (strcmp(name, "/lock.mdb") == 0 || strcmp(name, "/nvrhub.lock") == 0);
}

/// The file's number in the journal, or -1.
static int file_of(int fd) {
  if (control == NULL || inside || fd < 0 || fd >= max_descriptors) return -1;
  return descriptors[fd].file - 1;
}

static void lock(void) {
  pthread_mutex_lock(&mutex);
  inside = true;
}
static void unlock(void) {
  inside = false;
  pthread_mutex_unlock(&mutex);
}

// ---- faults ----

/// Kills this process if the power was cut in another process of the program.
static void die_if_power_is_cut(void) {
  if (control->dead != 0) kill(getpid(), SIGKILL);
}

/// Kills this process; its forked child then restores the files, when the program no longer has them open.
static void cut_the_power(void) {
  control->dead = 1;
  const pid_t server = getpid();
  const pid_t child = fork();
  if (child != 0) {
    kill(server, SIGKILL);
    for (;;)
      pause();
  }
  inside = true;
  while (getppid() == server)
    usleep(200);
  journal_cut(control);
  _exit(0);
}

/// REQUIRES: called once per operation, where the power may be cut, with the mutex held.
static void count_operation(void) {
  atomic_fetch_add(&control->operations, 1);
  if (control->cut > 0 && atomic_fetch_sub(&control->cut, 1) == 1) cut_the_power();
}

/// Whether this operation must fail with `cause`; sets errno.
static bool fails(int cause) {
  static _Atomic uint32_t state = 1;
  if (cause == 0) return false;
  const uint32_t of = (uint32_t)control->one_in;
  const uint32_t random = atomic_fetch_add(&state, 0x9E3779B9U) * 0x85EBCA6BU;
  if (of > 1 && (random >> 16) % of != 0) return false;
  atomic_fetch_add(&control->failed, 1);
  errno = cause;
  return true;
}

/// Ends early when the test sets a shorter delay: a disk that hung answers again.
static void be_slow(void) {
  const struct timespec pause = {0, 10 * 1000000L};
  for (int ms = 0; ms < control->sync_delay_ms; ms += 10)
    nanosleep(&pause, NULL);
}

static bool landed; // a meta page was written although its write reported an error; all later writes fail

static int cause_of_failed_write(void) {
  if (control->meta_lands == 0) landed = false;
  return landed ? EROFS : control->write_errno;
}

// ---- writes ----

static ssize_t write_durably(int fd, int file, const void* data, size_t bytes, off_t offset) {
  be_slow();
  lock();
  ssize_t done = -1;
  if (!fails(cause_of_failed_write())) {
    const bool refused = fails(control->meta_errno);
    const int cause = errno;
    if (!refused || control->meta_lands != 0) {
      journal_will_write(file, offset, bytes);
      done = REAL(pwrite)(fd, data, bytes, offset);
      count_operation();
    }
    if (refused) {
      journal_lost_sync(file);
      landed = control->meta_lands != 0;
      done = -1;
      errno = cause;
    } else if (done > 0) {
      journal_wrote_durably(file, offset, data, (size_t)done);
    }
  }
  unlock();
  return done;
}

static ssize_t write_at(int fd, int file, const void* data, size_t bytes, off_t offset) {
  die_if_power_is_cut();
  if (descriptors[fd].dsync) return write_durably(fd, file, data, bytes, offset);
  lock();
  ssize_t done = -1;
  if (!fails(cause_of_failed_write())) {
    journal_will_write(file, offset, bytes);
    done = REAL(pwrite)(fd, data, bytes, offset);
    count_operation();
  }
  unlock();
  return done;
}

ssize_t pwrite(int fd, const void* data, size_t bytes, off_t offset) {
  const int file = file_of(fd);
  return file < 0 ? REAL(pwrite)(fd, data, bytes, offset) : write_at(fd, file, data, bytes, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t bytes, off_t offset) {
  return pwrite(fd, data, bytes, offset);
}

ssize_t write(int fd, const void* data, size_t bytes) {
  const int file = file_of(fd);
  if (file < 0) return REAL(write)(fd, data, bytes);
  const off_t offset = lseek(fd, 0, SEEK_CUR);
  const ssize_t done = write_at(fd, file, data, bytes, offset);
  if (done > 0) lseek(fd, offset + done, SEEK_SET);
  return done;
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (file_of(fd) < 0) return REAL(writev)(fd, parts, count);
  ssize_t all = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return all > 0 ? all : -1;
    all += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return all;
}

int ftruncate(int fd, off_t bytes) {
  const int file = file_of(fd);
  if (file < 0) return REAL(ftruncate)(fd, bytes);
  die_if_power_is_cut();
  lock();
  struct stat info;
  int done = -1;
  if (!fails(cause_of_failed_write())) {
    if (fstat(fd, &info) == 0 && info.st_size > bytes) journal_will_write(file, bytes, (size_t)(info.st_size - bytes));
    done = REAL(ftruncate)(fd, bytes);
    count_operation();
  }
  unlock();
  return done;
}
int ftruncate64(int fd, off_t bytes) {
  return ftruncate(fd, bytes);
}

// ---- syncs: the journal records what is durable, so the real disk is not synced ----

static int sync_file(int fd, int (*really)(int)) {
  const int file = file_of(fd);
  if (file < 0) return control == NULL ? really(fd) : 0;
  die_if_power_is_cut();
  be_slow();
  lock();
  count_operation();
  const bool failed = fails(control->sync_errno);
  const int cause = errno;
  failed ? journal_lost_sync(file) : journal_synced(file);
  unlock();
  errno = cause;
  return failed ? -1 : 0;
}

int fdatasync(int fd) {
  return sync_file(fd, REAL(fdatasync));
}
int fsync(int fd) {
  return sync_file(fd, REAL(fsync));
}

// ---- names ----

static int open_below(const char* path, int flags, mode_t mode) {
  die_if_power_is_cut();
  const bool writes = (flags & O_ACCMODE) != O_RDONLY && !is_lock(path);
  if (writes && fails(control->open_errno)) return -1;
  const int fd = REAL(open)(path, flags, mode);
  if (fd < 0 || fd >= max_descriptors || !writes) return fd;
  lock();
  descriptors[fd].file = journal_file(fd) + 1;
  descriptors[fd].dsync = (flags & O_DSYNC) != 0;
  unlock();
  return fd;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return is_below(path) ? open_below(path, flags, mode) : REAL(open)(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open(path, flags, mode);
}

int close(int fd) {
  if (file_of(fd) >= 0) descriptors[fd].file = 0;
  return REAL(close)(fd);
}

/// Whether a directory change may succeed.
static bool may_change(const char* path) {
  if (!is_below(path)) return true;
  die_if_power_is_cut();
  lock();
  count_operation();
  unlock();
  return !fails(control->open_errno);
}

int rename(const char* from, const char* to) {
  return may_change(to) ? REAL(rename)(from, to) : -1;
}
int link(const char* from, const char* to) {
  return may_change(to) ? REAL(link)(from, to) : -1;
}
int unlink(const char* path) {
  return may_change(path) ? REAL(unlink)(path) : -1;
}
int mkdir(const char* path, mode_t mode) {
  return may_change(path) ? REAL(mkdir)(path, mode) : -1;
}
int unlinkat(int at, const char* path, int flags) {
  if (control != NULL && !inside) die_if_power_is_cut();
  return REAL(unlinkat)(at, path, flags);
}
