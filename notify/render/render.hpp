#pragma once

// A message as bytes for each kind of receiver. Pure functions: the same message gives the same bytes, so a resend is
// a repetition. Lists of alerts are bounded; a text states how many it leaves out.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "notify/channel.hpp"
#include "notify/message.hpp"

namespace nvrhub::notify {

// ---- text.cpp: for people ----

/// "[critical] nvr-offline: NVR-7 (Gate house), Berlin": one line without control characters.
std::string title_of(const MessageView& view);
/// "NVR-7 (Gate house): nvr-offline since 2026-05-01 12:00:03 UTC": one line per alert.
std::string line_of(const AlertView& alert);
/// "camera Gate of NVR-7 (Gate house)"
std::string subject_of(const AlertView& alert);
/// The lines of all alerts, `max_alerts` at most, and how many follow.
std::string text_of(const MessageView& view, std::size_t max_alerts);
/// The link of the only alert, else of the message.
const std::string& link_of(const MessageView& view);
std::size_t firing_in(const MessageView& view);

// ---- time.cpp ----

std::string iso_time(fleet::WallMillis at);           // 2026-05-01T12:00:03.120Z
std::string plain_time(fleet::WallMillis at);         // 2026-05-01 12:00:03 UTC
std::string mail_time(fleet::WallMillis at);          // Fri, 01 May 2026 12:00:03 +0000
std::string plain_duration(fleet::WallMillis length); // 3 min

// ---- json.cpp ----

/// The body of format json: {"type":"alerts.firing","timestamp":...,"data":{...}} as Standard Webhooks recommends.
std::string render_json(const MessageView& view);
/// The array `data.alerts` of it.
std::string alerts_json(const MessageView& view);

// ---- chat.cpp ----

std::string render_slack(const MessageView& view); // also Mattermost and Rocket.Chat
std::string render_teams(const MessageView& view); // an adaptive card, for a workflow "post to a channel"
std::string render_discord(const MessageView& view);
/// ntfy takes JSON at its root: the URL to post to and the topic, of https://HOST/TOPIC.
std::optional<std::pair<std::string, std::string>> ntfy_target(const std::string& url);
std::string render_ntfy(const MessageView& view, const std::string& topic);
std::string render_plain(const MessageView& view);

// ---- values.cpp: for templates ----

std::span<const std::string_view> template_fields();
Template::Values template_values(const MessageView& view);

// ---- email.cpp ----

/// The mail with its header (RFC 5322), plain text and HTML; lines end with CRLF. Its Message-ID is made of the id of
/// the message. `References` names a mail per alert that is never sent: clients put all mails of an alert into one
/// thread, the recovery included.
std::string render_email(const MessageView& view, const Email& email);

// ---- alertmanager.cpp ----

/// The body of POST /api/v2/alerts. An alert that fires has `endsAt` in the future: Alertmanager ends it by itself if
/// it is not sent again within `alertmanager_hold`.
std::string render_alertmanager(std::span<const AlertView> alerts, fleet::WallMillis now);
inline constexpr fleet::WallMillis alertmanager_hold = 15 * 60'000;

} // namespace nvrhub::notify
