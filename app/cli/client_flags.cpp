#include "app/cli/client_flags.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include <openssl/ssl.h>

#include "app/cli/types.hpp"
#include "net/tls/pem.hpp"
#include "protocol/byte_order_mark.hpp"

namespace nvrhub::app {

namespace {

using Failure = tl::unexpected<CommandError>;

constexpr std::size_t max_token_file = 4096;
constexpr int usage = 2;

Failure usage_error(std::string message) {
  return tl::make_unexpected(CommandError{std::move(message), usage});
}
Failure runtime_error(std::string message) {
  return tl::make_unexpected(CommandError{std::move(message), 1});
}

/// Where a value comes from; a higher one overrides a lower one, also between two flags that exclude each other.
enum class Source { none, config_file, environment, flag };

Source source_of(const CLI::App& command, const char* name, const std::string& value) {
  const CLI::Option* const option = command.get_option(name);
  if (option->count() == 0) return value.empty() ? Source::none : Source::config_file;
  // CLI11 does not distinguish the value of a flag from that of its environment variable.
  const char* const variable = std::getenv(option->get_envname().c_str());
  return variable != nullptr && option->results() == std::vector<std::string>{variable} ? Source::environment
                                                                                        : Source::flag;
}

std::string trimmed_token(std::string_view with_mark) {
  std::string text(protocol::without_byte_order_mark(with_mark));
  constexpr const char* spaces = " \t\r\n";
  text.erase(0, text.find_first_not_of(spaces));
  text.erase(text.find_last_not_of(spaces) + 1);
  return text;
}

bool is_token(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

tl::expected<std::string, CommandError> read_token_file(const std::string& name) {
  const std::string flag = "--token-file " + name + ": ";
  std::ifstream file;
  if (name != "-") {
    errno = 0;
    file.open(name);
    if (!file) return runtime_error(flag + "cannot be read: " + std::strerror(errno));
  }
  std::istream& input = name == "-" ? std::cin : file;
  std::string text(max_token_file + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad() || (input.gcount() == 0 && !input.eof()))
    return runtime_error(flag + "cannot be read; a file with one token is expected");
  text.resize(static_cast<std::size_t>(input.gcount()));
  const bool is_too_large = text.size() > max_token_file;
  text = trimmed_token(text);
  if (text.empty()) return runtime_error(flag + "is empty; a file with one token is expected");
  if (is_too_large || !is_token(text))
    return runtime_error(flag + "holds more than one token or something else; a file with one token is expected");
  return text;
}

tl::expected<std::string, CommandError> read_token(const CLI::App& command, const ClientFlags& flags,
                                                   const std::string& in_url) {
  const Source token = source_of(command, "--token", flags.token);
  const Source file = source_of(command, "--token-file", flags.token_file);
  if (token != Source::none && token == file)
    return usage_error("--token and --token-file are both given; use one of them");
  if (file > token) return read_token_file(flags.token_file);
  if (token == Source::none) return in_url;
  std::string text = trimmed_token(flags.token);
  if (!is_token(text)) return usage_error("--token has a space or another character that no token has");
  return text;
}

tl::expected<std::shared_ptr<boost::asio::ssl::context>, CommandError> make_client_context(const std::string& ca) {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code ignored;
  context->set_verify_mode(boost::asio::ssl::verify_peer, ignored);
  if (ca.empty()) {
    context->set_default_verify_paths(ignored);
    return context;
  }
  const auto authorities = net::read_certificates(ca);
  if (!authorities) return runtime_error("--ca " + ca + ": " + authorities.error());
  X509_STORE* const store = SSL_CTX_get_cert_store(context->native_handle());
  // The file may name the server's own certificate or an intermediate instead of the root.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const net::Certificate& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1)
      return runtime_error("--ca " + ca + ": " + net::take_openssl_error());
  }
  return context;
}

} // namespace

int report_failure(const CLI::App& command, const CommandError& error) {
  std::cerr << "nvrhub " << command.get_name() << ": " << error.message << "\n";
  return error.exit_code;
}

void add_client_flags(CLI::App& command, ClientFlags& flags, const std::string& roles) {
  command
      .add_option("--server", flags.server, "The server: HOST:PORT, [IPV6]:PORT or a URL; https:// and wss:// mean TLS")
      ->type_name("ADDRESS")
      ->check(server_check())
      ->capture_default_str();
  command.add_option("--token", flags.token,
                     "Access token of " + roles + "; others on this machine can see it in the list of processes");
  command.add_option("--token-file", flags.token_file, "File with the access token; -: stdin")->type_name("FILE");
  command.add_flag("--tls", flags.tls, "The server speaks TLS");
  command
      .add_option("--ca", flags.ca,
                  "TLS with this authority (PEM) of the server's certificate; default: those this machine trusts")
      ->type_name("FILE");
}

tl::expected<client::Server, CommandError> read_client_flags(const CLI::App& command, const ClientFlags& flags) {
  const auto address = client::parse_address(flags.server);
  if (!address) return usage_error("--server: " + address.error());
  const bool wants_tls = flags.tls || !flags.ca.empty();
  if (address->plain && wants_tls) {
    return usage_error(std::string("--server says http:// or ws://, but ") + (flags.tls ? "--tls" : "--ca") +
                       " is given: use https:// or wss://");
  }
  client::Server server{.address = *address, .token = {}, .tls = nullptr};
  if (address->tls || wants_tls) {
    auto context = make_client_context(flags.ca);
    if (!context) return tl::make_unexpected(std::move(context.error()));
    server.tls = std::move(*context);
  }
  auto token = read_token(command, flags, address->token);
  if (!token) return tl::make_unexpected(std::move(token.error()));
  server.token = std::move(*token);
  return server;
}

tl::expected<std::vector<client::Server>, CommandError>
read_other_servers(const client::Server& server, const std::string& flag, const std::string& text) {
  std::vector<client::Server> servers;
  if (text.empty()) return servers;
  for (const std::string& one : CLI::detail::split(text, ',')) {
    const auto address = client::parse_address(one);
    if (!address) return usage_error(flag + ": " + address.error());
    if ((address->tls && !server.tls) || (address->plain && server.tls))
      return usage_error(flag + ": " + one + " and --server must both have TLS, or both none");
    servers.push_back({*address, server.token, server.tls});
  }
  return servers;
}

tl::expected<client::Server, CommandError> read_client_flags_without_path(const CLI::App& command,
                                                                          const ClientFlags& flags) {
  auto server = read_client_flags(command, flags);
  constexpr std::array<std::string_view, 5> usable{"", "/", "/ws", "/nvr", "/ws/dashboard"};
  if (!server || std::find(usable.begin(), usable.end(), server->address.path) != usable.end()) return server;
  return usage_error("--server has the path \"" + server->address.path +
                     "\", which this command cannot use: leave it out");
}

} // namespace nvrhub::app
