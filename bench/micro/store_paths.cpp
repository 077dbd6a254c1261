// Commits, without what the disk costs: LMDB on /dev/shm. Their instructions are counted; commit.cpp times them.
#include <memory>

#include "need.hpp"
#include "paths.hpp"
#include "store/lmdb/lmdb_backend.hpp"
#include "store/store.hpp"
#include "writes.hpp"

namespace bench {

using namespace nvrhub;

namespace {

/// A store with so many NVRs. Each commit changes a camera of each of them.
class Commits {
public:
  explicit Commits(fleet::NvrId nvrs) : nvrs_(nvrs) {
    store::LmdbOptions options;
    options.path = folder_.path();
    options.map_bytes = std::size_t{64} << 20; // valgrind has no room for the default
    std::filesystem::create_directories(options.path);
    store_ = need(store::Store::open(need(store::open_lmdb(options))));
    std::vector<store::Write> batch;
    for (fleet::NvrId id = 1; id <= nvrs_; ++id)
      batch.push_back(registration_of(id));
    (void)commit(batch);
  }

  bool next() {
    is_online_ = !is_online_;
    std::vector<store::Write> batch;
    for (fleet::NvrId id = 1; id <= nvrs_; ++id)
      batch.push_back(change_of(id, is_online_ ? fleet::Status::online() : fleet::Status::offline()));
    return commit(batch);
  }

private:
  bool commit(std::vector<store::Write>& batch) {
    need(store_->commit(batch, outcomes_));
    bool all = true;
    for (const auto& outcome : outcomes_)
      all = all && outcome;
    return all;
  }

  fleet::NvrId nvrs_;
  Folder folder_{"/dev/shm"};
  std::unique_ptr<store::Store> store_;
  std::vector<store::Result<fleet::NvrId>> outcomes_;
  bool is_online_ = false;
};

Path commit_path(std::string name, fleet::NvrId nvrs) {
  return {std::move(name), [commits = std::make_shared<Commits>(nvrs)] { return commits->next(); }};
}

} // namespace

std::vector<Path> store_paths() {
  std::vector<Path> paths;
  paths.push_back(commit_path("commit/one", 1));
  paths.push_back(commit_path("commit/hundred", 100));
  return paths;
}

} // namespace bench
