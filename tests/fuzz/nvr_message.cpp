// The decoder of frames on an NVR socket (protocol.md, "NVR socket"), and the heartbeat fingerprint.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "fleet/names.hpp"
#include "fuzz/support/json_oracle.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/decode/heartbeat_fingerprint.hpp"
#include "protocol/decode/report.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/limits.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;
using nlohmann::json;
using protocol::NvrMessage;

namespace {

constexpr std::size_t max_error_bytes = 512; // an error quotes nothing of the message

void must_be_id(const std::optional<protocol::Id>& id) {
  if (!id) return;
  const json value = must_be_json(*id);
  must(value.is_number_integer() ||
           (value.is_string() && value.get_ref<const std::string&>().size() <= protocol::max_id_bytes),
       "an id is an integer or a string of at most 64 bytes", *id);
}

void must_be_inside(std::string_view view, const std::string& text) {
  must(view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size(),
       "a report's views point into its text");
}

void must_be_valid(const fleet::Report& report) {
  std::int64_t last = -1;
  for (const fleet::ReportedCamera& camera : report.cameras) {
    must(camera.index > last, "cameras are in ascending index order");
    last = camera.index;
    must(fleet::is_valid_name(camera.name), "a camera name is valid", camera.name);
    must_be_inside(camera.name, report.text);
    must(fleet::Status::parse(camera.status.text()).has_value(), "a status is valid", camera.status.text());
    if (!camera.ip_address) continue;
    must(fleet::is_valid_address(*camera.ip_address), "an address is valid", *camera.ip_address);
    must_be_inside(*camera.ip_address, report.text);
  }
  must(report.skipped.size() <= protocol::max_skipped_entries + 1, "the number of skipped entries is limited");
  for (const fleet::SkippedEntry& entry : report.skipped) {
    must_name(entry.reason, "name", "status", "ip_address", "an object", "more wrong entries");
    if (entry.name) must(fleet::is_valid_name(*entry.name), "the name of a skipped entry is valid", *entry.name);
  }
}

/// The report as JSON for `systemStatus`, with `null` in place of a skipped entry.
json as_json(const fleet::Report& report) {
  json cameras = json::array();
  for (const fleet::SkippedEntry& entry : report.skipped) {
    while (cameras.size() <= entry.index)
      cameras.push_back(nullptr);
  }
  for (const fleet::ReportedCamera& camera : report.cameras) {
    while (cameras.size() <= camera.index)
      cameras.push_back(nullptr);
    json& entry = cameras[camera.index] = {{"name", camera.name}, {"status", camera.status.text()}};
    if (camera.ip_address) entry["ip_address"] = *camera.ip_address;
  }
  return {{"cameras", std::move(cameras)}};
}

json as_json(const NvrMessage& message) {
  json out = json::object();
  if (message.id) out["id"] = must_be_json(*message.id);
  const auto* auth = std::get_if<protocol::Auth>(&message.body);
  const auto* beat = std::get_if<protocol::Heartbeat>(&message.body);
  out["type"] = auth != nullptr ? "auth" : "heartbeat";
  const protocol::ReportPtr& report = auth != nullptr ? auth->report : beat->report;
  if (report) out["systemStatus"] = as_json(*report);
  if (auth != nullptr) out["hostname"] = auth->hostname;
  if (auth != nullptr && auth->token) out["token"] = *auth->token;
  if (beat != nullptr && beat->timestamp) out["timestamp"] = protocol::iso8601(*beat->timestamp);
  return out;
}

void must_be_valid(const NvrMessage& message) {
  must_be_id(message.id);
  const auto* auth = std::get_if<protocol::Auth>(&message.body);
  if (auth != nullptr) must(fleet::is_valid_name(auth->hostname), "a hostname is valid", auth->hostname);
  const protocol::ReportPtr& report =
      auth != nullptr ? auth->report : std::get<protocol::Heartbeat>(message.body).report;
  if (report) must_be_valid(*report);

  const std::string text = as_json(message).dump();
  const auto again = protocol::decode_nvr_message(text);
  must(again.has_value(), "an accepted message is accepted after re-encoding", text);
  must(as_json(*again).dump() == text, "re-encoding keeps the message", text);
}

void must_be_explained(const protocol::Refusal& refusal) {
  must(refusal.code == protocol::ErrorCode::bad_json || refusal.code == protocol::ErrorCode::bad_message,
       "the error code is bad_json or bad_message");
  must(refusal.message.size() <= max_error_bytes && fleet::is_utf8(refusal.message), "an error message is short UTF-8",
       refusal.message);
  if (refusal.code == protocol::ErrorCode::bad_json) {
    must_name(refusal.message, "not JSON");
  } else {
    must_name(refusal.message, "type ", "id ", "hostname ", "token ", "systemStatus", "a JSON object");
  }
  must_be_id(refusal.id);
  must_be_json(protocol::encode_error(refusal.code, refusal.message, refusal.id));
}

/// A frame that matches the fingerprint of `message` may differ from it only in id and timestamp.
void must_match_only_repeats(std::string_view frame, const NvrMessage& message) {
  const auto fingerprint = protocol::HeartbeatFingerprint::of(frame, message);
  if (!fingerprint) return;
  const auto& first = std::get<protocol::Heartbeat>(message.body);
  must(fingerprint->match(frame).has_value(), "a frame matches its own fingerprint", frame);
  std::string other(frame);
  for (std::size_t at = 0; at < other.size(); at += 1 + other.size() / 32) {
    for (const char c : {'0', '9', '"', ' ', 'T', '\\', '}'}) {
      const char before = std::exchange(other[at], c);
      if (const auto variables = fingerprint->match(other)) {
        const auto decoded = protocol::decode_nvr_message(other);
        must(decoded.has_value(), "a frame that matches is valid", other);
        const auto& again = std::get<protocol::Heartbeat>(decoded->body);
        must(decoded->id == variables->id && again.timestamp == variables->timestamp,
             "id and timestamp are those of the frame that matches", other);
        must(as_json(*again.report) == as_json(*first.report), "a frame that matches has the same report", other);
      }
      other[at] = before;
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const auto message = protocol::decode_nvr_message(frame);
  must_agree_on_json(frame, message || message.error().code != protocol::ErrorCode::bad_json);
  if (message) {
    must_be_valid(*message);
    must_match_only_repeats(frame, *message);
  } else {
    must_be_explained(message.error());
  }
  return 0;
}
