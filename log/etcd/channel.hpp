#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "log/boot_clock.hpp"
#include "log/etcd/endpoint.hpp"
#include "log/etcd/grpc.hpp"
#include "log/etcd/wire.hpp"

namespace nvrhub::log::etcd {

/// Where the members are, and how they are reached.
struct Members {
  std::vector<Endpoint> endpoints;       // at least one
  std::shared_ptr<const TlsContext> tls; // null: without TLS
};

/// What goes with a call beside its request.
struct Metadata {
  bool needs_leader = false; // etcd ends the stream when its member has no leader
  std::string token;         // of the user; empty: none
};

/// One gRPC connection to one member. It connects at once; what is sent before waits. When the connection fails or is
/// closed, all its streams end as `unavailable` and the channel stays closed: its owner makes a new one.
/// THREADS: the one that runs the io_context. OWNERSHIP: shared with its pending operations; the owner calls close()
/// or abandon(), without which an idle connection would stay open.
class Channel : public std::enable_shared_from_this<Channel> {
public:
  struct Handlers {
    std::function<void(std::string_view message)> message;
    std::function<void(const GrpcStatus& status)> closed; // once, as the last one
  };

  static std::shared_ptr<Channel> connect(boost::asio::io_context& io, const Members& members, std::size_t index);

  /// Begins a call of `method`, such as "/etcdserverpb.KV/Txn". Nothing if the channel takes no more calls. No handler
  /// runs inside this call.
  std::optional<StreamId> open(std::string_view method, const Metadata& metadata, Handlers handlers);
  void send(StreamId stream, std::string_view message, bool last);
  /// Ends a stream; its handlers do not run any more.
  void cancel(StreamId stream);

  /// Ends all streams, with this text in their status.
  void close(const std::string& text);
  /// Ends all streams without running their handlers.
  void abandon();
  bool is_closed() const { return closed_; }

  /// A paused channel reads nothing from its socket.
  void pause(bool paused);
  bool is_paused() const { return paused_; }
  const Endpoint& endpoint() const { return endpoint_; }
  /// When the peer last sent anything; before that, when the channel was made.
  BootClock::time_point last_received() const { return last_received_; }

private:
  struct Stream {
    Handlers handlers;
    MessageAssembler assembler;
    GrpcStatus status{StatusCode::unknown, "the stream ended without a status"};
  };

  Channel(boost::asio::io_context& io, const Members& members, std::size_t index);
  void begin();
  void connected();
  void read();
  void received(std::size_t size);
  void handle(Http2Event& event);
  void add_data(StreamId id, std::string_view data);
  void end_stream(StreamId id, const GrpcStatus& status);
  void write();
  void fail(const std::string& what, const boost::system::error_code& error);

  Endpoint endpoint_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  Wire wire_;
  std::map<StreamId, Stream> streams_;
  std::array<char, 64 * 1024> input_;
  std::string output_; // that is being written
  bool connected_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool paused_ = false;
  bool closed_ = false;
  BootClock::time_point last_received_ = BootClock::now();
};

} // namespace nvrhub::log::etcd
