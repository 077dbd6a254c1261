#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/etcd/http2_session.hpp"
#include "log/etcd/tls.hpp"

namespace nvrhub::log::etcd {

/// HTTP/2, over TLS or not, as the bytes of a socket in and out. THREADS: one.
class Wire {
public:
  /// Without TLS if `tls` is null.
  Wire(const TlsContext* tls, const std::string& host);

  Http2Session& http2() { return http2_; }
  /// As Http2Session's. ERRORS: also of TLS.
  Result<void> receive(std::string_view bytes, std::vector<Http2Event>& events);
  Result<void> produce(std::string& out, std::size_t limit);
  bool is_tls() const { return tls_ != nullptr; }

private:
  std::unique_ptr<TlsSession> tls_; // null: without
  Http2Session http2_;
};

} // namespace nvrhub::log::etcd
