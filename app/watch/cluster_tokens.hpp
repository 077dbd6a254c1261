#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <tl/expected.hpp>

#include "access/token_file.hpp"
#include "store/store.hpp"

namespace nvrhub::app {

/// Access tokens by id, as tokens.json has them. Empty: the token is revoked, for ever; with an empty id it says only
/// that there were any.
using TokenTexts = std::map<std::string, std::string>;

/// Those that the store of a cluster's server has (store::token_prefix).
store::Result<TokenTexts> stored_tokens(const store::Snapshot& snapshot);

/// Keeps tokens.json and the tokens in the store of a cluster's server the same: what `nvrhub token` or the API changes
/// in the file becomes a write, and what other servers have changed goes into the file.
///
/// What is missing in the file was revoked in it if it is in DIR/cluster-tokens.json: the ids of the valid ones when
/// the file was last made the same. THREADS: one thread.
class ClusterTokens {
public:
  explicit ClusterTokens(const std::filesystem::path& directory);

  /// `stored`: what the store has now. Changes the file, if others have changed something; returns what was changed in
  /// the file, with an event `admin` for each, once; nullopt: nothing. ERRORS: a file can't be read or written.
  tl::expected<std::optional<store::Write>, std::string> update(const TokenTexts& stored, fleet::WallMillis now);

  /// Whether the file has been changed since the last update().
  bool has_changed() const { return file_.version() != version_; }

private:
  struct Changes {
    store::Write write;
    std::set<std::string> made;
    std::set<std::string> revoked;
    bool marks = false;
  };
  Changes own_changes(const TokenTexts& local, const TokenTexts& stored, bool has_file, fleet::WallMillis now) const;
  TokenTexts wanted(const TokenTexts& local, const TokenTexts& stored, const Changes& own) const;
  tl::expected<void, std::string> write_base(const TokenTexts& stored);

  access::TokenFile file_;
  const std::filesystem::path base_file_;
  std::uint64_t version_ = 0;     // of tokens.json, before it was read last
  std::set<std::string> base_;    // as in cluster-tokens.json
  std::set<std::string> made_;    // here, and not seen in the store yet
  std::set<std::string> revoked_; // here, and still valid in the store
  bool is_marked_ = false;        // the empty id is on its way to the store
};

} // namespace nvrhub::app
