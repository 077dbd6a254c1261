#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace nvrhub::fleet {

/// A camera's status: `online`, `offline`, or any other string of 1-32 bytes that counts as not online
/// (protocol.md, "Reconcile"). Stored inline: a fleet has hundreds of thousands.
class Status {
public:
  static constexpr std::size_t max_bytes = 32;

  /// `offline`, as a camera that was never reported.
  Status() : Status("offline", 7) {}

  /// Nothing if `text` is empty, longer than 32 bytes, not UTF-8 or has a control character.
  static std::optional<Status> parse(std::string_view text);
  static Status online() { return {"online", 6}; }
  static Status offline() { return {}; }
  /// Of a camera that was reported with a status that is not valid.
  static Status unknown() { return {"unknown", 7}; }

  std::string_view text() const { return {text_.data(), size_}; }
  bool is_online() const { return text() == "online"; }
  bool is_offline() const { return text() == "offline"; }

  friend bool operator==(const Status& a, const Status& b) { return a.text() == b.text(); }

private:
  Status(const char* text, std::size_t size) : size_(static_cast<std::uint8_t>(size)) {
    std::memcpy(text_.data(), text, size);
  }

  std::uint8_t size_;
  std::array<char, max_bytes> text_{};
};

/// `status_source` of a camera: the origin of its status.
enum class Source : std::uint8_t { reported, assumed, nvr_unreachable, manual };

/// Why an NVR went offline. Stored: the numbers never change.
enum class Cause : std::uint8_t { closed, timeout, error, kicked, server_restart, manual, node_lost };
inline constexpr std::uint8_t cause_count = 7;

std::string_view to_string(Source source);
std::string_view to_string(Cause cause);

} // namespace nvrhub::fleet
