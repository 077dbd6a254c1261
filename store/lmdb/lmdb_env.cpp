#include "store/lmdb/lmdb_env.hpp"

#include <cerrno>
#include <string>

#include <unistd.h>

namespace nvrhub::store {

namespace {

constexpr unsigned max_readers = 1024;
constexpr mdb_mode_t env_mode = 0640;
// A sweep asks the kernel about each process that holds a slot. Slots that are all in use stay so for a while.
constexpr std::chrono::milliseconds min_sweep_interval{500};

const char* dbi_name(Table table) {
  constexpr std::array<const char*, table_count> names{
      "meta",         "nvrs", "cameras", "hostnames",    "seen",   "events",  "nvr_events", "base_nvrs",
      "base_cameras", "runs", "samples", "former_names", "alerts", "origins", "chain",      "parts"};
  return names[static_cast<std::size_t>(table)];
}

/// True: read-ahead would evict pages that are still needed.
bool outgrows_memory(const std::filesystem::path& path) {
  std::error_code ec;
  const auto bytes = std::filesystem::file_size(path / "data.mdb", ec);
  const auto memory =
      static_cast<std::uintmax_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uintmax_t>(::sysconf(_SC_PAGESIZE));
  return !ec && bytes > memory / 2;
}

unsigned flags_of(const LmdbOptions& options) {
  // NOTLS: a read transaction belongs to its Snapshot, not to a thread. NORDAHEAD: only for large files; in a small
  // one, read-ahead makes the first read of the past after a start three times as fast (decisions/0010). Never WRITEMAP
  // (a full disk becomes SIGBUS) or NOSYNC (a commit must be durable).
  const unsigned always = MDB_NOTLS | (outgrows_memory(options.path) ? MDB_NORDAHEAD : 0U);
  switch (options.mode) {
  case LmdbMode::write:
    return always;
  case LmdbMode::read:
    return always | MDB_RDONLY;
  case LmdbMode::read_unlocked:
    return always | MDB_RDONLY | MDB_NOLOCK;
  }
  return always;
}

Errc errc_of_lmdb(int code) {
  switch (code) {
  case MDB_CORRUPTED:
  case MDB_PAGE_NOTFOUND:
  case MDB_INVALID:
  case MDB_VERSION_MISMATCH:
  case MDB_CURSOR_FULL:
  case MDB_PAGE_FULL:
  case MDB_INCOMPATIBLE:
  case MDB_BAD_TXN:
  case MDB_KEYEXIST:
    return Errc::corrupt;
  case EACCES:
  case EPERM:
  case EROFS:
    return Errc::permission;
  default:
    return Errc::io;
  }
}

const char* advice_for(int code) {
  switch (code) {
  case ENOSPC:
  case EDQUOT:
    return ": free space on that file system";
  case MDB_MAP_FULL:
    return ": the store has reached its map size; reduce --history-days";
  case ENOMEM:
    return ": the address space limit of the process is too low (ulimit -v)";
  case MDB_READERS_FULL:
    return ": too many open snapshots; try again";
  case MDB_PANIC:
    return ": an earlier commit failed; the store is being reopened";
  default:
    return errc_of_lmdb(code) == Errc::corrupt ? ": the file is damaged; run `nvrhub check` on it" : "";
  }
}

} // namespace

Error lmdb_error(int code, std::string_view operation, const std::filesystem::path& path) {
  return {errc_of_lmdb(code), "could not " + std::string(operation) + " in " + path.string() + ": " +
                                  mdb_strerror(code) + advice_for(code)};
}

Result<std::unique_ptr<LmdbEnv>> LmdbEnv::open(const LmdbOptions& options) {
  MDB_env* raw = nullptr;
  if (const int rc = mdb_env_create(&raw)) {
    return tl::make_unexpected(lmdb_error(rc, "prepare the store", options.path));
  }
  std::unique_ptr<LmdbEnv> env(new LmdbEnv(raw)); // closes it on every return
  int rc = mdb_env_set_maxdbs(raw, table_count);
  if (rc == 0) rc = mdb_env_set_maxreaders(raw, max_readers);
  if (rc == 0) rc = mdb_env_set_mapsize(raw, options.map_bytes);
  if (rc == 0) rc = mdb_env_open(raw, options.path.c_str(), flags_of(options), env_mode);
  if (rc != 0) return tl::make_unexpected(lmdb_error(rc, "open data.mdb", options.path));
  env->path_ = options.path;
  env->mapping_ = mapping_of(env->data_file());
  NVRHUB_TRY(env->open_tables(options));
  return env;
}

int LmdbEnv::begin(unsigned flags, MDB_txn** txn) const {
  int rc = begin_or_full(flags, txn);
  // LMDB chooses the transaction's number before it copies the roots of the trees. If two commits come in between, the
  // roots are those of the second one, which need not be durable yet, and a later reader may see an older state.
  while (rc == 0 && (flags & MDB_RDONLY) != 0 && last_txn() >= mdb_txn_id(*txn) + 2) {
    mdb_txn_reset(*txn);
    rc = mdb_txn_renew(*txn);
    if (rc != 0) mdb_txn_abort(*txn);
  }
  return rc;
}

std::size_t LmdbEnv::last_txn() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_last_txnid;
}

int LmdbEnv::begin_or_full(unsigned flags, MDB_txn** txn) const {
  const int rc = mdb_txn_begin(env_, nullptr, flags, txn);
  if (rc != MDB_READERS_FULL) return rc;
  {
    const std::lock_guard lock(sweeping_); // a thread that waits here tries again after the sweep of another thread
    if (const auto now = std::chrono::steady_clock::now(); now - swept_ >= min_sweep_interval) {
      free_dead_readers();
      swept_ = now;
    }
  }
  return mdb_txn_begin(env_, nullptr, flags, txn);
}

void LmdbEnv::free_dead_readers() const {
  int dead = 0;
  mdb_reader_check(env_, &dead);
}

std::size_t LmdbEnv::page_bytes() const {
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  return stat.ms_psize;
}

int LmdbEnv::data_file() const {
  int descriptor = -1;
  mdb_env_get_fd(env_, &descriptor);
  return descriptor;
}

Result<void> LmdbEnv::sync() const {
  if (const int rc = mdb_env_sync(env_, 1)) return tl::make_unexpected(lmdb_error(rc, "sync data.mdb", path_));
  return {};
}

Result<void> LmdbEnv::open_tables(const LmdbOptions& options) {
  const bool writing = options.mode == LmdbMode::write;
  MDB_txn* txn = nullptr;
  int rc = begin(writing ? 0U : unsigned{MDB_RDONLY}, &txn);
  if (rc != 0) return tl::make_unexpected(lmdb_error(rc, "read data.mdb", options.path));
  for (std::size_t i = 0; i < table_count; ++i) {
    MDB_dbi dbi = 0;
    rc = mdb_dbi_open(txn, dbi_name(static_cast<Table>(i)), writing ? unsigned{MDB_CREATE} : 0U, &dbi);
    if (rc == MDB_NOTFOUND) continue;
    if (rc != 0) break;
    tables_[i] = dbi;
  }
  std::size_t found = 0;
  for (const auto& table : tables_)
    found += table ? 1 : 0;
  MDB_dbi all = 0; // LMDB's main database: the table directory
  MDB_stat stat{};
  if (rc == 0 || rc == MDB_NOTFOUND) rc = mdb_dbi_open(txn, nullptr, 0, &all);
  if (rc == 0) rc = mdb_stat(txn, all, &stat);
  if (rc == 0 && stat.ms_entries > found) {
    mdb_txn_abort(txn);
    return fail(Errc::corrupt, "data.mdb in " + options.path.string() + " has tables that nvrhub does not know");
  }
  if (rc != 0) {
    mdb_txn_abort(txn);
  } else {
    rc = mdb_txn_commit(txn); // for readers too: an abort would close the handles
  }
  if (rc != 0) return tl::make_unexpected(lmdb_error(rc, "open the tables", options.path));
  return {};
}

} // namespace nvrhub::store
