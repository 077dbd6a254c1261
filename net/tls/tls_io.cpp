#include "net/tls/tls_io.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace nvrhub::net {

TlsIo& TlsIo::of_this_thread() {
  thread_local const std::unique_ptr<TlsIo> io = std::make_unique<TlsIo>();
  return *io;
}

TlsIo::TlsIo() : bio_(BIO_new(method())) {
  if (!bio_) throw std::bad_alloc();
}

/// Never freed: connections that are destroyed when the process exits still refer to it.
BIO_METHOD* TlsIo::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "nvrhub");
    if (fresh == nullptr) throw std::bad_alloc();
    BIO_meth_set_read_ex(fresh, read);
    BIO_meth_set_write_ex(fresh, write);
    BIO_meth_set_ctrl(fresh, control);
    BIO_meth_set_create(fresh, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return fresh;
  }();
  return made;
}

BIO* TlsIo::bio() const {
  BIO_up_ref(bio_.get());
  return bio_.get();
}

int TlsIo::read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  TlsIo& io = of_this_thread();
  *count = std::min(size, io.unread_.size());
  BIO_clear_retry_flags(bio);
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, io.unread_.data(), *count);
  io.unread_ = io.unread_.subspan(*count);
  return 1;
}

/// Never refuses: TlsConnection limits what it lets OpenSSL write.
int TlsIo::write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
  std::vector<char>& output = of_this_thread().output_;
  BIO_clear_retry_flags(bio);
  output.insert(output.end(), from, from + size);
  *count = size;
  return 1;
}

long TlsIo::control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

} // namespace nvrhub::net
