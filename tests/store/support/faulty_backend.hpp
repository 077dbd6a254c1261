#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "store/backend.hpp"

namespace nvrhub::store {

/// The faults to inject, shared with the test. REQUIRES: `before_commit` is set before the first write.
struct Faults {
  std::atomic<int> failing_commits{0}; // so many of the next commits fail and change nothing
  std::atomic<int> commits{0};         // number of attempted commits
  std::atomic<bool> unreadable{false}; // no read transaction begins, as after a failed commit of LMDB
  std::function<void()> before_commit; // called by each commit on the writing thread; may block
};

/// A backend that injects `faults` into `inner`.
inline std::unique_ptr<Backend> make_faulty_backend(std::unique_ptr<Backend> inner, std::shared_ptr<Faults> faults) {
  class Writer final : public WriteTxn {
  public:
    Writer(std::unique_ptr<WriteTxn> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}
    Result<std::optional<std::string_view>> get(Table table, std::string_view key) override {
      return inner_->get(table, key);
    }
    Result<std::optional<Row>> lower_bound(Table table, std::string_view key) override {
      return inner_->lower_bound(table, key);
    }
    Result<std::optional<Row>> before(Table table, std::string_view key) override { return inner_->before(table, key); }
    Result<void> put(Table table, std::string_view key, std::string_view value) override {
      return inner_->put(table, key, value);
    }
    Result<void> append(Table table, std::string_view key, std::string_view value) override {
      return inner_->append(table, key, value);
    }
    Result<void> erase(Table table, std::string_view key) override { return inner_->erase(table, key); }
    Result<void> commit() override {
      ++faults_.commits;
      if (faults_.before_commit) faults_.before_commit();
      if (faults_.failing_commits > 0) {
        --faults_.failing_commits;
        inner_.reset();
        return tl::make_unexpected(Error{Errc::io, "injected commit failure"});
      }
      return inner_->commit();
    }

  private:
    std::unique_ptr<WriteTxn> inner_;
    Faults& faults_;
  };

  class Faulty final : public Backend {
  public:
    Faulty(std::unique_ptr<Backend> inner, std::shared_ptr<Faults> faults)
        : inner_(std::move(inner)), faults_(std::move(faults)) {}
    Result<std::unique_ptr<ReadTxn>> begin_read() override {
      if (faults_->unreadable) return tl::make_unexpected(Error{Errc::io, "injected read failure"});
      return inner_->begin_read();
    }
    Result<std::unique_ptr<WriteTxn>> begin_write() override {
      auto txn = inner_->begin_write();
      if (!txn) return txn;
      return std::make_unique<Writer>(std::move(*txn), *faults_);
    }

  private:
    std::unique_ptr<Backend> inner_;
    std::shared_ptr<Faults> faults_;
  };

  return std::make_unique<Faulty>(std::move(inner), std::move(faults));
}

} // namespace nvrhub::store
