#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/fleet.hpp"

namespace nvrhub::simulate {

/// Writes the messages of an NVR. Caches the parts that all NVRs of a fleet share: a 2 KB report costs about 1 µs.
class FrameWriter {
public:
  explicit FrameWriter(const FleetSpec& spec);

  std::string auth(std::uint32_t index, const NvrModel& model, std::string_view token, std::uint64_t id) const;
  std::string heartbeat(std::uint32_t index, const NvrModel& model, std::uint64_t id,
                        std::chrono::system_clock::time_point now) const;
  /// One NDJSON line of the import, with its newline.
  std::string import_line(std::uint32_t index) const;

private:
  void append_status(std::string& out, std::uint32_t index, const NvrModel& model) const;

  const FleetSpec& spec_;
  std::vector<std::string> heads_; // start of each camera's entry, up to its address
};

/// The fields of a server message that the simulation uses. Absent fields keep their defaults.
struct Incoming {
  enum class Type { auth_ok, ack, error, status_update, other };

  Type type = Type::other;
  std::uint64_t id = 0; // ours count from 1
  std::uint64_t seq = 0;
  std::uint32_t cameras_updated = 0;
  std::uint32_t skipped = 0;
  std::string code;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string hostname;
  std::string status;
};

/// nullopt if it is not a JSON object.
std::optional<Incoming> parse_incoming(std::string_view text);

/// The response to an import.
struct ImportAnswer {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
};
std::optional<ImportAnswer> parse_import_answer(std::string_view text);

} // namespace nvrhub::simulate
