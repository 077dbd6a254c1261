#include "log/etcd/channel.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>

namespace nvrhub::log::etcd {
namespace {

constexpr std::size_t max_write = 256 * 1024; // of one operation of the socket

} // namespace

Channel::Channel(boost::asio::io_context& io, const Members& members, std::size_t index)
    : endpoint_(members.endpoints[index]), resolver_(io), socket_(io), wire_(members.tls.get(), endpoint_.host) {}

std::shared_ptr<Channel> Channel::connect(boost::asio::io_context& io, const Members& members, std::size_t index) {
  std::shared_ptr<Channel> channel(new Channel(io, members, index));
  channel->begin();
  return channel;
}

void Channel::begin() {
  const auto on_connected = [self = shared_from_this()](const boost::system::error_code& error, const auto&...) {
    if (self->closed_) return;
    if (error) return self->fail("cannot connect", error);
    self->connected();
  };
  boost::system::error_code is_name;
  const auto address = boost::asio::ip::make_address(endpoint_.host, is_name);
  if (!is_name) return socket_.async_connect({address, endpoint_.port}, on_connected);
  resolver_.async_resolve(
      endpoint_.host, std::to_string(endpoint_.port),
      [self = shared_from_this(), on_connected](const boost::system::error_code& error, const auto& results) {
        if (self->closed_) return;
        if (error) return self->fail("cannot resolve", error);
        boost::asio::async_connect(self->socket_, results, on_connected);
      });
}

void Channel::connected() {
  connected_ = true;
  boost::system::error_code ignored; // only slower without it
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  write();
  read();
}

std::optional<StreamId> Channel::open(std::string_view method, const Metadata& metadata, Handlers handlers) {
  if (closed_) return std::nullopt;
  std::vector<Http2Session::Header> headers{{":method", "POST"},
                                            {":scheme", wire_.is_tls() ? "https" : "http"},
                                            {":path", std::string(method)},
                                            {":authority", endpoint_.to_string()},
                                            {"content-type", "application/grpc"},
                                            {"te", "trailers"},
                                            {"user-agent", "nvrhub"}};
  if (metadata.needs_leader) headers.push_back({"hasleader", "true"});
  if (!metadata.token.empty()) headers.push_back({"token", metadata.token});
  const Result<StreamId> stream = wire_.http2().open(headers);
  if (!stream) return std::nullopt; // the member has sent GOAWAY
  streams_[*stream].handlers = std::move(handlers);
  return *stream;
}

void Channel::send(StreamId stream, std::string_view message, bool last) {
  wire_.http2().send(stream, frame_message(message), last);
  write();
}

void Channel::cancel(StreamId stream) {
  if (streams_.erase(stream) == 0) return;
  wire_.http2().reset(stream);
  write();
}

void Channel::write() {
  if (!connected_ || writing_ || closed_) return;
  output_.clear();
  if (const Result<void> produced = wire_.produce(output_, max_write); !produced)
    return close(produced.error().message);
  if (output_.empty()) return;
  writing_ = true;
  boost::asio::async_write(socket_, boost::asio::buffer(output_),
                           [self = shared_from_this()](const auto& error, std::size_t) {
                             self->writing_ = false;
                             if (self->closed_) return;
                             if (error) return self->fail("cannot write", error);
                             self->write();
                           });
}

void Channel::read() {
  if (!connected_ || reading_ || paused_ || closed_) return;
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(input_),
                          [self = shared_from_this()](const auto& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->closed_) return;
                            if (error) return self->fail("connection lost", error);
                            self->received(size);
                          });
}

void Channel::received(std::size_t size) {
  last_received_ = BootClock::now();
  std::vector<Http2Event> events; // handled when nghttp2 is done: handlers may send and close
  const Result<void> taken = wire_.receive({input_.data(), size}, events);
  for (Http2Event& event : events) {
    if (closed_) return;
    handle(event);
  }
  if (closed_) return;
  if (!taken) return close(taken.error().message);
  write();
  if (wire_.http2().is_finished()) return close("the member has closed the connection");
  read();
}

void Channel::handle(Http2Event& event) {
  const auto found = streams_.find(event.stream);
  if (found == streams_.end()) return;
  GrpcStatus& status = found->second.status;
  switch (event.kind) {
  case Http2Event::Kind::header:
    if (event.name == "grpc-status") {
      status.code = parse_status(event.value);
      if (status.code == StatusCode::ok) status.message.clear();
    } else if (event.name == "grpc-message") {
      status.message = std::move(event.value);
    } else if (event.name == ":status" && event.value != "200") {
      status.message = "HTTP status " + event.value + ": not the client port of an etcd member?";
    }
    break;
  case Http2Event::Kind::data:
    add_data(event.stream, event.value);
    break;
  case Http2Event::Kind::closed:
    end_stream(event.stream, GrpcStatus(status));
    break;
  }
}

void Channel::add_data(StreamId id, std::string_view data) {
  std::vector<std::string> messages;
  if (const Result<void> added = streams_.at(id).assembler.add(data, messages); !added) {
    return close(added.error().message);
  }
  for (const std::string& message : messages) {
    const auto found = streams_.find(id); // a handler may have cancelled it
    if (found == streams_.end()) return;
    const auto handler = found->second.handlers.message;
    handler(message);
  }
}

void Channel::end_stream(StreamId id, const GrpcStatus& status) {
  auto ended = streams_.extract(id);
  if (!ended.empty()) ended.mapped().handlers.closed(status);
}

void Channel::pause(bool paused) {
  paused_ = paused;
  if (paused_) return;
  last_received_ = BootClock::now(); // silence is counted anew
  read();
}

void Channel::fail(const std::string& what, const boost::system::error_code& error) {
  close(what + ": " + error.message());
}

void Channel::close(const std::string& text) {
  const std::map<StreamId, Stream> streams = std::exchange(streams_, {});
  abandon();
  const GrpcStatus status{StatusCode::unavailable, endpoint_.to_string() + ": " + text};
  for (const auto& [id, stream] : streams)
    stream.handlers.closed(status);
}

void Channel::abandon() {
  streams_.clear();
  closed_ = true;
  resolver_.cancel();
  boost::system::error_code ignored; // it is closed in any case
  socket_.close(ignored);
}

} // namespace nvrhub::log::etcd
