#include "store/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/directory_lock.hpp"
#include "store/epoch_file.hpp"
#include "store/look_over.hpp"
#include "store/migrate.hpp"
#include "store/new_files.hpp"
#include "store/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

/// Takes back what a failed open made. What was there before stays.
class Traces {
public:
  void made(const fs::path& file) { made_.push_back(file); }
  void note(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error) && !error) made(file);
  }
  void keep() { made_.clear(); }
  ~Traces() {
    std::error_code ignored;
    for (auto file = made_.rbegin(); file != made_.rend(); ++file)
      fs::remove(*file, ignored);
  }

private:
  std::vector<fs::path> made_; // outermost first
};

Errc errc_of(int cause) {
  return cause == EACCES || cause == EPERM || cause == EROFS || cause == ENOENT || cause == ENOTDIR ? Errc::permission
                                                                                                    : Errc::io;
}

Result<void> require_directory(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const int cause = errno;
    return fail(errc_of(cause), "can't reach the data directory " + path.string() + ": " + std::strerror(cause));
  }
  if (!S_ISDIR(info.st_mode)) {
    return fail(Errc::permission, path.string() + " is not a directory: name one that nvrhub may keep its data in");
  }
  return {};
}

/// Asks before anything is touched, so that the answer names the file and not a step of the opening.
Result<void> require_access(const fs::path& path, int mode) {
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 || errno == ENOENT) return {};
  const int cause = errno;
  return fail(errc_of(cause), std::string("may not ") + ((mode & W_OK) != 0 ? "write " : "read ") + path.string() +
                                  ": " + std::strerror(cause) + ": run nvrhub as the user who owns it");
}

Result<bool> is_copy(Backend& backend, const fs::path& path) {
  NVRHUB_LET(txn, backend.begin_read());
  NVRHUB_LET(at_home, is_at_home(*txn, read_epoch_file(path)));
  return !at_home;
}

Error named(Error error, const fs::path& path) {
  if (error.message.find(path.string()) == std::string::npos) error.message = path.string() + ": " + error.message;
  return error;
}

Result<std::unique_ptr<Store>> open_store(const fs::path& path, const DirectoryOptions& options) {
  const LmdbOptions reading{path, options.map_bytes, LmdbMode::read_unlocked};
  auto sound = look_over(reading);
  if (!sound && sound.error().code == Errc::schema) {
    if (auto upgraded = migrate({path, options.map_bytes, LmdbMode::write}, options.tell); !upgraded) {
      // Of a newer schema look_over says more.
      return tl::make_unexpected(upgraded.error().code == Errc::schema ? sound.error() : upgraded.error());
    }
    sound = look_over(reading);
  }
  NVRHUB_TRY(std::move(sound));
  tidy_after_migration(path);
  NVRHUB_LET(backend, open_lmdb({path, options.map_bytes, LmdbMode::write}));
  Backend& tables = *backend;
  NVRHUB_LET(copied, is_copy(tables, path));
  NVRHUB_LET(store, Store::open(std::move(backend), copied));
  NVRHUB_TRY(renew_epoch_file(tables, path));
  NVRHUB_TRY(sync_directory(path));
  return std::move(store);
}

} // namespace

Result<std::unique_ptr<Directory>> Directory::open(const fs::path& path, const DirectoryOptions& options) {
  std::unique_ptr<Directory> directory(new Directory());
  Traces traces; // gone before the lock is: another server may come in right after
  NVRHUB_LET(new_directory, make_directory(path));
  if (new_directory) traces.made(path);
  NVRHUB_TRY(require_directory(path));
  NVRHUB_TRY(require_access(path, R_OK | W_OK | X_OK));
  for (const char* name : {lock_file_name, "data.mdb", "lock.mdb", "epoch"}) {
    NVRHUB_TRY(require_access(path / name, R_OK | W_OK));
  }
  std::error_code none;
  const bool new_lock = !fs::exists(path / lock_file_name, none);
  NVRHUB_LET(lock, lock_directory(path));
  directory->lock_fd_ = lock;
  if (new_lock) traces.made(path / lock_file_name);
  for (const char* name : {"data.mdb", "lock.mdb", "epoch"})
    traces.note(path / name);
  auto store = open_store(path, options);
  if (!store) return tl::make_unexpected(named(std::move(store).error(), path));
  directory->store_ = std::move(*store);
  name_lock_holder(lock);
  traces.keep();
  return directory;
}

Result<std::unique_ptr<Directory>> Directory::open_read_only(const fs::path& path, const DirectoryOptions& options) {
  NVRHUB_TRY(require_directory(path));
  NVRHUB_TRY(require_access(path, R_OK | X_OK));
  NVRHUB_TRY(require_access(path / "data.mdb", R_OK));
  std::error_code none;
  if (fs::file_size(path / "data.mdb", none) == 0 || none) {
    return fail(Errc::permission, path.string() + " holds no data of nvrhub: is it the right directory?");
  }
  NVRHUB_LET(mode, reading_mode(path));
  const LmdbOptions lmdb{path, options.map_bytes, mode};
  NVRHUB_TRY(look_over(lmdb));
  NVRHUB_LET(backend, open_lmdb(lmdb));
  auto store = Store::open(std::move(backend));
  if (!store) return tl::make_unexpected(named(std::move(store).error(), path));
  std::unique_ptr<Directory> directory(new Directory());
  directory->store_ = std::move(*store);
  return directory;
}

Directory::~Directory() {
  store_.reset(); // before another server may come in
  if (lock_fd_ >= 0) unlock_directory(lock_fd_);
}

} // namespace nvrhub::store
