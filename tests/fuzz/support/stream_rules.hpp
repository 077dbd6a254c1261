#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::fuzz {

/// Checks the bytes that the server sends on a WebSocket: complete, unmasked frames, JSON of a known type, event
/// batches without gap or overlap (protocol.md, "Dashboard socket"), known close codes.
class StreamRules {
public:
  /// The client sent a close frame, whose code the server echoes: any code is valid from then on.
  void client_closed() { client_closed_ = true; }

  /// Checks what is new in `received`, which is everything received on the connection so far.
  void check(const std::string& received);
  bool is_open() const { return at_ > 0; } // the upgrade succeeded
  bool saw_close() const { return saw_close_; }
  std::size_t pongs() const { return pongs_; }

private:
  void text(std::string_view payload);
  void close(std::string_view payload) const;

  std::size_t at_ = 0; // offset in `received` after the last complete frame
  std::size_t pongs_ = 0;
  bool client_closed_ = false;
  bool saw_close_ = false;
  std::optional<std::uint64_t> next_; // the expected `from` of the next batch
};

/// Checks the responses on a connection without a WebSocket: HTTP/1.1, errors in the format of protocol.md, "HTTP", and
/// no status 5xx except an expected 503.
void must_be_valid_responses(std::string_view received);

} // namespace nvrhub::fuzz
