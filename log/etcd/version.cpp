#include "log/etcd/version.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace nvrhub::log::etcd {
namespace {

using Version = std::array<unsigned, 3>;

/// "3.5.9", "3.6.0-rc.1"
std::optional<Version> parse_version(std::string_view text) {
  Version version{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (unsigned& part : version) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return std::nullopt;
    at = next;
    if (&part != &version.back() && (at == end || *at++ != '.')) return std::nullopt;
  }
  return version;
}

constexpr Version oldest{3, 4, 0};
constexpr Version first_corrupting{3, 5, 0};
constexpr Version first_repaired{3, 5, 3};
constexpr Version first_sound{3, 5, 6};

} // namespace

VersionJudgement judge_version(std::string_view text) {
  const std::optional<Version> version = parse_version(text);
  if (!version) return {};
  const std::string named = "etcd " + std::string(text);
  if (*version < oldest) return {named + " is too old: use a current 3.5 or 3.6", {}};
  if (*version >= first_corrupting && *version < first_repaired) {
    return {named + " may corrupt its data when it is killed: use a current 3.5 or 3.6", {}};
  }
  if (*version < first_corrupting) {
    return {{}, named + " is of a series that is no longer maintained: use a current 3.5 or 3.6"};
  }
  if (*version < first_sound) return {{}, named + " has faults that make its members differ: use a current 3.5 or 3.6"};
  return {};
}

} // namespace nvrhub::log::etcd
