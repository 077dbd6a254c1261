#include "app/descriptors.hpp"

#include <limits>

#include <sys/resource.h>

namespace nvrhub::app {

namespace {

constexpr std::uint64_t reserve = 128; // for other uses than accepted connections

} // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

std::size_t max_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  return limit.rlim_cur > 2 * reserve ? limit.rlim_cur - reserve : limit.rlim_cur / 2;
}

std::uint64_t descriptors_needed(std::size_t max_connections) {
  return max_connections + reserve;
}

} // namespace nvrhub::app
