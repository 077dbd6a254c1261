#include "simulate/register.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "simulate/target.hpp"

namespace nvrhub::simulate {

namespace {

constexpr std::size_t chunk_bytes = 256 * 1024; // well below the server's limit of one body
constexpr std::size_t max_shown_body = 300;

ImportAnswer post_lines(client::HttpClient& http, const std::string& lines) {
  const auto response = http.post(import_path, "application/x-ndjson", lines);
  if (!response) throw std::runtime_error(response.error());
  const auto answer = parse_import_answer(response->body);
  if (response->status != 200 || !answer) {
    throw std::runtime_error(
        fmt::format("POST {}: HTTP {}: {}", import_path, response->status, response->body.substr(0, max_shown_body)));
  }
  return *answer;
}

} // namespace

ImportAnswer register_fleet(const client::Server& server, const FleetSpec& fleet, const FrameWriter& frames) {
  client::HttpClient http(server);
  ImportAnswer total;
  std::string lines;
  for (std::uint32_t index = 0; index < fleet.nvrs; ++index) {
    lines += frames.import_line(index);
    if (lines.size() < chunk_bytes && index + 1 < fleet.nvrs) continue;
    const ImportAnswer answer = post_lines(http, lines);
    lines.clear();
    total.created += answer.created;
    total.updated += answer.updated;
    total.failed += answer.failed;
    if (total.first_failure.empty()) total.first_failure = answer.first_failure;
  }
  return total;
}

} // namespace nvrhub::simulate
