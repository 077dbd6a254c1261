#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "log/log.hpp"

namespace nvrhub::log::etcd {

/// The names of the log's keys in etcd. All begin with the cluster's prefix:
///   PREFIX/log/NODE/BOOT     the last entry of an origin; each append overwrites it, and its version is its number
///   PREFIX/nodes/NODE/BOOT   the lease key: exists as long as the lease, the value is the announcement
///   PREFIX/trimmed           the position of the last trim, in decimal digits
///   PREFIX/cluster           the identity of the cluster that uses the prefix; the first key that is written
/// BOOT is 16 hexadecimal digits.
class Keys {
public:
  explicit Keys(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string all() const { return prefix_ + "/"; }
  std::string logs() const { return prefix_ + "/log/"; }
  std::string nodes() const { return prefix_ + "/nodes/"; }
  std::string trimmed() const { return prefix_ + "/trimmed"; }
  std::string identity() const { return prefix_ + "/cluster"; }
  std::string log_of(const Origin& origin) const { return logs() + name_of(origin); }
  std::string node_of(const Origin& origin) const { return nodes() + name_of(origin); }

  enum class Kind : std::uint8_t { log, node };
  struct Parsed {
    Kind kind = Kind::log;
    Origin origin;
  };
  /// Nothing for a key that is neither of a log nor of a node.
  std::optional<Parsed> parse(std::string_view key) const;

  /// The value of the key `trimmed`; 0 if it is no number.
  static Position parse_position(std::string_view digits);
  static bool is_valid_node(std::string_view node);

private:
  static std::string name_of(const Origin& origin);

  std::string prefix_;
};

} // namespace nvrhub::log::etcd
