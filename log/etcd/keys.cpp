#include "log/etcd/keys.hpp"

#include <algorithm>
#include <charconv>

namespace nvrhub::log::etcd {
namespace {

constexpr std::size_t boot_digits = 16;
constexpr std::size_t max_node = 64;

std::string hexadecimal(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(boot_digits, '0');
  for (std::size_t i = boot_digits; i > 0; --i, number >>= 4)
    text[i - 1] = digits[number & 15];
  return text;
}

bool is_node_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

} // namespace

bool Keys::is_valid_node(std::string_view node) {
  return !node.empty() && node.size() <= max_node && std::all_of(node.begin(), node.end(), is_node_character);
}

Position Keys::parse_position(std::string_view digits) {
  Position position = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), position);
  return position;
}

std::string Keys::name_of(const Origin& origin) {
  return origin.node + "/" + hexadecimal(origin.boot);
}

std::optional<Keys::Parsed> Keys::parse(std::string_view key) const {
  Parsed parsed;
  if (key.starts_with(logs())) {
    key.remove_prefix(logs().size());
  } else if (key.starts_with(nodes())) {
    parsed.kind = Kind::node;
    key.remove_prefix(nodes().size());
  } else {
    return std::nullopt;
  }
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos || !is_valid_node(key.substr(0, slash))) return std::nullopt;
  parsed.origin.node = key.substr(0, slash);
  const std::string_view boot = key.substr(slash + 1);
  const auto [end, error] = std::from_chars(boot.data(), boot.data() + boot.size(), parsed.origin.boot, 16);
  if (boot.size() != boot_digits || error != std::errc() || end != boot.data() + boot.size()) return std::nullopt;
  return parsed;
}

} // namespace nvrhub::log::etcd
