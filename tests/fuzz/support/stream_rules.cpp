#include "fuzz/support/stream_rules.hpp"

#include <algorithm>
#include <array>

#include "fuzz/support/json_oracle.hpp"
#include "fuzz/support/must.hpp"

namespace nvrhub::fuzz {

namespace {

constexpr std::size_t max_message_bytes = 1 << 20;
constexpr std::array<std::string_view, 10> types = {"auth_ok",   "ack",    "error",   "subscribed",
                                                    "snapshot",  "events", "summary", "nvr_status_update",
                                                    "confirmed", "entered"};
// Those of protocol.md, and 1002 for a client that violates RFC 6455.
constexpr std::array<unsigned, 11> close_codes = {1001, 1002, 1007, 1009, 1013, 4400, 4401, 4403, 4408, 4409, 4429};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes)
    value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

/// The value of a header field, or "".
std::string_view field(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size());
  return rest.substr(0, rest.find("\r\n"));
}

} // namespace

void StreamRules::check(const std::string& received) {
  if (at_ == 0) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos || !received.starts_with("HTTP/1.1 101 ")) return;
    at_ = end + 4;
  }
  for (;;) {
    const std::string_view rest = std::string_view(received).substr(at_);
    if (rest.size() < 2) return;
    const auto first = static_cast<std::uint8_t>(rest[0]);
    const auto second = static_cast<std::uint8_t>(rest[1]);
    must((first & 0x70) == 0 && (second & 0x80) == 0, "the server's frames have no reserved bits and no mask");
    const std::size_t length_bytes = second < 126 ? 0 : second == 126 ? 2 : 8;
    if (rest.size() < 2 + length_bytes) return;
    const std::uint64_t size = length_bytes == 0 ? second : big_endian(rest.substr(2, length_bytes));
    must(size <= max_message_bytes, "the server's messages are at most 1 MiB");
    if (rest.size() < 2 + length_bytes + size) return;
    const std::string_view payload = rest.substr(2 + length_bytes, size);
    must(!saw_close_, "no frame follows a close frame");
    must((first & 0x80) != 0, "the server's messages are not fragmented");
    switch (first & 0x0F) {
    case 1:
      text(payload);
      break;
    case 8:
      close(payload);
      saw_close_ = true;
      break;
    case 9:
      break;
    case 10:
      ++pongs_;
      break;
    default:
      must(false, "the server sends only text, close, ping and pong frames", payload);
    }
    at_ += 2 + length_bytes + size;
  }
}

void StreamRules::text(std::string_view payload) {
  const nlohmann::json message = must_be_json(payload);
  must(message.is_object() && message.contains("type"), "a message is an object with a type", payload);
  const auto& type = message["type"];
  must(std::find(types.begin(), types.end(), type) != types.end(), "the type is a known one", payload);
  if (type == "error") must(!message["message"].get<std::string>().empty(), "an error has a message", payload);
  if (type == "subscribed") next_.reset();
  if (type == "snapshot") next_ = message["seq"].get<std::uint64_t>() + 1;
  if (type != "events") return;
  const auto from = message["from"].get<std::uint64_t>();
  const auto to = message["to"].get<std::uint64_t>();
  must(to + 1 >= from && (!next_ || from == *next_), "event batches have no gap and no overlap", payload);
  next_ = to + 1;
}

void StreamRules::close(std::string_view payload) const {
  if (client_closed_) return;
  must(payload.size() >= 2, "the server's close frame has a code");
  const auto code = big_endian(payload.substr(0, 2));
  must(std::find(close_codes.begin(), close_codes.end(), code) != close_codes.end(), "the close code is a known one",
       std::to_string(code));
}

void must_be_valid_responses(std::string_view received) {
  constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  while (received.starts_with(interim))
    received.remove_prefix(interim.size());
  if (received.empty()) return; // the client sent no complete request
  must(received.starts_with("HTTP/1.1 ") && received.size() > 12, "a response is HTTP/1.1", received);
  const std::string_view status = received.substr(9, 3);
  if (status == "101") return; // raw bytes that are an upgrade request
  must(status >= "200" && (status < "500" || status == "501" || status == "503" || status == "505"),
       "a response has no status 5xx except 501, 503 and 505", received);
  const std::size_t end = received.find("\r\n\r\n");
  must(end != std::string_view::npos, "a response has a complete header", received);
  const std::string_view head = received.substr(0, end);
  const std::string_view body = received.substr(end + 4);
  if (body.starts_with("HTTP/1.1 "))
    return must_be_valid_responses(body); // the next response: this one is to a HEAD request
  if (status < "400" || body.empty() || field(head, "Content-Type: ") != "application/json") return;
  // Another response may follow on the same connection.
  const auto error = must_be_json(body.substr(0, std::stoul(std::string(field(head, "Content-Length: ")))))["error"];
  must(error["code"].is_string() && !error["message"].get<std::string>().empty(), "an error has a code and a message",
       body);
  // Expected: the server drains, backups fail in this program (see LLVMFuzzerInitialize), and the second of two
  // concurrent renames to one name is to be retried.
  must(status != "503" || error["code"] == "shutting_down" || error["code"] == "draining" ||
           error["code"] == "unavailable" || error["code"] == "backup_failed",
       "a 503 has one of the expected codes", body);
}

} // namespace nvrhub::fuzz
