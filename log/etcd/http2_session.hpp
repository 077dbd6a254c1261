#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/error.hpp"

struct nghttp2_session;

namespace nvrhub::log::etcd {

using StreamId = std::int32_t;

/// What a peer's bytes mean for one stream.
struct Http2Event {
  enum class Kind : std::uint8_t { header, data, closed };
  Kind kind = Kind::header;
  StreamId stream = 0;
  std::string name;        // of a header
  std::string value;       // of a header, or the data
  std::uint32_t error = 0; // of a close: HTTP/2's error code
};

/// The client's end of one HTTP/2 connection, as bytes in and bytes out; knows no socket. THREADS: one.
class Http2Session {
public:
  Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;
  ~Http2Session();

  struct Header {
    std::string name;
    std::string value;
  };
  /// Opens a POST stream; `headers` begin with the pseudo headers.
  Result<StreamId> open(const std::vector<Header>& headers);
  /// Data of an open stream; nothing for one that is closed. `last` ends the request.
  void send(StreamId stream, std::string_view data, bool last);
  /// Cancels the stream: sends RST_STREAM to the peer.
  void reset(StreamId stream);

  /// Takes bytes of the peer and adds what they mean to `events`. ERRORS: `malformed`; the connection is unusable then.
  Result<void> receive(std::string_view bytes, std::vector<Http2Event>& events);
  /// Adds bytes for the peer to `out`, until there are none or `limit` is passed.
  Result<void> produce(std::string& out, std::size_t limit);
  /// The connection is over by agreement: nothing is to be read or written.
  bool is_finished() const;

private:
  struct Callbacks;
  struct Outgoing {
    std::string data;
    std::size_t sent = 0;
    bool last = false;
  };

  struct Deleter {
    void operator()(nghttp2_session* session) const;
  };
  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::map<StreamId, Outgoing> outgoing_;     // of open streams; its nodes stay where they are
  std::vector<Http2Event>* events_ = nullptr; // of the receive() that runs
};

} // namespace nvrhub::log::etcd
