#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

namespace nvrhub::actors {

/// The registered hostnames by fold_name(). A refusal of an unknown hostname names the registered one that differs only
/// in case or Unicode form. Every lookup costs the same, however many hostnames there are: a flood of unknown ones must
/// stay cheap. Filled at start, then changed by the NVR actors when a registration, rename or removal is durable.
/// THREADS: any.
class HostnameIndex {
public:
  void insert(const std::string& hostname);
  void erase(const std::string& hostname);
  bool contains(const std::string& hostname) const;
  /// A registered hostname that differs from `hostname` only by case or Unicode form.
  std::optional<std::string> similar_to(const std::string& hostname) const;

private:
  struct Hash {
    std::size_t operator()(const std::string& hostname) const;
  };
  struct Equal {
    bool operator()(const std::string& a, const std::string& b) const;
  };

  mutable std::mutex mutex_;
  std::unordered_multiset<std::string, Hash, Equal> hostnames_;
};

} // namespace nvrhub::actors
