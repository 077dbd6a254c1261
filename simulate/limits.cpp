#include "simulate/limits.hpp"

#include <algorithm>

#include <sys/resource.h>

#include <boost/asio/error.hpp>
#include <fmt/format.h>

namespace nvrhub::simulate {

namespace {

constexpr rlim_t other_files = 64; // standard streams, libraries, epoll, timers, the import's connection

} // namespace

std::string raise_open_files(std::uint64_t sockets) {
  const rlim_t wanted = sockets + other_files;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return {};
  const rlimit lifted{wanted, std::max(wanted, limit.rlim_max)}; // above the hard limit only if privileged
  if (setrlimit(RLIMIT_NOFILE, &lifted) == 0) return {};
  return fmt::format("{} connections need {} open files, but the limit is {}: raise the hard limit (\"ulimit -Hn\") or "
                     "simulate fewer NVRs per process",
                     sockets, wanted, limit.rlim_max);
}

std::string hint_for(const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  if (error == errc::too_many_files_open)
    return "EMFILE: too many open files in this process: raise \"ulimit -n\" or simulate fewer NVRs";
  if (error == errc::too_many_files_open_in_system)
    return "ENFILE: the system's file table is full: raise sysctl fs.file-max";
  if (error == errc::address_not_available)
    return "EADDRNOTAVAIL: no local port is free; one local address has about 28,000 ports for one server address and "
           "port "
           "(sysctl net.ipv4.ip_local_port_range), and a dropped connection holds its port for a minute: simulate "
           "fewer "
           "NVRs";
  return {};
}

} // namespace nvrhub::simulate
