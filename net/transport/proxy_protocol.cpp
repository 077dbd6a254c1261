#include "net/transport/proxy_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>

#include "net/limits/token_bucket.hpp"

namespace nvrhub::net {

namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

constexpr std::string_view v1_begin = "PROXY ";
constexpr std::string_view v2_begin("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v1_max = 107; // with its line end
constexpr std::size_t v2_head = 16;
constexpr std::size_t v2_max = 16 * 1024; // after these 16 bytes; those in use have some hundred

bool is_prefix_of_either(std::string_view bytes) {
  return v1_begin.starts_with(bytes.substr(0, v1_begin.size())) ||
         v2_begin.starts_with(bytes.substr(0, v2_begin.size()));
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::vector<std::string_view> split_at_spaces(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

bool is_port_number(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65'535 && text.size() <= 5;
}

/// An address of the family that the header names.
std::optional<ip::address> parse_address(std::string_view text, bool is_v6) {
  error_code error;
  const std::string copy(text);
  if (text.find('%') != std::string_view::npos) return std::nullopt;
  const ip::address parsed =
      is_v6 ? ip::address(ip::make_address_v6(copy, error)) : ip::address(ip::make_address_v4(copy, error));
  return error ? std::nullopt : std::optional(parsed);
}

template <class Bytes>
Bytes bytes_at(std::string_view text, std::size_t at) {
  Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(text[at + i]);
  return bytes;
}

} // namespace

std::size_t ProxyProtocolParser::parse(std::string_view bytes) {
  if (state_ != State::incomplete) return 0;
  if (kept_.size() < v2_begin.size() &&
      !is_prefix_of_either(std::string(kept_).append(bytes.substr(0, v2_begin.size())))) {
    state_ = State::absent;
    return 0;
  }
  const char first = kept_.empty() ? (bytes.empty() ? '\0' : bytes.front()) : kept_.front();
  return first == v1_begin.front() ? parse_v1(bytes) : parse_v2(bytes);
}

std::size_t ProxyProtocolParser::parse_v1(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::incomplete) {
    kept_.push_back(bytes[used++]);
    if (kept_.back() == '\n') {
      finish_v1();
    } else if (kept_.size() == v1_max) {
      fail("version 1: no line end within 107 bytes");
    }
  }
  return used;
}

void ProxyProtocolParser::finish_v1() {
  if (!kept_.ends_with("\r\n")) return fail("version 1: the line must end with CR and LF");
  const auto words = split_at_spaces(std::string_view(kept_).substr(0, kept_.size() - 2));
  if (words.size() >= 2 && words[1] == "UNKNOWN") {
    state_ = State::done;
    return;
  }
  const bool is_v6 = words.size() >= 2 && words[1] == "TCP6";
  if (words.size() != 6 || (!is_v6 && words[1] != "TCP4")) {
    return fail("version 1: expected TCP4, TCP6 or UNKNOWN, two addresses and two ports");
  }
  const auto source = parse_address(words[2], is_v6);
  if (!source || !parse_address(words[3], is_v6) || !is_port_number(words[4]) || !is_port_number(words[5])) {
    return fail("version 1: an address or a port is wrong");
  }
  client_ = unmap_v4(*source);
  state_ = State::done;
}

std::size_t ProxyProtocolParser::parse_v2(std::string_view bytes) {
  std::size_t used = 0;
  const auto keep = [&] {
    const std::size_t count = std::min(v2_kept_ - kept_.size(), bytes.size() - used);
    kept_.append(bytes.substr(used, count));
    used += count;
    return kept_.size() == v2_kept_;
  };
  if (kept_.size() < v2_head) {
    if (!keep()) return used;
    begin_v2();
  }
  if (state_ != State::incomplete || !keep()) return used;
  const std::size_t skipped = std::min(skip_, bytes.size() - used);
  skip_ -= skipped;
  if (skip_ == 0) finish_v2();
  return used + skipped;
}

/// The first 16 bytes are there: how many follow, and how many of those are addresses?
void ProxyProtocolParser::begin_v2() {
  const unsigned version = byte_at(kept_, 12) >> 4U;
  const unsigned command = byte_at(kept_, 12) & 0xFU;
  const unsigned family = byte_at(kept_, 13) >> 4U;
  const unsigned protocol = byte_at(kept_, 13) & 0xFU;
  const std::size_t size = byte_at(kept_, 14) << 8U | byte_at(kept_, 15);
  if (version != 2) return fail("version 2 was expected after its signature, not " + std::to_string(version));
  if (command > 1) return fail("version 2: unknown command " + std::to_string(command));
  if (size > v2_max) return fail("version 2: longer than " + std::to_string(v2_max) + " bytes");
  std::size_t addresses = 0;
  if (command == 1) { // PROXY; of LOCAL, everything is to be ignored
    if (family > 3 || protocol > 2) return fail("version 2: unknown address family or transport");
    addresses = family == 1 ? 12 : family == 2 ? 36 : 0;
  }
  if (size < addresses) return fail("version 2: too short for its addresses");
  v2_kept_ = v2_head + addresses;
  skip_ = size - addresses;
}

void ProxyProtocolParser::finish_v2() {
  if (v2_kept_ == v2_head + 12) {
    client_ = ip::address_v4(bytes_at<ip::address_v4::bytes_type>(kept_, v2_head));
  } else if (v2_kept_ == v2_head + 36) {
    client_ = unmap_v4(ip::address_v6(bytes_at<ip::address_v6::bytes_type>(kept_, v2_head)));
  }
  state_ = State::done;
}

void ProxyProtocolParser::fail(std::string why) {
  state_ = State::wrong;
  error_ = std::move(why);
}

namespace {

/// Peeks, and takes from the socket only what belongs to the header.
void read_more(Socket& socket, std::shared_ptr<ProxyPreamble> preamble, std::function<void(ProxyPreamble)> done) {
  socket.async_wait(Socket::wait_read,
                    [&socket, preamble = std::move(preamble), done = std::move(done)](error_code error) mutable {
                      std::array<char, 256> bytes{};
                      std::size_t count = 0;
                      if (!error) count = socket.receive(boost::asio::buffer(bytes), Socket::message_peek, error);
                      const std::size_t used = preamble->parser.parse({bytes.data(), count});
                      if (used > 0) socket.receive(boost::asio::buffer(bytes, used), 0, error);
                      if (error == boost::asio::error::would_block) error = {};
                      preamble->is_closed = error.failed();
                      if (!error && preamble->parser.state() == ProxyProtocolParser::State::incomplete)
                        return read_more(socket, std::move(preamble), std::move(done));
                      done(std::move(*preamble));
                    });
}

} // namespace

void read_proxy_header(Socket& socket, std::function<void(ProxyPreamble)> done) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  read_more(socket, std::make_shared<ProxyPreamble>(), std::move(done));
}

} // namespace nvrhub::net
