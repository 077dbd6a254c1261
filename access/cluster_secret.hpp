#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace nvrhub::access {

/// What the servers of a cluster share, so that each knows a request of another one (cluster.md, "Trust"). It is never
/// sent: a request is signed with it, over a challenge that the other server has issued
/// and accepts once. THREADS: immutable, any.
class ClusterSecret {
public:
  static constexpr std::size_t min_size = 16;
  static constexpr std::size_t max_size = 4'096;

  /// The content of a file without line ends at its end: min_size to max_size bytes. ERRORS: a message for the
  /// operator.
  static tl::expected<ClusterSecret, std::string> read(const std::filesystem::path& file);
  explicit ClusterSecret(std::string text) : text_(std::move(text)) {}

  /// HMAC-SHA-256 over the parts, in hex. No two lists of parts have the same signature.
  std::string sign(std::initializer_list<std::string_view> parts) const;
  bool is_empty() const { return text_.empty(); }
  /// Compares in constant time.
  bool is_signature(std::string_view signature, std::initializer_list<std::string_view> parts) const;

private:
  std::string text_;
};

/// The challenges of a server. Each is accepted once, for half a minute, from this process. Issuing one keeps nothing:
/// anybody may ask. THREADS: any.
class Challenges {
public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds life{30};

  Challenges();
  /// Empty: the system has no random bytes.
  std::string issue(Time now) const;
  /// REQUIRES: who sends it knows the secret, so that few are kept.
  bool redeem(const std::string& challenge, Time now);

private:
  const ClusterSecret key_; // of this process
  std::mutex mutex_;
  std::map<std::string, Time> redeemed_;
};

} // namespace nvrhub::access
