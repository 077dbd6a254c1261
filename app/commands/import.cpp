// `nvrhub import`: sends NDJSON to a running server, in chunks below its limit of one request body.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/cli/client_flags.hpp"
#include "app/cli/types.hpp"
#include "client/http_client.hpp"
#include "protocol/byte_order_mark.hpp"

namespace nvrhub::app {

namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

struct ImportFlags {
  std::string file = "-";
  ClientFlags client;
  std::string config;
};

/// Results of the lines sent so far.
struct Totals {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t failed = 0;
};

/// Sends one chunk whose first line is line `first_line` of the input.
bool send_chunk(client::HttpClient& server, const std::string& file, const std::string& chunk, std::uint64_t first_line,
                Totals& totals) {
  const auto response = server.post("/api/v1/import", "application/x-ndjson", chunk);
  if (!response) {
    std::cerr << "nvrhub: " << response.error() << "\n";
    return false;
  }
  const auto answer = nlohmann::json::parse(response->body, nullptr, false);
  if (response->status != 200 || !answer.is_object()) {
    std::cerr << "nvrhub: the server answered " << response->status << ": " << response->body << "\n";
    return false;
  }
  totals.created += answer.value("created", 0U);
  totals.updated += answer.value("updated", 0U);
  for (const auto& failure : answer.value("failed", nlohmann::json::array())) {
    ++totals.failed;
    std::cerr << file << ":" << first_line + failure.value("line", 1U) - 1 << ": "
              << failure.value("message", "refused") << "\n";
  }
  return true;
}

bool send_all(std::istream& input, client::HttpClient& server, const std::string& file, Totals& totals) {
  std::string chunk;
  std::uint64_t line_number = 0;
  std::uint64_t first_line = 1;
  for (std::string line; std::getline(input, line);) {
    ++line_number;
    if (line_number == 1) {
      if (const auto why = protocol::wide_encoding(line); !why.empty()) {
        std::cerr << "nvrhub: " << file << ": " << why << "\n";
        return false;
      }
    }
    chunk += line;
    chunk += '\n';
    if (chunk.size() < chunk_bytes) continue;
    if (!send_chunk(server, file, chunk, first_line, totals)) return false;
    chunk.clear();
    first_line = line_number + 1;
  }
  return chunk.empty() || send_chunk(server, file, chunk, first_line, totals);
}

int import(const CLI::App& command, const ImportFlags& flags) {
  if (flags.file == "-" && flags.client.reads_stdin()) {
    return report_failure(command, {"FILE and --token-file are both stdin (-): name a file for one of them", 2});
  }
  const auto server = read_client_flags_without_path(command, flags.client);
  if (!server) return report_failure(command, server.error());
  std::ifstream file;
  if (flags.file != "-") {
    file.open(flags.file);
    if (!file) {
      std::cerr << "nvrhub: cannot read " << flags.file << "\n";
      return 1;
    }
  }
  Totals totals;
  client::HttpClient http(*server);
  if (!send_all(flags.file == "-" ? std::cin : file, http, flags.file, totals)) return 1;
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
  add_client_flags(*command, flags->client, "role ingest or admin");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer("Rejected lines are reported on stderr; the others are applied. Import changes no status.");
  command->callback([flags, command, &result] { result = import(*command, *flags); });
}

} // namespace nvrhub::app
