// `nvrhub import`: sends NDJSON to a running server, in chunks below its limit of one request body.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/types.hpp"
#include "protocol/byte_order_mark.hpp"

namespace nvrhub::app {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::size_t chunk_bytes = 1 << 20;

struct ImportFlags {
  std::string file = "-";
  Endpoint server;
  std::string token;
  bool tls = false;
  std::string ca;
  std::string config;
};

/// Results of the lines sent so far.
struct Totals {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t failed = 0;
};

/// Sends one chunk whose first line is line `first_line` of the input. Throws boost::system::system_error.
template <class Stream>
bool send_chunk(Stream& stream, const ImportFlags& flags, const std::string& chunk, std::uint64_t first_line,
                Totals& totals) {
  http::request<http::string_body> request(http::verb::post, "/api/v1/import", 11, chunk);
  request.set(http::field::host, flags.server.address);
  request.set(http::field::content_type, "application/x-ndjson");
  if (!flags.token.empty()) request.set(http::field::authorization, "Bearer " + flags.token);
  request.prepare_payload();
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20);
  http::read(stream, buffer, parser);
  const auto answer = nlohmann::json::parse(parser.get().body(), nullptr, false);
  if (parser.get().result_int() != 200 || !answer.is_object()) {
    std::cerr << "nvrhub: the server answered " << parser.get().result_int() << ": " << parser.get().body() << "\n";
    return false;
  }
  totals.created += answer.value("created", 0U);
  totals.updated += answer.value("updated", 0U);
  for (const auto& failure : answer.value("failed", nlohmann::json::array())) {
    ++totals.failed;
    std::cerr << flags.file << ":" << first_line + failure.value("line", 1U) - 1 << ": "
              << failure.value("message", "refused") << "\n";
  }
  return true;
}

template <class Stream>
bool send_all(std::istream& input, Stream& stream, const ImportFlags& flags, Totals& totals) {
  std::string chunk;
  std::uint64_t line_number = 0;
  std::uint64_t first_line = 1;
  for (std::string line; std::getline(input, line);) {
    ++line_number;
    if (const auto why = protocol::wide_encoding(line_number == 1 ? line : ""); !why.empty()) {
      std::cerr << "nvrhub: " << flags.file << ": " << why << "\n";
      return false;
    }
    chunk += line;
    chunk += '\n';
    if (chunk.size() < chunk_bytes) continue;
    if (!send_chunk(stream, flags, chunk, first_line, totals)) return false;
    chunk.clear();
    first_line = line_number + 1;
  }
  return chunk.empty() || send_chunk(stream, flags, chunk, first_line, totals);
}

/// Throws boost::system::system_error, also if the server's certificate is not valid.
bool send_over_tls(std::istream& input, asio::ip::tcp::socket&& socket, const ImportFlags& flags, Totals& totals) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  flags.ca.empty() ? context.set_default_verify_paths() : context.load_verify_file(flags.ca);
  context.set_verify_mode(asio::ssl::verify_peer);
  asio::ssl::stream<asio::ip::tcp::socket> stream(std::move(socket), context);
  stream.set_verify_callback(asio::ssl::host_name_verification(flags.server.address));
  SSL_set_tlsext_host_name(stream.native_handle(), flags.server.address.c_str());
  stream.handshake(asio::ssl::stream_base::client);
  return send_all(input, stream, flags, totals);
}

int import(const ImportFlags& flags) {
  std::ifstream file;
  if (flags.file != "-") {
    file.open(flags.file);
    if (!file) {
      std::cerr << "nvrhub: cannot read " << flags.file << "\n";
      return 1;
    }
  }
  Totals totals;
  try {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    asio::connect(socket,
                  asio::ip::tcp::resolver(context).resolve(flags.server.address, std::to_string(flags.server.port)));
    std::istream& input = flags.file == "-" ? std::cin : file;
    const bool sent = flags.tls || !flags.ca.empty() ? send_over_tls(input, std::move(socket), flags, totals)
                                                     : send_all(input, socket, flags, totals);
    if (!sent) return 1;
  } catch (const boost::system::system_error& error) {
    std::cerr << "nvrhub: " << flags.server << ": " << error.code().message() << "; is the server running?\n";
    return 1;
  }
  std::cout << totals.created << " created, " << totals.updated << " updated, " << totals.failed << " failed\n";
  return totals.failed == 0 ? 0 : 1;
}

} // namespace

void add_import(CLI::App& app, int& result) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = app.add_subcommand("import", "Register NVRs and cameras with a running server");
  command
      ->add_option("file", flags->file, "NDJSON, one NVR per line with hostname, device_name, site, cameras; -: stdin")
      ->capture_default_str();
  command->add_option("--server", flags->server, "The server")
      ->type_name("HOST:PORT")
      ->check(endpoint_check())
      ->capture_default_str();
  command->add_option("--token", flags->token, "Access token");
  command->add_flag("--tls", flags->tls, "The server speaks TLS");
  command
      ->add_option("--ca", flags->ca,
                   "TLS with this authority (PEM) of the server's certificate; default: those this machine trusts")
      ->type_name("FILE");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer("Rejected lines are reported on stderr; the others are applied. Import changes no status.");
  command->callback([flags, &result] { result = import(*flags); });
}

} // namespace nvrhub::app
