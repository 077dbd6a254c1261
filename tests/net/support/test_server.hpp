#pragma once

#include <memory>
#include <string>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include "net/server_context.hpp"
#include "net/transport/listener.hpp"
#include "store/memory_backend.hpp"

namespace nvrhub::net::test {

/// I/O threads, listener and HTTP as app/server.cpp wires them, on an empty store and without actors.
class TestServer {
public:
  explicit TestServer(NetOptions options = {}) {
    const auto shared = std::make_shared<actors::Shared>();
    shared->now = [] { return fleet::WallMillis{1'700'000'000'000}; };
    context = std::make_unique<ServerContext>(*pool_, std::move(options), api::Options{}, api::About{}, shared,
                                              std::move(*store::Store::open(store::make_memory_backend())));
    listener_ = std::make_unique<Listener>(*pool_, context->http);
    port = listener_->listen("127.0.0.1", 0).value();
    pool_->start();
    listener_->start();
  }
  ~TestServer() {
    listener_->stop();
    pool_->stop();
    listener_.reset();
    context->stop_workers();
    pool_.reset();
  }

private:
  std::unique_ptr<IoPool> pool_ = std::make_unique<IoPool>(1);

public:
  std::unique_ptr<ServerContext> context;
  std::uint16_t port = 0;

private:
  std::unique_ptr<Listener> listener_;
};

/// A client that blocks.
class Client {
public:
  explicit Client(const TestServer& server) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), server.port});
  }
  void send(const std::string& bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  /// Up to the empty line; what follows it is dropped with the connection.
  std::string receive_head() {
    const std::size_t size = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(received_), "\r\n\r\n");
    const std::string head = received_.substr(0, size);
    received_.erase(0, size);
    return head;
  }

  /// Up to `size` bytes of what follows; less at the end of the connection.
  std::string receive(std::size_t size) {
    boost::system::error_code ended;
    if (received_.size() < size)
      boost::asio::read(socket_, boost::asio::dynamic_buffer(received_),
                        boost::asio::transfer_exactly(size - received_.size()), ended);
    return received_.substr(0, size);
  }

private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  std::string received_;
};

} // namespace nvrhub::net::test
