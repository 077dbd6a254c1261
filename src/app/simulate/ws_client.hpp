#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include "app/simulate/sim_target.hpp"

namespace nvrhub::app::sim {

/// How a connection came to its end.
struct WsEnd {
  enum class Kind {
    no_connection, // TCP failed: `error`
    refused,       // the upgrade was answered with `http_status`
    closed,        // the server sent a close frame with `close_code` (1005: without one)
    broken,        // TCP ended without a close frame, or the server broke the protocol: `error`
  };
  Kind kind = Kind::broken;
  boost::system::error_code error{};
  unsigned http_status = 0;
  unsigned close_code = 0;
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt; // of an HTTP refusal
};

/// Whoever a connection tells. All calls come from the context's thread, never from within a call to the client.
class WsListener {
public:
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  /// The frame given to `send` is out.
  virtual void on_sent() = 0;
  /// The last call.
  virtual void on_end(const WsEnd& end) = 0;

protected:
  ~WsListener() = default;
};

/// One WebSocket connection of a client. Hides Beast, which is instantiated in ws_client.cpp only. An operation under
/// way keeps it alive; it belongs to its context's only thread.
class WsClient {
public:
  virtual ~WsClient() = default;

  /// Whether a frame is on its way out.
  virtual bool busy() const = 0;
  /// Only while open and not busy.
  virtual void send(std::string frame) = 0;
  /// Ends with a close frame of the given code. The listener hears nothing more.
  virtual void close(std::uint16_t code) = 0;
  /// Ends by closing the TCP socket, as a process that dies. The listener hears nothing more.
  virtual void abort() = 0;
};

/// Connects and upgrades; `listener` must live until `on_end`, `close` or `abort`. There is no timeout: call `abort`.
std::shared_ptr<WsClient> open_ws(boost::asio::io_context& context, const Target& target, std::string_view path,
                                  std::string_view bearer_token, WsListener& listener);

} // namespace nvrhub::app::sim
