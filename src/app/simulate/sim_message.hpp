#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/simulate/sim_fleet.hpp"

namespace nvrhub::app::sim {

/// Writes what an NVR sends. Holds what all NVRs of a fleet share, so that a 2 KB report costs about a microsecond.
class FrameWriter {
public:
  explicit FrameWriter(const FleetSpec& spec);

  std::string auth(std::uint32_t index, const NvrModel& model, std::string_view token, std::uint64_t id) const;
  std::string heartbeat(std::uint32_t index, const NvrModel& model, std::uint64_t id,
                        std::chrono::system_clock::time_point now) const;
  /// A line of the import's NDJSON, newline included.
  std::string import_line(std::uint32_t index) const;

private:
  void append_status(std::string& out, std::uint32_t index, const NvrModel& model) const;

  const FleetSpec& spec_;
  std::vector<std::string> heads_; // of each camera's entry, up to its address
};

/// What a server sends, as far as the simulation looks at it. Absent fields keep their defaults.
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

/// Nothing if it is no JSON object.
std::optional<Incoming> parse_incoming(std::string_view text);

/// The answer to an import.
struct ImportAnswer {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
};
std::optional<ImportAnswer> parse_import_answer(std::string_view text);

} // namespace nvrhub::app::sim
