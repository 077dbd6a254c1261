#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <openssl/bio.h>

namespace nvrhub::net {

/// What the TLS connections of one thread share: buffers for the ciphertext and plaintext of the connection at work,
/// and the BIO through which OpenSSL reads and writes that ciphertext. A BIO and buffers of its own would cost a
/// connection 35 KB (docs/internals/decisions/0034).
///
/// THREADS: one per thread. OWNERSHIP: a connection that outlives the thread must not be used any more, only destroyed.
class TlsIo {
public:
  static constexpr std::size_t max_record = 16 * 1024; // plaintext
  static constexpr std::size_t max_received = 16 * 1024;
  static constexpr std::size_t max_encrypted = 64 * 1024; // plaintext encrypted for one send

  static TlsIo& of_this_thread();
  TlsIo();
  TlsIo(const TlsIo&) = delete;
  TlsIo& operator=(const TlsIo&) = delete;

  /// A new reference to the BIO.
  BIO* bio() const;
  std::span<char> receive_buffer() { return received_; }
  /// What was received and OpenSSL has not read yet.
  std::span<const char> unread() const { return unread_; }
  void set_unread(std::span<const char> bytes) { unread_ = bytes; }
  /// What OpenSSL has written.
  std::vector<char>& output() { return output_; }
  /// Large enough for what max_received bytes decrypt to: they may complete a record of which OpenSSL has the rest.
  std::span<char> plaintext() { return plaintext_; }
  /// Collects frames that are smaller than a record.
  std::span<char> record() { return record_; }

private:
  struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
  };
  static int read(BIO* bio, char* into, std::size_t size, std::size_t* count);
  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* count);
  static long control(BIO* bio, int command, long argument, void* pointer);
  static BIO_METHOD* method();

  std::unique_ptr<BIO, Free> bio_;
  std::array<char, max_received> received_;
  std::array<char, max_received + 2 * max_record> plaintext_;
  std::array<char, max_record> record_;
  std::span<const char> unread_;
  std::vector<char> output_;
};

} // namespace nvrhub::net
