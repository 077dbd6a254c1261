#include "simulate/register.hpp"

#include <cstddef>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace nvrhub::simulate {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

namespace {

constexpr std::size_t chunk_bytes = 256 * 1024; // well below the server's limit of one body
constexpr std::size_t max_shown_body = 300;

/// One keep-alive connection, reopened when the server has closed it.
class Importer {
public:
  Importer(const Target& target, const std::string& token) : target_(target), token_(token), socket_(context_) {}

  ImportAnswer post(const std::string& lines) {
    http::request<http::string_body> request(http::verb::post, import_path, 11);
    request.set(http::field::host, target_.authority());
    request.set(http::field::content_type, "application/x-ndjson");
    request.set(http::field::user_agent, "nvrhub-simulate");
    if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
    request.body() = lines;
    request.prepare_payload();

    if (!socket_.is_open()) socket_.connect(target_.endpoint);
    http::response<http::string_body> response;
    http::write(socket_, request);
    http::read(socket_, buffer_, response);
    if (!response.keep_alive()) socket_.close();
    const auto answer = parse_import_answer(response.body());
    if (response.result() != http::status::ok || !answer)
      throw std::runtime_error(fmt::format("POST {}: HTTP {}: {}", import_path, response.result_int(),
                                           response.body().substr(0, max_shown_body)));
    return *answer;
  }

private:
  const Target& target_;
  const std::string& token_;
  boost::asio::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

} // namespace

ImportAnswer register_fleet(const Target& target, const FleetSpec& fleet, const FrameWriter& frames,
                            const std::string& token) {
  Importer importer(target, token);
  ImportAnswer total;
  std::string lines;
  for (std::uint32_t index = 0; index < fleet.nvrs; ++index) {
    lines += frames.import_line(index);
    if (lines.size() < chunk_bytes && index + 1 < fleet.nvrs) continue;
    const ImportAnswer answer = importer.post(lines);
    lines.clear();
    total.created += answer.created;
    total.updated += answer.updated;
    total.failed += answer.failed;
    if (total.first_failure.empty()) total.first_failure = answer.first_failure;
  }
  return total;
}

} // namespace nvrhub::simulate
