#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/nvr.hpp"
#include "store/log_entry.hpp"

namespace nvrhub::store {

// Keys of the tables (backend.hpp). Numbers are big-endian: the order of the bytes is the order of the numbers.

inline constexpr std::size_t id_bytes = 4;
inline constexpr std::size_t seq_bytes = 8;

template <class Number>
void append_number(std::string& out, Number value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;)
    out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

/// The number in the first `bytes` of `key`. REQUIRES: key.size() >= bytes.
inline std::uint64_t number_at(std::string_view key, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value = (value << 8) | static_cast<std::uint8_t>(key[i]);
  return value;
}

inline std::string nvr_key(fleet::NvrId id) {
  std::string key;
  append_number(key, id, id_bytes);
  return key;
}

inline std::string camera_key(fleet::NvrId id, std::string_view name) {
  std::string key;
  key.reserve(id_bytes + name.size());
  append_number(key, id, id_bytes);
  key.append(name);
  return key;
}

inline std::string event_key(fleet::Seq seq) {
  std::string key;
  append_number(key, seq, seq_bytes);
  return key;
}

inline std::string run_key(std::uint64_t number) {
  return event_key(number);
}

/// All times before 1970 have the same key.
inline std::string sample_key(fleet::WallMillis at) {
  return event_key(at > 0 ? static_cast<std::uint64_t>(at) : 0);
}

inline std::string nvr_event_key(fleet::NvrId id, fleet::Seq seq) {
  std::string key;
  append_number(key, id, id_bytes);
  append_number(key, seq, seq_bytes);
  return key;
}

inline std::string chain_key(LogPosition position) {
  return event_key(position);
}

/// Boots of one node are adjacent.
inline std::string origin_key(const Origin& origin) {
  std::string key = origin.node;
  key.push_back('\0');
  append_number(key, origin.boot, seq_bytes);
  return key;
}

inline std::optional<Origin> origin_of_key(std::string_view key) {
  if (key.size() < seq_bytes + 2 || key[key.size() - seq_bytes - 1] != '\0') return std::nullopt;
  const std::string_view node = key.substr(0, key.size() - seq_bytes - 1);
  if (!is_node_name(node)) return std::nullopt;
  return Origin{std::string(node), number_at(key.substr(key.size() - seq_bytes), seq_bytes)};
}

/// Parts of one origin are adjacent, in order.
inline std::string part_key(OriginNumber origin, std::uint32_t index) {
  std::string key;
  append_number(key, origin, id_bytes);
  append_number(key, index, id_bytes);
  return key;
}

/// The NVR id at the beginning of a key of nvrs, cameras, seen, nvr_events, base_nvrs or base_cameras.
inline std::optional<fleet::NvrId> id_of_key(std::string_view key) {
  if (key.size() < id_bytes) return std::nullopt;
  return static_cast<fleet::NvrId>(number_at(key, id_bytes));
}

/// The number in a key of events, runs, samples or chain.
inline std::optional<fleet::Seq> seq_of_key(std::string_view key) {
  if (key.size() != seq_bytes) return std::nullopt;
  return number_at(key, seq_bytes);
}

/// The seq in a key of nvr_events.
inline std::optional<fleet::Seq> seq_of_nvr_event_key(std::string_view key) {
  if (key.size() != id_bytes + seq_bytes) return std::nullopt;
  return number_at(key.substr(id_bytes), seq_bytes);
}

/// Sets `key` to the smallest key greater than `after`.
inline void set_next_key(std::string& key, std::string_view after) {
  key.assign(after);
  key.push_back('\0');
}

} // namespace nvrhub::store
