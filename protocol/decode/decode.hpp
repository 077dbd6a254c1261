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

/// A message's `id` as JSON text (`17` or `"a\"b"`): replies repeat it unchanged.
using Id = std::string;

struct Auth {
  std::string hostname;
  ReportPtr report; // null: no systemStatus
  std::optional<std::string> token;
};

/// Positions [begin, end) in a text.
struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Heartbeat {
  ReportPtr report;                           // null: no systemStatus
  std::optional<fleet::WallMillis> timestamp; // the client's clock, if it sent one that reads as ISO-8601 UTC
  // Where the values of `timestamp` (without its quotes) and `id` stand in the frame, for HeartbeatFingerprint.
  // Nothing: there is no such value, or replacing it could change what else the frame means. Only with a report.
  std::optional<ByteRange> timestamp_at;
  std::optional<ByteRange> id_at;
};

struct NvrMessage {
  std::variant<Auth, Heartbeat> body;
  std::optional<Id> id;
};

/// Why a message is refused. No part of it applies.
struct Refusal {
  ErrorCode code = ErrorCode::bad_message;
  std::string message;  // names the field and what was expected
  std::optional<Id> id; // if the message had a valid one
  bool counts = true;   // towards close 4400; an unknown `type` does not
};

/// Decodes one text frame of an NVR socket (protocol.md, "NVR socket"). Unknown fields are ignored, `null` counts as
/// absent, the last of duplicate keys wins. `frame` may be any bytes; only UTF-8 is accepted.
/// THREADS: any; each thread has its own parser.
tl::expected<NvrMessage, Refusal> decode_nvr_message(std::string_view frame);

// ---- dashboards ----

/// How much of an NVR a text contains: with its cameras, without them, or with their counts by status.
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
  bool summary = false; // detail "summary": only counts, and `detail` has no meaning
};

/// Decodes one text frame of a dashboard socket, by the rules of decode_nvr_message.
tl::expected<Subscribe, Refusal> decode_dashboard_message(std::string_view frame);

// ---- HTTP bodies ----

/// Why a body is refused. `field` is the JSON path of the wrong field, if any ("cameras[3].name").
struct BadBody {
  std::string message;
  std::string field;
};

struct RegisteredCamera {
  std::string name;
  std::optional<std::string> ip_address;
};

/// Data ingestion (protocol.md, "HTTP"): the body of a PUT of an NVR. Absent fields and omitted cameras stay as they
/// are.
struct Registration {
  std::optional<std::string> device_name;
  std::optional<std::string> site;
  std::vector<RegisteredCamera> cameras; // the last of duplicate names wins
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

/// `{"status": ...}` of a manual status. The caller refuses other values than online and offline for an NVR.
tl::expected<fleet::Status, BadBody> decode_status(std::string_view body);

/// The body of a call that makes an access token (protocol.md, "Tokens over HTTP"). The caller decides which roles
/// exist and which may be bound to a hostname or to sites.
struct TokenRequest {
  std::string role;
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> sites; // sorted and unique, at least one; "": NVRs without a site
  std::string note;                              // empty: none
};

tl::expected<TokenRequest, BadBody> decode_token(std::string_view body);

} // namespace nvrhub::protocol
