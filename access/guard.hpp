#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/grant.hpp"
#include "access/token.hpp"

namespace nvrhub::access {

/// Decides which access tokens are valid now (protocol.md, "Access control").
///
/// THREADS: any thread may call any function; readers never wait for set().
class Guard {
public:
  /// Replaces the valid tokens. Without a value no token was ever made: anonymous access with all rights.
  void set(const std::optional<std::vector<Token>>& tokens);

  /// Whether anonymous access is allowed: no token was ever made.
  bool is_open() const;
  /// The grant of a token, given as text; null if it is invalid. While is_open(), any text has all rights:
  /// a client may send a token before the server knows of one.
  GrantPtr admit(std::string_view text) const;
  /// Whether a grant that admit() returned earlier is still valid.
  bool holds(const Grant& grant) const;
  /// Changes with every set(). While it is unchanged, admit() returns the same result for the same text.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

private:
  struct Known {
    Token token;
    GrantPtr grant;
  };
  struct Table {
    bool open = true;
    std::map<std::string, Known, std::less<>> tokens; // by id
  };
  std::shared_ptr<const Table> table() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Table> table_ = std::make_shared<Table>();
  std::atomic<std::uint64_t> generation_{0};
};

} // namespace nvrhub::access
