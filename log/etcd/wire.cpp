#include "log/etcd/wire.hpp"

namespace nvrhub::log::etcd {

Wire::Wire(const TlsContext* tls, const std::string& host) {
  if (tls) tls_ = std::make_unique<TlsSession>(*tls, host);
}

Result<void> Wire::receive(std::string_view bytes, std::vector<Http2Event>& events) {
  if (!tls_) return http2_.receive(bytes, events);
  std::string plain;
  if (Result<void> received = tls_->receive(bytes, plain); !received) return received;
  return http2_.receive(plain, events);
}

Result<void> Wire::produce(std::string& out, std::size_t limit) {
  if (!tls_) return http2_.produce(out, limit);
  if (tls_->is_established()) {
    std::string plain;
    if (Result<void> produced = http2_.produce(plain, limit); !produced) return produced;
    if (!plain.empty()) {
      if (Result<void> sent = tls_->send(plain); !sent) return sent;
    }
  }
  tls_->produce(out);
  return {};
}

} // namespace nvrhub::log::etcd
