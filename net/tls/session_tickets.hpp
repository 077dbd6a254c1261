#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <openssl/ssl.h>

namespace nvrhub::net {

/// The keys that encrypt session tickets, in memory only. A client that returns with a ticket saves both sides the
/// expensive part of the handshake. Each key encrypts for 12 hours and decrypts for 12 more, in which its tickets are
/// replaced; after that a client makes a full handshake.
///
/// THREADS: any.
class TicketKeys {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr auto lifetime = std::chrono::hours(12);

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher; // AES-256-CBC
    std::array<unsigned char, 32> mac;    // HMAC-SHA-256
  };
  struct Found {
    Key key;
    bool is_former = false;
  };

  explicit TicketKeys(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  /// nullopt: there is no randomness.
  std::optional<Key> current();
  /// nullopt: unknown, or too old.
  std::optional<Found> find(const unsigned char* name);

private:
  void rotate(Clock::time_point now);

  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> former_;
  Clock::time_point since_{}; // when current_ was made
};

/// Lets clients of `context` resume sessions with tickets under `keys`, one ticket per connection and no early data.
/// The certificate in a ticket is verified again against the authorities of `context`: if it has expired or is no
/// longer trusted, the client has to make a full handshake. ERRORS: throws std::bad_alloc.
void use_session_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);

} // namespace nvrhub::net
