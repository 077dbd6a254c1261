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

/// Who may come in, at this moment. Any thread may ask.
class Guard {
public:
  /// Replaces what holds. Nothing: no token was ever made, and everybody may do everything.
  void set(const std::optional<std::vector<Token>>& tokens);

  /// No token is needed.
  bool is_open() const;
  /// What a token's text gives; null: nothing. While the guard is open, no text gives everything.
  GrantPtr admit(std::string_view text) const;
  /// Whether a grant that was given earlier still holds.
  bool holds(const Grant& grant) const;
  /// Changes with every set(). While it stays the same, admit() gives the same for the same text.
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
