#include "heartbeat.hpp"
#include "paths.hpp"
#include "protocol/decode/heartbeat_fingerprint.hpp"
#include "protocol/json/utf8.hpp"

namespace bench {

using nvrhub::protocol::HeartbeatFingerprint;

std::vector<Path> decode_paths() {
  const std::string text = heartbeat(0);
  const HeartbeatFingerprint known = HeartbeatFingerprint::of(text, decoded(text)).value();
  return {
      {"utf8/heartbeat", [text] { return nvrhub::protocol::is_utf8(text); }},
      {"decode/heartbeat", [text] { return nvrhub::protocol::decode_nvr_message(text).has_value(); }},
      {"repeat/learn", [text, message = decoded(text)] { return HeartbeatFingerprint::of(text, message).has_value(); }},
      {"repeat/known",
       [known, next = heartbeat(0, "2026-11-22T10:00:10.000Z")] { return known.match(next).has_value(); }},
  };
}

} // namespace bench
