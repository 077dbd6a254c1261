#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "client/http_client.hpp"

namespace nvrhub::client {

/// How a connection ended.
struct WsEnd {
  enum class Kind {
    no_connection, // TCP or TLS failed: `error`; for TLS `reason` is a sentence that names the server
    refused,       // the upgrade was answered with `http_status`
    closed,        // the server sent a close frame with `close_code` (1005: without one) and perhaps a `reason`
    broken,        // TCP ended without a close frame, or the server broke the protocol: `error`
  };
  Kind kind = Kind::broken;
  boost::system::error_code error{};
  unsigned http_status = 0;
  unsigned close_code = 0;
  std::string reason = {};
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt; // of an HTTP refusal
};

/// Receives the events of a connection.
/// THREADS: called by the context's thread, never from within a call to the client.
class WsListener {
public:
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  /// The frame passed to `send` is written.
  virtual void on_sent() = 0;
  /// The last call.
  virtual void on_end(const WsEnd& end) = 0;

protected:
  ~WsListener() = default;
};

/// One WebSocket connection of a client. Hides Beast, which is instantiated only in ws_client.cpp.
/// THREADS: its context's only thread. OWNERSHIP: a pending operation keeps it alive.
class WsClient {
public:
  virtual ~WsClient() = default;

  /// Whether a frame is being written.
  virtual bool busy() const = 0;
  /// REQUIRES: open and not busy.
  virtual void send(std::string frame) = 0;
  /// Sends a close frame with the given code. The listener is not called again.
  virtual void close(std::uint16_t code) = 0;
  /// Closes the TCP socket, like a process that is killed. The listener is not called again.
  virtual void abort() = 0;
};

struct WsRequest {
  std::string_view path;
  std::string_view bearer_token = {};
  std::string_view user_agent = "nvrhub";
  /// 0: none. Otherwise the connection ends as `broken` if nothing arrives for so long; a ping is sent after half of
  /// it.
  std::chrono::milliseconds idle_timeout{0};
};

/// Connects, with TLS if the server has it, and upgrades; `listener` must live until `on_end`, `close` or `abort`.
/// Nothing limits the time that this takes: call `abort`.
std::shared_ptr<WsClient> open_ws(boost::asio::io_context& context, const Server& server,
                                  const boost::asio::ip::tcp::endpoint& endpoint, const WsRequest& request,
                                  WsListener& listener);

} // namespace nvrhub::client
