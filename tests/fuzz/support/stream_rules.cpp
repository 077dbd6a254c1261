#include "fuzz/support/stream_rules.hpp"

#include <algorithm>
#include <array>

#include "fuzz/support/json_truth.hpp"
#include "fuzz/support/must.hpp"

namespace nvrhub::fuzz {

namespace {

constexpr std::size_t longest_text = 1 << 20;
constexpr std::array<std::string_view, 10> types = {"auth_ok",   "ack",    "error",   "subscribed",
                                                    "snapshot",  "events", "summary", "nvr_status_update",
                                                    "confirmed", "entered"};
// Ours, and 1002 for a peer that breaks RFC 6455.
constexpr std::array<unsigned, 11> close_codes = {1001, 1002, 1007, 1009, 1013, 4400, 4401, 4403, 4408, 4409, 4429};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes)
    value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

/// A head's field, or "".
std::string_view field(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size());
  return rest.substr(0, rest.find("\r\n"));
}

} // namespace

void StreamRules::look(const std::string& received) {
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
    must((first & 0x70) == 0 && (second & 0x80) == 0, "the server's frames are plain and unmasked");
    const std::size_t length_bytes = second < 126 ? 0 : second == 126 ? 2 : 8;
    if (rest.size() < 2 + length_bytes) return;
    const std::uint64_t size = length_bytes == 0 ? second : big_endian(rest.substr(2, length_bytes));
    must(size <= longest_text, "the server's messages have a bound");
    if (rest.size() < 2 + length_bytes + size) return;
    const std::string_view payload = rest.substr(2 + length_bytes, size);
    must(!saw_close_, "nothing comes after a close frame");
    must((first & 0x80) != 0, "the server's messages come in one piece");
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
      must(false, "the server sends texts, closes, pings and pongs alone", payload);
    }
    at_ += 2 + length_bytes + size;
  }
}

void StreamRules::text(std::string_view payload) {
  const nlohmann::json message = must_be_json(payload);
  must(message.is_object() && message.contains("type"), "a message is an object with a type", payload);
  const auto& type = message["type"];
  must(std::find(types.begin(), types.end(), type) != types.end(), "the type is a known one", payload);
  if (type == "error") must(!message["message"].get<std::string>().empty(), "an error says what is wrong", payload);
  if (type == "subscribed") next_.reset();
  if (type == "snapshot") next_ = message["seq"].get<std::uint64_t>() + 1;
  if (type != "events") return;
  const auto from = message["from"].get<std::uint64_t>();
  const auto to = message["to"].get<std::uint64_t>();
  must(to + 1 >= from && (!next_ || from == *next_), "batches join without gap or overlap", payload);
  next_ = to + 1;
}

void StreamRules::close(std::string_view payload) const {
  if (peer_closed_) return;
  must(payload.size() >= 2, "the server's close has a code");
  const auto code = big_endian(payload.substr(0, 2));
  must(std::find(close_codes.begin(), close_codes.end(), code) != close_codes.end(), "the close code is a known one",
       std::to_string(code));
}

void must_be_answers(std::string_view received) {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  while (received.starts_with(go_on))
    received.remove_prefix(go_on.size());
  if (received.empty()) return; // what came was no whole request
  must(received.starts_with("HTTP/1.1 ") && received.size() > 12, "an answer is HTTP/1.1", received);
  const std::string_view status = received.substr(9, 3);
  if (status == "101") return; // bytes that happened to ask for a WebSocket
  must(status >= "200" && (status < "500" || status == "503"), "an answer is no fault of the server's", received);
  const std::size_t end = received.find("\r\n\r\n");
  must(end != std::string_view::npos, "an answer has a whole head", received);
  const std::string_view head = received.substr(0, end);
  const std::string_view body = received.substr(end + 4);
  if (body.starts_with("HTTP/1.1 ")) return must_be_answers(body); // the next answer: this one was to a HEAD
  if (status < "400" || body.empty() || field(head, "Content-Type: ") != "application/json") return;
  // Another answer may follow on the same connection.
  const auto error = must_be_json(body.substr(0, std::stoul(std::string(field(head, "Content-Length: ")))))["error"];
  must(error["code"].is_string() && !error["message"].get<std::string>().empty(), "an error has a code and a message",
       body);
  // A server that was told to drain refuses, there is no program here that makes backups, and of two renames to one
  // name at the same time the second may come again.
  must(status != "503" || error["code"] == "shutting_down" || error["code"] == "draining" ||
           error["code"] == "unavailable" || error["code"] == "backup_failed",
       "a server with little to do is never too busy", body);
}

} // namespace nvrhub::fuzz
