#include "fleet/names.hpp"
#include "heartbeat.hpp"
#include "paths.hpp"
#include "protocol/repeat.hpp"

namespace bench {

using nvrhub::protocol::Repeat;

std::vector<Path> decode_paths() {
  const std::string text = heartbeat(0);
  const Repeat known = Repeat::of(text, decoded(text)).value();
  return {
      {"utf8/heartbeat", [text] { return nvrhub::fleet::is_utf8(text); }},
      {"decode/heartbeat", [text] { return nvrhub::protocol::decode_nvr_message(text).has_value(); }},
      {"repeat/learn", [text, message = decoded(text)] { return Repeat::of(text, message).has_value(); }},
      {"repeat/known",
       [known, next = heartbeat(0, "2026-11-22T10:00:10.000Z")] { return known.match(next).has_value(); }},
  };
}

} // namespace bench
