#include "actors/hostname_index.hpp"

#include <algorithm>

#include "fleet/similar_names.hpp"

namespace nvrhub::actors {

void HostnameIndex::insert(const std::string& hostname) {
  const std::lock_guard lock(mutex_);
  hostnames_.insert(hostname);
}

void HostnameIndex::erase(const std::string& hostname) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = hostnames_.equal_range(hostname);
  const auto found = std::find(begin, end, hostname);
  if (found != end) hostnames_.erase(found);
}

bool HostnameIndex::contains(const std::string& hostname) const {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = hostnames_.equal_range(hostname);
  return std::find(begin, end, hostname) != end;
}

std::optional<std::string> HostnameIndex::similar_to(const std::string& hostname) const {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = hostnames_.equal_range(hostname);
  const auto found = std::find_if(begin, end, [&hostname](const std::string& known) { return known != hostname; });
  return found == end ? std::nullopt : std::optional(*found);
}

std::size_t HostnameIndex::Hash::operator()(const std::string& hostname) const {
  return std::hash<std::string>{}(fleet::fold_name(hostname));
}

bool HostnameIndex::Equal::operator()(const std::string& a, const std::string& b) const {
  return a == b || fleet::fold_name(a) == fleet::fold_name(b);
}

} // namespace nvrhub::actors
