#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/availability.hpp"
#include "fleet/event.hpp"
#include "fleet/nvr.hpp"
#include "fleet/report.hpp"
#include "protocol/codes.hpp"
#include "protocol/decode/decode.hpp"

namespace nvrhub::protocol {

/// "2024-01-15T10:30:00.000Z".
std::string iso8601(fleet::WallMillis at);
/// Nothing unless `text` is ISO-8601 with a date, a time, optional fractional seconds, and Z or an offset.
std::optional<fleet::WallMillis> parse_iso8601(std::string_view text);

/// "47 hours", and from 48 hours on "2 days", for messages; rounded down.
std::string hours_or_days(std::chrono::hours time);

// ---- replies on an NVR socket: one JSON text each ----

struct AuthOk {
  std::string_view hostname;
  fleet::NvrId nvr_id = 0;
  fleet::SessionNumber session = 0;
  std::uint32_t cameras_updated = 0;
  std::span<const fleet::SkippedEntry> skipped; // omitted when empty
  std::optional<Id> id;
};
std::string encode(const AuthOk& reply);

struct Ack {
  Id id;
  fleet::Seq seq = 0;
  std::uint32_t cameras_updated = 0;
  std::span<const fleet::SkippedEntry> skipped; // omitted when empty
};
std::string encode(const Ack& reply);

std::string encode_error(ErrorCode code, std::string_view message, const std::optional<Id>& id = std::nullopt,
                         std::optional<int> retry_after_s = std::nullopt);

// ---- dashboards ----

/// An event of the legacy feed, seed.md `nvr_status_update`: its six fields first, then status, seq and, on an offline,
/// cause.
std::string encode_feed(const fleet::Event& event);

/// One event of a live batch and, at detail `camera`, of the history. Empty: the event changes nothing at that detail.
/// `unconfirmed`: whether the NVR of a `registered` is unconfirmed; not known in the history.
std::string encode_event(const fleet::Event& event, Detail detail = Detail::camera, bool unconfirmed = false);

/// The NVR of the event starts to match a filter, and is `nvr` (JSON) now; or it stops to match.
std::string encode_entered(const fleet::Event& last, std::string_view nvr);
std::string encode_left(const fleet::Event& last);

/// An event as JSON, for a batch.
struct EncodedEvent {
  fleet::Seq seq = 0;
  std::string_view text;
};
/// `{"type":"events","from":a,"to":b,"events":[...]}`.
std::string encode_batch(fleet::Seq from, fleet::Seq to, std::span<const EncodedEvent> events);
/// The same as one or more messages of about 64 KiB, whose ranges join without gaps.
std::vector<std::string> encode_batches(fleet::Seq from, fleet::Seq to, std::span<const EncodedEvent> events);
/// A batch that covers no seq, after `last`: `texts` (JSON) are not part of the log.
std::string encode_batch_of_none(fleet::Seq last, std::span<const std::string> texts);
/// `{"type":"subscribed",...}`.
std::string encode_subscribed(std::string_view epoch, fleet::Seq seq, bool recovered);
/// One page of a snapshot; `nvrs` are JSON texts.
std::string encode_snapshot(fleet::Seq seq, std::uint64_t page, bool last, std::span<const std::string> nvrs);
/// `{"type":"confirmed","nvr_ids":[...]}`: these are no longer unconfirmed.
std::string encode_confirmed(std::span<const fleet::NvrId> ids);

/// `NVR` of protocol.md. An empty site, an empty address and a last_seen of 0 are null.
std::string encode_nvr(const fleet::Nvr& nvr, bool unconfirmed, Detail detail = Detail::camera);
/// At detail `nvr` or `counts`, for an NVR whose cameras are not loaded.
std::string encode_outline(const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary,
                           Detail detail);

struct Summary {
  fleet::Seq seq = 0;
  std::uint64_t nvrs_online = 0, nvrs_offline = 0, nvrs_unconfirmed = 0;
  std::uint64_t cameras_online = 0, cameras_offline = 0, cameras_other = 0;

  friend bool operator==(const Summary&, const Summary&) = default;
};
std::string encode(const Summary& summary);

// ---- HTTP ----

/// `{"error":{"code","message","field"?}}`; an empty field is omitted.
std::string encode_http_error(std::string_view code, std::string_view message, std::string_view field = {});

/// `{"seq":q,"epoch":E,"nvrs":[...],"next":cursor}`; `next` is null on the last page. `nvrs` are JSON texts.
std::string encode_nvr_page(fleet::Seq seq, std::string_view epoch, std::span<const std::string> nvrs,
                            const std::optional<std::string>& next);
/// `{"epoch":E,"events":[...],"next":cursor}`.
std::string encode_event_page(std::string_view epoch, std::span<const std::string> events,
                              const std::optional<std::string>& next);
/// What the caller's token is and may, for GET /api/v1/access; an empty text: null.
struct AccessInfo {
  std::string_view role;
  std::string_view token; // its id
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> sites;
  std::vector<std::string_view> may;
  std::string cluster{}; // identity; empty, and left out: a single server
};
std::string encode(const AccessInfo& info);

/// `{"seq":q,"nvr":NVR}`.
std::string encode_one_nvr(fleet::Seq seq, std::string_view nvr);

/// Milliseconds as seconds with up to 3 decimals, for JSON and CSV.
std::string seconds_text(fleet::WallMillis millis);
/// The share of time online, 0 to 1. Nothing if no time was observed.
std::optional<std::string> share_text(const fleet::Availability& availability);
std::string encode_availability(const fleet::Span& range, const fleet::Availability& availability);

/// The fleet at one time, and the number of events in the step that ends at it.
struct TimelinePoint {
  fleet::WallMillis at = 0;
  std::uint64_t events = 0;
  std::uint64_t nvrs_online = 0, nvrs_offline = 0;
  std::uint64_t cameras_online = 0, cameras_offline = 0, cameras_other = 0;
};
std::string encode_timeline(const fleet::Span& range, std::int64_t step_s, std::span<const TimelinePoint> points);

struct ImportFailure {
  std::uint64_t line = 0; // from 1
  std::string message;
};
std::string encode_import_result(std::uint64_t created, std::uint64_t updated, std::span<const ImportFailure> failed);

} // namespace nvrhub::protocol
