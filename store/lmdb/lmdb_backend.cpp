#include "store/lmdb/lmdb_backend.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "store/lmdb/lmdb_txn.hpp"
#include "store/lmdb/meta_page_backup.hpp"

namespace nvrhub::store {

namespace {

using Clock = std::chrono::steady_clock;

// How often the slots of dead readers (a killed `check`) are freed. Such a slot would pin its pages forever.
constexpr std::chrono::seconds dead_readers_interval{30};

class Reader final : public ReadTxn {
public:
  explicit Reader(LmdbTxn txn) : txn_(std::move(txn)) {}

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) override {
    return txn_.get(table, key);
  }
  Result<std::optional<Row>> lower_bound(Table table, std::string_view key) override {
    return txn_.lower_bound(table, key);
  }
  Result<std::optional<Row>> before(Table table, std::string_view key) override { return txn_.before(table, key); }

private:
  LmdbTxn txn_;
};

class LmdbBackend final : public Backend {
public:
  LmdbBackend(LmdbOptions options, std::unique_ptr<LmdbEnv> env) : options_(std::move(options)), env_(std::move(env)) {}

  Result<std::unique_ptr<ReadTxn>> begin_read() override;
  Result<std::unique_ptr<WriteTxn>> begin_write() override;
  void release_memory() override;
  Result<void> commit(LmdbTxn& txn);

private:
  void on_reader_end();
  bool is_dead() const;
  Result<void> reopen();
  Result<void> undo_failed_commit();

  const LmdbOptions options_;
  std::mutex mutex_; // guards readers_, env_ and closing_
  std::condition_variable readers_gone_;
  std::size_t readers_ = 0;
  std::unique_ptr<LmdbEnv> env_; // null: could not be reopened yet
  bool closing_ = false;         // no reader may begin
  // Used only by the writing thread.
  std::size_t failed_txn_ = 0; // the failed commit that must be rolled back; 0: none
  MetaPageBackup meta_page_backup_{options_.path};
  Clock::time_point dead_readers_checked_ = Clock::now();
};

class Writer final : public WriteTxn {
public:
  Writer(LmdbBackend& backend, LmdbTxn txn) : backend_(backend), txn_(std::move(txn)) {}

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) override {
    return txn_.get(table, key);
  }
  Result<std::optional<Row>> lower_bound(Table table, std::string_view key) override {
    return txn_.lower_bound(table, key);
  }
  Result<std::optional<Row>> before(Table table, std::string_view key) override { return txn_.before(table, key); }
  Result<void> put(Table table, std::string_view key, std::string_view value) override {
    return txn_.put(table, key, value, 0);
  }
  Result<void> append(Table table, std::string_view key, std::string_view value) override {
    return txn_.put(table, key, value, MDB_APPEND);
  }
  Result<void> erase(Table table, std::string_view key) override { return txn_.erase(table, key); }
  Result<void> commit() override { return backend_.commit(txn_); }

private:
  LmdbBackend& backend_;
  LmdbTxn txn_;
};

Result<std::unique_ptr<ReadTxn>> LmdbBackend::begin_read() {
  const LmdbEnv* env = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || !env_) {
      return fail(Errc::io, "the store in " + options_.path.string() + " is being reopened after a failed commit");
    }
    ++readers_;
    env = env_.get();
  }
  NVRHUB_LET(txn, LmdbTxn::begin(*env, options_.path, MDB_RDONLY, [this] { on_reader_end(); }));
  return std::make_unique<Reader>(std::move(txn));
}

void LmdbBackend::on_reader_end() {
  const std::lock_guard lock(mutex_); // held while notifying: the backend may be destroyed right after
  if (--readers_ == 0) readers_gone_.notify_all();
}

Result<std::unique_ptr<WriteTxn>> LmdbBackend::begin_write() {
  if (options_.mode != LmdbMode::write) {
    return fail(Errc::permission, "the store in " + options_.path.string() + " is open read-only");
  }
  if (!env_ || is_dead()) NVRHUB_TRY(reopen());
  if (failed_txn_ != 0) NVRHUB_TRY(undo_failed_commit());
  if (const auto now = Clock::now(); now - dead_readers_checked_ >= dead_readers_interval) {
    env_->free_dead_readers();
    dead_readers_checked_ = now;
  }
  NVRHUB_LET(txn, LmdbTxn::begin(*env_, options_.path, 0, nullptr));
  return std::make_unique<Writer>(*this, std::move(txn));
}

void LmdbBackend::release_memory() {
  if (env_) env_->release_pages();
}

Result<void> LmdbBackend::commit(LmdbTxn& txn) {
  const std::size_t id = txn.id();
  meta_page_backup_.save(env_->data_file(), id, env_->page_bytes());
  auto done = txn.commit();
  if (!done && is_dead()) {
    failed_txn_ = id;
    (void)reopen(); // if it fails, the next begin_write() tries again
  }
  return done;
}

/// LMDB refuses every transaction with MDB_PANIC after it could not write a meta page.
bool LmdbBackend::is_dead() const {
  MDB_txn* txn = nullptr;
  const int rc = mdb_txn_begin(env_->get(), nullptr, MDB_RDONLY, &txn);
  if (rc == 0) mdb_txn_abort(txn);
  return rc == MDB_PANIC;
}

Result<void> LmdbBackend::reopen() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  if (!readers_gone_.wait_for(lock, options_.readers_grace, [this] { return readers_ == 0; })) {
    return fail(Errc::io,
                "could not reopen the store in " + options_.path.string() + " yet: its readers are still open");
  }
  env_.reset();
  if (failed_txn_ != 0) (void)meta_page_backup_.restore(); // verified below
  NVRHUB_LET(env, LmdbEnv::open(options_));
  MDB_envinfo info{};
  mdb_env_info(env->get(), &info);
  if (failed_txn_ != 0 && info.me_last_txnid >= failed_txn_) {
    return fail(Errc::io, "a failed commit in " + options_.path.string() + " could not be rolled back yet");
  }
  env_ = std::move(env); // reads work again
  closing_ = false;
  return {};
}

/// The disk may hold the meta page of the failed commit although memory does not. The next commit overwrites pages that
/// it refers to, so it must be overwritten durably first: otherwise a power cut could bring it back.
Result<void> LmdbBackend::undo_failed_commit() {
  NVRHUB_TRY(meta_page_backup_.restore());
  NVRHUB_TRY(env_->sync());
  failed_txn_ = 0;
  return {};
}

} // namespace

Result<std::unique_ptr<Backend>> open_lmdb(const LmdbOptions& options) {
  NVRHUB_LET(env, LmdbEnv::open(options));
  if (options.mode == LmdbMode::write)
    NVRHUB_TRY(env->sync()); // see undo_failed_commit: the failed commit of an earlier process
  return std::make_unique<LmdbBackend>(options, std::move(env));
}

} // namespace nvrhub::store
