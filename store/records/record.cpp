#include "store/records/record.hpp"

#include <xxhash.h>

#include "store/records/keys.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

namespace {

constexpr std::size_t checksum_bytes = 8;

std::uint64_t checksum(Table table, std::string_view key, std::string_view versioned_payload) {
  const XXH64_hash_t seed = XXH3_64bits_withSeed(key.data(), key.size(), static_cast<XXH64_hash_t>(table) + 1);
  return XXH3_64bits_withSeed(versioned_payload.data(), versioned_payload.size(), seed);
}

std::string_view name_of(Table table) {
  switch (table) {
  case Table::meta:
    return "meta";
  case Table::nvrs:
    return "nvrs";
  case Table::cameras:
    return "cameras";
  case Table::hostnames:
    return "hostnames";
  case Table::seen:
    return "seen";
  case Table::events:
    return "events";
  case Table::nvr_events:
    return "nvr_events";
  case Table::base_nvrs:
    return "base_nvrs";
  case Table::base_cameras:
    return "base_cameras";
  case Table::runs:
    return "runs";
  case Table::samples:
    return "samples";
  case Table::former_names:
    return "former_names";
  case Table::alerts:
    return "alerts";
  case Table::origins:
    return "origins";
  case Table::chain:
    return "chain";
  case Table::parts:
    return "parts";
  }
  return "?";
}

/// `text`, shortened, with `?` for bytes that are not printable ASCII.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200))
    out.push_back(c >= ' ' && c <= '~' ? c : '?');
  return out;
}

std::string name_of_key(Table table, std::string_view key) {
  switch (table) {
  case Table::meta:
  case Table::hostnames:
  case Table::former_names:
  case Table::alerts:
    return '"' + printable(key) + '"';
  case Table::events:
  case Table::runs:
  case Table::samples:
  case Table::chain:
    if (const auto seq = seq_of_key(key)) return std::to_string(*seq);
    break;
  case Table::origins:
    if (const auto origin = origin_of_key(key)) return origin->node + "/" + std::to_string(origin->boot);
    break;
  case Table::nvr_events:
    if (const auto seq = seq_of_nvr_event_key(key)) return std::to_string(*id_of_key(key)) + "/" + std::to_string(*seq);
    break;
  default:
    if (const auto id = id_of_key(key)) {
      const std::string_view rest = key.substr(id_bytes);
      return std::to_string(*id) + (rest.empty() ? "" : "/\"" + printable(rest) + '"');
    }
  }
  return "with an invalid key of " + std::to_string(key.size()) + " bytes";
}

} // namespace

std::string describe(Table table, std::string_view key) {
  return "record " + name_of_key(table, key) + " of table " + std::string(name_of(table));
}

Error malformed_record(Table table, std::string_view key) {
  return {Errc::corrupt, describe(table, key) + " has invalid fields"};
}

void begin_record(std::string& bytes) {
  bytes.assign(checksum_bytes, '\0');
  bytes.push_back(static_cast<char>(record_version));
}

void seal_record(Table table, std::string_view key, std::string& bytes) {
  const std::uint64_t sum = checksum(table, key, std::string_view(bytes).substr(checksum_bytes));
  for (std::size_t i = 0; i < checksum_bytes; ++i)
    bytes[i] = static_cast<char>((sum >> (8 * i)) & 0xFF);
}

Result<std::string_view> open_record(Table table, std::string_view key, std::string_view bytes) {
  if (bytes.size() < checksum_bytes + 1) {
    return fail(Errc::corrupt, describe(table, key) + " is too short: " + std::to_string(bytes.size()) + " bytes");
  }
  std::uint64_t stored = 0;
  for (std::size_t i = 0; i < checksum_bytes; ++i) {
    stored |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  }
  const std::string_view versioned = bytes.substr(checksum_bytes);
  if (checksum(table, key, versioned) != stored) {
    return fail(Errc::corrupt, describe(table, key) + " is damaged: its checksum does not match");
  }
  if (static_cast<std::uint8_t>(versioned.front()) != record_version) {
    return fail(Errc::schema, describe(table, key) + " was written by a newer nvrhub: use that version");
  }
  return versioned.substr(1);
}

} // namespace nvrhub::store
