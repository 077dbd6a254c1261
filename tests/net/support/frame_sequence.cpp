#include "net/support/frame_sequence.hpp"

#include <algorithm>
#include <cstdlib>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "fleet/names.hpp"
#include "net/websocket/frames.hpp"

namespace nvrhub::net::test {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

constexpr std::string_view broken = "broken";
constexpr std::string_view too_large = "too large";
constexpr std::string_view not_utf8 = "broken: not UTF-8";

std::string told_close(unsigned code, std::string_view reason) {
  return "close " + std::to_string(code) + " " + std::string(reason);
}

class ByBeast {
public:
  ByBeast(std::string_view bytes, std::size_t most) : stream_(context_), client_(context_) {
    stream_.next_layer().connect(client_);
    static const std::string request =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    boost::system::error_code error;
    stream_.accept(boost::asio::buffer(request), error);
    stream_.read_message_max(most);
    stream_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (kind == websocket::frame_type::ping) heard_.push_back("ping " + std::string(payload));
      if (kind == websocket::frame_type::pong) heard_.push_back("pong " + std::string(payload));
      if (kind == websocket::frame_type::close)
        heard_.push_back(
            told_close(stream_.reason().code, {stream_.reason().reason.data(), stream_.reason().reason.size()}));
    });
    stream_.next_layer().append(bytes);
    read();
    context_.poll();
    over_ = true;
  }
  const Heard& heard() const { return heard_; }

private:
  void read() {
    stream_.async_read(buffer_, [this](const boost::system::error_code& error, std::size_t) {
      if (over_) return;
      if (error == websocket::error::closed) return;
      if (error) {
        heard_.emplace_back(error == websocket::error::bad_frame_payload ? not_utf8
                            : error == websocket::error::message_too_big ? too_large
                                                                         : broken);
        return;
      }
      heard_.push_back((stream_.got_text() ? "text " : "binary ") + beast::buffers_to_string(buffer_.cdata()));
      buffer_.consume(buffer_.size());
      read();
    });
  }

  boost::asio::io_context context_;
  websocket::stream<beast::test::stream, false> stream_;
  beast::test::stream client_;
  beast::flat_buffer buffer_;
  Heard heard_;
  bool over_ = false;
};

} // namespace

Heard heard_by_reader(std::string_view bytes, std::size_t most, const std::function<std::size_t()>& next_size) {
  using Kind = FrameReader::Kind;
  FrameReader reader(most);
  Heard heard;
  while (!bytes.empty()) {
    std::string piece(bytes.substr(0, std::max<std::size_t>(1, next_size())));
    bytes.remove_prefix(piece.size());
    std::span<char> left(piece);
    for (auto found = reader.next(left); found.kind != Kind::none; found = reader.next(left)) {
      const std::string payload(found.payload);
      switch (found.kind) {
      case Kind::text:
        if (!fleet::is_utf8(payload)) return heard.emplace_back(not_utf8), heard;
        heard.push_back("text " + payload);
        break;
      case Kind::binary:
        heard.push_back("binary " + payload);
        break;
      case Kind::ping:
        heard.push_back("ping " + payload);
        break;
      case Kind::pong:
        heard.push_back("pong " + payload);
        break;
      case Kind::close:
        heard.push_back(told_close(found.code, payload));
        break;
      case Kind::too_large:
        heard.emplace_back(too_large);
        break;
      case Kind::broken:
        heard.emplace_back(found.code == 1007 ? not_utf8 : broken);
        break;
      case Kind::none:
      case Kind::part:
        break;
      }
    }
  }
  return heard;
}

Heard heard_by_beast(std::string_view bytes, std::size_t most) {
  return ByBeast(bytes, most).heard();
}

std::string difference(const Heard& reader, const Heard& beast) {
  const auto show = [](const Heard& heard, std::size_t i) {
    return i < heard.size() ? heard[i] : std::string("nothing");
  };
  for (std::size_t i = 0; i < std::max(reader.size(), beast.size()); ++i) {
    const std::string ours = show(reader, i);
    const std::string theirs = show(beast, i);
    if (theirs == not_utf8) return ""; // what the rest of that message would have been is the only question
    if (ours == theirs && ours == too_large) return ""; // Beast reads no further
    if (ours == theirs) continue;
    if (ours.starts_with(broken) && (theirs.starts_with(broken) || theirs == too_large))
      return "";                                                // in what order it looks
    if (ours == not_utf8 && !fleet::is_utf8(theirs)) return ""; // it misses half a character before an empty last frame
    const bool is_newer_code = ours.starts_with("close 1014") && theirs == broken;
    const bool is_no_code = theirs.starts_with("close ") && ours == broken && std::atoi(theirs.c_str() + 6) >= 5000;
    if (is_newer_code || is_no_code) return "";
    return "event " + std::to_string(i) + ": \"" + ours + "\" and by Beast \"" + theirs + "\"";
  }
  return "";
}

std::string_view before_padded_length(std::string_view bytes) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
  while (bytes.size() - at >= 2) {
    const std::uint64_t form = byte(at + 1) & 0x7FU;
    const std::size_t more = form == 126 ? 2 : form == 127 ? 8 : 0;
    const std::size_t mask = (byte(at + 1) & 0x80U) != 0 ? 4 : 0;
    if (bytes.size() - at < 2 + more) break;
    std::uint64_t length = more == 0 ? form : 0;
    for (std::size_t i = 0; i < more; ++i)
      length = length << 8U | byte(at + 2 + i);
    if ((more == 2 && length < 126) || (more == 8 && length <= 0xFFFF)) return bytes.substr(0, at);
    const std::size_t head = 2 + more + mask;
    if (length > bytes.size() || bytes.size() - at < head + length) break;
    at += head + static_cast<std::size_t>(length);
  }
  return bytes;
}

std::string client_frame(unsigned opcode, std::string_view payload, bool final, std::uint32_t mask) {
  std::string frame(1, static_cast<char>((final ? 0x80U : 0U) | opcode));
  const auto append_length = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
      frame.push_back(static_cast<char>(payload.size() >> shift));
  };
  const auto marked = [](unsigned length) { return static_cast<char>(0x80U | length); };
  if (payload.size() < 126) {
    frame.push_back(marked(static_cast<unsigned>(payload.size())));
  } else if (payload.size() <= 0xFFFF) {
    frame.push_back(marked(126));
    append_length(2);
  } else {
    frame.push_back(marked(127));
    append_length(8);
  }
  for (int i = 0; i < 4; ++i)
    frame.push_back(static_cast<char>(mask >> (8 * i)));
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame.push_back(
        static_cast<char>(static_cast<unsigned char>(payload[i]) ^ static_cast<unsigned char>(mask >> (8 * (i % 4)))));
  return frame;
}

} // namespace nvrhub::net::test
