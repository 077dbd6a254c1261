#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "fleet/filter.hpp"
#include "fleet/nvr.hpp"
#include "fleet/report.hpp"
#include "protocol/codes.hpp"

namespace nvrhub::protocol {

using ReportPtr = std::shared_ptr<const fleet::Report>;

/// A message's `id`, already as JSON text (`17` or `"a\"b"`): replies repeat it as it is.
using Id = std::string;

struct Auth {
  std::string hostname;
  ReportPtr report; // null: no systemStatus
  std::optional<std::string> token;
};

struct Heartbeat {
  ReportPtr report;                           // null: no systemStatus
  std::optional<fleet::WallMillis> timestamp; // the client's clock, if it sent one that reads as ISO-8601 UTC
};

struct NvrMessage {
  std::variant<Auth, Heartbeat> body;
  std::optional<Id> id;
};

/// Why a message is refused; nothing of it applies.
struct Refusal {
  ErrorCode code = ErrorCode::bad_message;
  std::string message;  // names the field and what was expected
  std::optional<Id> id; // if the message had a good one
  bool counts = true;   // towards close 4400; an unknown `type` does not
};

/// Decodes one text frame of an NVR socket (protocol.md, "NVR socket"). Unknown fields are ignored, `null` counts as
/// absent, of duplicate keys the last wins. Any bytes may come in. Thread-safe: each thread keeps its own parser.
tl::expected<NvrMessage, Refusal> decode_nvr_message(std::string_view frame);

// ---- dashboards ----

/// How much of an NVR a text tells: with its cameras, without, or with their numbers by status.
enum class Detail : std::uint8_t { camera, nvr, counts };

struct Position {
  std::string epoch;
  fleet::Seq seq = 0;
};

/// protocol.md, "Dashboard socket": `subscribe`.
struct Subscribe {
  std::optional<Position> since;
  fleet::Filter filter;
  Detail detail = Detail::camera;
  bool summary = false; // detail "summary": counts alone, and `detail` says nothing
};

/// Decodes one text frame of a dashboard socket, by the rules of decode_nvr_message.
tl::expected<Subscribe, Refusal> decode_dashboard_message(std::string_view frame);

// ---- HTTP bodies ----

/// Why a body is refused: `field` is the JSON path of the culprit, if there is one ("cameras[3].name").
struct BadBody {
  std::string message;
  std::string field;
};

struct RegisteredCamera {
  std::string name;
  std::optional<std::string> ip_address;
};

/// Data ingestion: what a PUT of an NVR says. Absent fields keep what is there; `cameras` left out are kept.
struct Registration {
  std::optional<std::string> device_name;
  std::optional<std::string> site;
  std::vector<RegisteredCamera> cameras; // of duplicate names the last wins
};

tl::expected<Registration, BadBody> decode_registration(std::string_view body);

struct ImportLine {
  std::string hostname;
  Registration registration;
};

/// One line of NDJSON: a registration with its `hostname`.
tl::expected<ImportLine, BadBody> decode_import_line(std::string_view line);

/// `{"hostname": ...}` of a rename.
tl::expected<std::string, BadBody> decode_rename(std::string_view body);

/// `{"status": ...}` of a manual status. The NVR's own accepts only online and offline; that is the caller's.
tl::expected<fleet::Status, BadBody> decode_status(std::string_view body);

} // namespace nvrhub::protocol
