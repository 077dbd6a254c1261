#include "store/directory/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/backup/migrate.hpp"
#include "store/backup/staging_directory.hpp"
#include "store/directory/directory_lock.hpp"
#include "store/directory/epoch_file.hpp"
#include "store/integrity/verify_on_open.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace fs = std::filesystem;

namespace {

/// Removes the files that a failed open created. Existing files stay.
class CreatedFiles {
public:
  void add(const fs::path& file) { files_.push_back(file); }
  void add_if_absent(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error) && !error) add(file);
  }
  void keep() { files_.clear(); }
  ~CreatedFiles() {
    std::error_code ignored;
    for (auto file = files_.rbegin(); file != files_.rend(); ++file)
      fs::remove(*file, ignored);
  }

private:
  std::vector<fs::path> files_; // outermost first
};

Errc errc_of(int cause) {
  return cause == EACCES || cause == EPERM || cause == EROFS || cause == ENOENT || cause == ENOTDIR ? Errc::permission
                                                                                                    : Errc::io;
}

Result<void> require_directory(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const int cause = errno;
    return fail(errc_of(cause), "could not access the data directory " + path.string() + ": " + std::strerror(cause));
  }
  if (!S_ISDIR(info.st_mode)) {
    return fail(Errc::permission, path.string() + " is not a directory: name a directory for the data");
  }
  return {};
}

/// Checked before anything is changed, so that the error names the file.
Result<void> require_access(const fs::path& path, int mode) {
  if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 || errno == ENOENT) return {};
  const int cause = errno;
  return fail(errc_of(cause), std::string("could not ") + ((mode & W_OK) != 0 ? "write " : "read ") + path.string() +
                                  ": " + std::strerror(cause) + ": run nvrhub as the user who owns it");
}

/// Why the directory begins a new epoch; nullopt: it continues.
Result<std::optional<std::string>> reason_it_is_a_copy(Backend& backend, const fs::path& path,
                                                       bool keep_epoch_of_cluster) {
  NVRHUB_LET(txn, backend.begin_read());
  NVRHUB_LET(cluster, txn->get(Table::meta, meta::cluster));
  if (keep_epoch_of_cluster && cluster) return std::nullopt;
  return reason_for_new_epoch(*txn, read_epoch_file(path));
}

Error with_path(Error error, const fs::path& path) {
  if (error.message.find(path.string()) == std::string::npos) error.message = path.string() + ": " + error.message;
  return error;
}

struct OpenStore {
  std::unique_ptr<Store> store;
  Backend* backend;
};

Result<OpenStore> open_store(const fs::path& path, const DirectoryOptions& options) {
  const LmdbOptions reading{path, options.map_bytes, LmdbMode::read_unlocked};
  auto sound = verify_on_open(reading);
  if (!sound && sound.error().code == Errc::schema) {
    if (auto upgraded = migrate({path, options.map_bytes, LmdbMode::write}, options.on_progress); !upgraded) {
      // For a newer schema, the error of verify_on_open is more specific.
      return tl::make_unexpected(upgraded.error().code == Errc::schema ? sound.error() : upgraded.error());
    }
    sound = verify_on_open(reading);
  }
  NVRHUB_TRY(std::move(sound));
  clean_up_after_migration(path);
  NVRHUB_LET(backend, open_lmdb({path, options.map_bytes, LmdbMode::write}));
  Backend& tables = *backend;
  NVRHUB_LET(reason, reason_it_is_a_copy(tables, path, options.keep_epoch_of_cluster));
  if (!options.new_epoch.empty()) reason = options.new_epoch;
  NVRHUB_LET(store, Store::open(std::move(backend), reason.has_value()));
  NVRHUB_TRY(renew_epoch_file(tables, path, false));
  NVRHUB_TRY(sync_directory(path));
  if (reason && options.on_new_epoch) options.on_new_epoch(*reason);
  return OpenStore{std::move(store), &tables};
}

} // namespace

Result<std::unique_ptr<Directory>> Directory::open(const fs::path& path, const DirectoryOptions& options) {
  std::unique_ptr<Directory> directory(new Directory());
  CreatedFiles created; // destroyed before the lock: another server may start right after
  NVRHUB_LET(new_directory, make_directory(path));
  if (new_directory) created.add(path);
  NVRHUB_TRY(require_directory(path));
  NVRHUB_TRY(require_access(path, R_OK | W_OK | X_OK));
  for (const char* name : {lock_file_name, "data.mdb", "lock.mdb", "epoch"}) {
    NVRHUB_TRY(require_access(path / name, R_OK | W_OK));
  }
  std::error_code ec;
  const bool new_lock = !fs::exists(path / lock_file_name, ec);
  NVRHUB_LET(lock, lock_directory(path));
  directory->lock_fd_ = lock;
  if (new_lock) created.add(path / lock_file_name);
  for (const char* name : {"data.mdb", "lock.mdb", "epoch", "epoch.new"})
    created.add_if_absent(path / name);
  NVRHUB_TRY(lock_data_file(path, directory->data_lock_fd_)); // before an upgrade
  auto opened = open_store(path, options);
  if (!opened) return tl::make_unexpected(with_path(std::move(opened).error(), path));
  directory->path_ = path;
  directory->store_ = std::move(opened->store);
  directory->backend_ = opened->backend;
  NVRHUB_TRY(lock_data_file(path, directory->data_lock_fd_)); // it may be new
  write_lock_holder(lock);
  created.keep();
  return directory;
}

Result<std::unique_ptr<Directory>> Directory::open_read_only(const fs::path& path, const DirectoryOptions& options) {
  NVRHUB_TRY(require_directory(path));
  NVRHUB_TRY(require_access(path, R_OK | X_OK));
  NVRHUB_TRY(require_access(path / "data.mdb", R_OK));
  std::error_code ec;
  if (fs::file_size(path / "data.mdb", ec) == 0 || ec) {
    return fail(Errc::permission, path.string() + " contains no nvrhub data: check the path");
  }
  NVRHUB_LET(mode, read_mode(path));
  const LmdbOptions lmdb{path, options.map_bytes, mode};
  NVRHUB_TRY(verify_on_open(lmdb));
  NVRHUB_LET(backend, open_lmdb(lmdb));
  auto store = Store::open(std::move(backend));
  if (!store) return tl::make_unexpected(with_path(std::move(store).error(), path));
  std::unique_ptr<Directory> directory(new Directory());
  directory->store_ = std::move(*store);
  return directory;
}

Directory::~Directory() {
  if (backend_ != nullptr) (void)renew_epoch_file(*backend_, path_, true); // at worst as if the server was killed
  store_.reset();                                                          // before the lock is released
  if (data_lock_fd_ >= 0) unlock_data_file(data_lock_fd_);
  if (lock_fd_ >= 0) unlock_directory(lock_fd_);
}

} // namespace nvrhub::store
