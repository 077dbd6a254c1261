// The port, and the kernel's limits for many connections.
#include "app/doctor/context.hpp"

#include <fstream>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace nvrhub::app {

namespace {

namespace asio = boost::asio;

constexpr std::uint64_t min_backlog = 1024;           // connections that arrive at once after a restart
constexpr std::uint64_t bytes_per_connection = 16384; // of kernel memory, when data waits in both directions

/// Binds the port briefly, as the server would.
Finding check_port(const DoctorContext& context) {
  const std::string where = context.address + ":" + std::to_string(context.port);
  if (context.port == 0) return ok("port", "the system chooses one");
  boost::system::error_code error;
  const auto address = asio::ip::make_address(context.address, error);
  if (error) return bad("port", where + ": not an IP address", "Use --listen 127.0.0.1:8080 or --listen [::]:8080.");
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io);
  acceptor.open(address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind({address, context.port}, error);
  if (!error && !context.server) acceptor.listen(1, error);
  if (!error) {
    return context.server ? warn("port", where + " is free although a server runs on the data directory",
                                 "The server listens elsewhere: run doctor with its --listen.")
                          : ok("port", where + " is free");
  }
  if (error == asio::error::address_in_use) {
    return context.server ? ok("port", where + " is in use, and a server runs on the data directory")
                          : bad("port", where + " is in use by another program",
                                "Find it with `ss -ltnp` and stop it, or choose another --listen.");
  }
  return bad("port", where + ": " + error.message(),
             error == asio::error::access_denied
                 ? "Ports below 1024 need CAP_NET_BIND_SERVICE (docs/guide/install.md); choose a higher one."
                 : "Use an address of this machine; 0.0.0.0 and [::] mean all of them.");
}

Finding check_backlog(const DoctorContext& context) {
  const auto limit = number_in(context.root / "proc/sys/net/core/somaxconn");
  if (!limit) return warn("backlog", "net.core.somaxconn cannot be read", "It should be 4096.");
  const std::string text = "net.core.somaxconn is " + std::to_string(*limit);
  if (*limit >= min_backlog) return ok("backlog", text);
  return warn("backlog", text,
              "When a whole fleet reconnects at once, some connections need a retry: sysctl net.core.somaxconn=4096.");
}

Finding check_tcp_memory(const DoctorContext& context) {
  std::ifstream file(context.root / "proc/sys/net/ipv4/tcp_mem");
  std::uint64_t low = 0;
  std::uint64_t pressure = 0;
  std::uint64_t limit = 0;
  if (!(file >> low >> pressure >> limit)) {
    return warn("TCP memory", "net.ipv4.tcp_mem cannot be read", "In a container, check it on the host.");
  }
  const std::uint64_t bytes = limit * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t needed = context.max_connections * bytes_per_connection;
  const std::string text = "the kernel limits all connections to " + in_bytes(bytes);
  if (bytes >= needed) return ok("TCP memory", text);
  return warn("TCP memory", text + "; --max-connections may need " + in_bytes(needed),
              "Raise the last number of sysctl net.ipv4.tcp_mem (in pages), or lower --max-connections.");
}

void check_tracking(const DoctorContext& context, Findings& findings) {
  const auto limit = number_in(context.root / "proc/sys/net/netfilter/nf_conntrack_max");
  if (!limit || *limit > context.max_connections) return; // usually the table does not exist
  findings.push_back(
      warn("firewall", "connection tracking is limited to " + std::to_string(*limit) + " connections",
           "Raise sysctl net.netfilter.nf_conntrack_max above --max-connections, or exclude this port from tracking."));
}

} // namespace

void check_network(const DoctorContext& context, Findings& findings) {
  findings.push_back(check_port(context));
  findings.push_back(check_backlog(context));
  findings.push_back(check_tcp_memory(context));
  check_tracking(context, findings);
}

} // namespace nvrhub::app
