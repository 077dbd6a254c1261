#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::fuzz {

/// What must hold of the bytes that the server sends on a WebSocket: whole, unmasked frames, JSON of a known type,
/// batches that join (protocol.md, "Dashboard socket"), known close codes.
class StreamRules {
public:
  /// The peer sent a close frame of its own, which the server echoes.
  void peer_closed() { peer_closed_ = true; }

  /// Takes what has come so far, from its very beginning; looks at what is new in it.
  void look(const std::string& received);
  bool is_open() const { return at_ > 0; } // the upgrade was granted
  bool saw_close() const { return saw_close_; }
  std::size_t pongs() const { return pongs_; }
  /// All that came was whole.
  bool is_complete(const std::string& received) const { return at_ == received.size(); }

private:
  void text(std::string_view payload);
  void close(std::string_view payload) const;

  std::size_t at_ = 0; // of `received`, behind the last whole frame
  std::size_t pongs_ = 0;
  bool peer_closed_ = false;
  bool saw_close_ = false;
  std::optional<std::uint64_t> next_; // what `from` the next batch must have
};

/// What must hold of the answers on a connection without WebSocket: HTTP/1.1, an error as protocol.md, "HTTP", has it,
/// and never a fault of the server.
void must_be_answers(std::string_view received);

} // namespace nvrhub::fuzz
