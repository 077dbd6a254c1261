#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/backoff.hpp"
#include "client/ws_client.hpp"

namespace nvrhub::client {

/// How long a command that ends lets its context run after `close`.
inline constexpr std::chrono::seconds wait_for_close{1};

/// A WebSocket to one server that is opened again, with back-off, when it ends: for commands that run until they are
/// stopped. The name of the server is resolved anew for each attempt; all its addresses are tried.
///
/// It gives up where another attempt cannot help: if the first one fails, if the server refuses the upgrade (4xx), or
/// closes with a code that clients must not or hardly retry (docs/reference/protocol.md, "Close codes").
/// THREADS: its context's only thread. OWNERSHIP: server and listener must outlive it.
class ReconnectingWs final : private WsListener {
public:
  class Listener {
  public:
    virtual void on_open() = 0;
    virtual void on_text(std::string_view text) = 0;
    virtual void on_sent() = 0;
    /// `why` is a sentence that names the server; the next attempt begins after `pause`.
    virtual void on_lost(const std::string& why, std::chrono::milliseconds pause) = 0;
    /// The last call.
    virtual void on_given_up(const std::string& why) = 0;

  protected:
    ~Listener() = default;
  };

  ReconnectingWs(boost::asio::io_context& context, const Server& server, std::string path, Listener& listener);

  void start();
  /// The server has accepted what was sent after `on_open`: from now on an end is followed by another attempt.
  void established();
  /// Of the server's last error: why it closes, and how long it wants the client to wait (0: it did not say).
  void note_error(std::string message, std::chrono::milliseconds retry_after);
  /// Whether a frame is being written, or none can be.
  bool busy() const { return !ws_ || ws_->busy(); }
  /// REQUIRES: open and not busy.
  void send(std::string frame) { ws_->send(std::move(frame)); }
  /// Drops the connection and opens another one.
  void reopen(const std::string& why);
  /// Closes the connection; the listener is not called again. The close frame is sent while the context runs on.
  void close();

private:
  void on_open() override;
  void on_text(std::string_view text) override;
  void on_sent() override;
  void on_end(const WsEnd& end) override;

  void resolve();
  void connect_next();
  void limit_attempt();
  void failed(const std::string& why, bool can_retry, std::chrono::milliseconds hint = {});
  std::string describe(const WsEnd& end) const;
  std::string hint_for(unsigned http_status) const;
  double random_share();

  boost::asio::io_context& context_;
  const Server& server_;
  std::string path_;
  Listener& listener_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::resolver::results_type endpoints_;
  boost::asio::ip::tcp::resolver::results_type::iterator endpoint_;
  std::shared_ptr<WsClient> ws_; // null: not connected
  Backoff backoff_;
  std::minstd_rand random_{std::random_device{}()};
  std::string error_message_;
  std::chrono::milliseconds retry_after_{0};
  bool is_open_ = false;
  bool is_established_ = false; // this connection
  bool was_established_ = false;
  bool is_closed_ = false;
};

} // namespace nvrhub::client
