#include "simulate/target.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace nvrhub::simulate {

namespace {

constexpr std::string_view default_port = "8080";

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

} // namespace

std::string Target::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Target parse_target(std::string_view server) {
  const auto wrong = [&](std::string_view what) {
    return std::runtime_error(fmt::format("--server \"{}\": {}", server, what));
  };
  Target target;
  std::string_view rest = server;
  if (const auto scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
    const auto scheme = rest.substr(0, scheme_end);
    if (scheme != "ws" && scheme != "http")
      throw wrong("unsupported scheme: use ws://HOST:PORT (TLS is not supported)");
    rest.remove_prefix(scheme_end + 3);
  }
  if (const auto slash = rest.find_first_of("/?"); slash != std::string_view::npos) {
    target.nvr_path = rest.substr(slash);
    if (target.nvr_path.front() == '?') target.nvr_path.insert(0, "/");
    rest = rest.substr(0, slash);
  }
  std::string_view port = default_port;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) throw wrong("the IPv6 address lacks its closing bracket: use [::1]:8080");
    target.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ':') throw wrong("expected HOST:PORT, such as 127.0.0.1:8080");
    if (!rest.empty()) port = rest.substr(1);
  } else {
    const auto colon = rest.find(':');
    if (colon != rest.rfind(':')) throw wrong("an IPv6 address must be in brackets: use [::1]:8080");
    target.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
  }
  if (target.host.empty() || !is_port(port)) throw wrong("expected HOST:PORT, such as 127.0.0.1:8080");
  target.port = port;
  return target;
}

void resolve(Target& target) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  boost::system::error_code error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(target.host, target.port, error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", target.authority(), error.message()));
  for (const auto& entry : found) {
    tcp::socket probe(context);
    probe.connect(entry.endpoint(), error);
    if (error) continue;
    target.endpoint = entry.endpoint();
    return;
  }
  throw std::runtime_error(fmt::format("cannot connect to {}: {}", target.authority(), error.message()));
}

} // namespace nvrhub::simulate
