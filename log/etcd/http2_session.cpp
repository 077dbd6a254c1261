#include "log/etcd/http2_session.hpp"

#include <algorithm>
#include <new>

#include <nghttp2/nghttp2.h>

namespace nvrhub::log::etcd {
namespace {

// The peer may send this much before the reader has taken it: enough for a watch that catches up.
constexpr std::int32_t stream_window = 1 << 20;
constexpr std::int32_t connection_window = 4 << 20;
constexpr std::size_t max_header_value = 1024; // longer ones are cut: only texts of errors are

Error http2_error(ssize_t code) {
  return {Errc::malformed, std::string("HTTP/2: ") + nghttp2_strerror(int(code))};
}

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size}; // NOLINT: nghttp2 knows bytes
}

std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); // NOLINT: nghttp2 copies, it does not write
}

} // namespace

struct Http2Session::Callbacks {
  static Http2Session& self(void* user_data) { return *static_cast<Http2Session*>(user_data); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user_data) {
    self(user_data).events_->push_back({Http2Event::Kind::header, frame->hd.stream_id,
                                        std::string(text_of(name, std::min(name_size, max_header_value))),
                                        std::string(text_of(value, std::min(value_size, max_header_value))), 0});
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, StreamId stream, const std::uint8_t* data, std::size_t size,
                     void* user_data) {
    self(user_data).events_->push_back({Http2Event::Kind::data, stream, {}, std::string(text_of(data, size)), 0});
    return 0;
  }
  static int on_close(nghttp2_session*, StreamId stream, std::uint32_t error, void* user_data) {
    Http2Session& session = self(user_data);
    session.outgoing_.erase(stream);
    if (session.events_) session.events_->push_back({Http2Event::Kind::closed, stream, {}, {}, error});
    return 0;
  }
  static ssize_t read(nghttp2_session*, StreamId stream, std::uint8_t* buffer, std::size_t size, std::uint32_t* flags,
                      nghttp2_data_source*, void* user_data) {
    auto& outgoing = self(user_data).outgoing_;
    const auto found = outgoing.find(stream);
    if (found == outgoing.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Outgoing& out = found->second;
    const std::size_t count = std::min(size, out.data.size() - out.sent);
    if (count == 0 && !out.last) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(out.data.data() + out.sent, count, buffer);
    out.sent += count;
    if (out.sent == out.data.size()) {
      out.data.clear();
      out.sent = 0;
      if (out.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(count);
  }
};

void Http2Session::Deleter::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

Http2Session::Http2Session() {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session* session = nullptr;
  const int created = nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  if (created != 0) throw std::bad_alloc();
  session_.reset(session);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window}};
  // These fail only without memory; the connection then uses HTTP/2's defaults.
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2Session::~Http2Session() = default;

Result<StreamId> Http2Session::open(const std::vector<Header>& headers) {
  std::vector<nghttp2_nv> fields;
  fields.reserve(headers.size());
  for (const Header& header : headers) {
    fields.push_back(
        {bytes_of(header.name), bytes_of(header.value), header.name.size(), header.value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read;
  const StreamId stream =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(), &provider, nullptr);
  if (stream < 0) return tl::unexpected(http2_error(stream));
  outgoing_[stream] = {};
  return stream;
}

void Http2Session::send(StreamId stream, std::string_view data, bool last) {
  const auto found = outgoing_.find(stream);
  if (found == outgoing_.end()) return;
  found->second.data.append(data);
  found->second.last = last;
  nghttp2_session_resume_data(session_.get(), stream); // an error says that it was not waiting for data
}

void Http2Session::reset(StreamId stream) {
  if (outgoing_.erase(stream) == 0) return;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

Result<void> Http2Session::receive(std::string_view bytes, std::vector<Http2Event>& events) {
  events_ = &events;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data()); // NOLINT
  const ssize_t taken = nghttp2_session_mem_recv(session_.get(), data, bytes.size());
  events_ = nullptr;
  if (taken < 0) return tl::unexpected(http2_error(taken));
  return {};
}

Result<void> Http2Session::produce(std::string& out, std::size_t limit) {
  while (out.size() < limit) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) return tl::unexpected(http2_error(size));
    if (size == 0) return {};
    out.append(text_of(data, static_cast<std::size_t>(size)));
  }
  return {};
}

bool Http2Session::is_finished() const {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

} // namespace nvrhub::log::etcd
