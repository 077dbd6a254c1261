#include "protocol/encode/waiting.hpp"

#include "fleet/similar_names.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

void add_similar(Writer& writer, const WaitingEntry& entry) {
  writer.key("similar");
  if (!entry.similar) {
    writer.null();
    return;
  }
  writer.begin_object().field("hostname", *entry.similar);
  // The sentence begins with the hostname, for messages.
  std::string text = fleet::explain_similar(entry.nvr->hostname, *entry.similar).value_or("");
  const std::size_t quoted = entry.similar->size() + 4; // "HOSTNAME":_
  writer.field("difference", text.size() > quoted ? text.substr(quoted) : text).end_object();
}

} // namespace

std::string encode_waiting(std::span<const WaitingEntry> entries) {
  Writer writer(128 + 256 * entries.size());
  writer.begin_object().key("waiting").begin_array();
  for (const WaitingEntry& entry : entries) {
    const fleet::WaitingNvr& nvr = *entry.nvr;
    writer.begin_object().field("hostname", nvr.hostname).field("address", nvr.address);
    writer.field("first_try", iso8601(nvr.first_try)).field("last_try", iso8601(nvr.last_try));
    writer.field("tries", nvr.tries).key("cameras").begin_array();
    for (const std::string& name : nvr.cameras)
      writer.value(name);
    writer.end_array().field("cameras_left_out", nvr.cameras_left_out);
    add_similar(writer, entry);
    writer.field("ignored", nvr.ignored).end_object();
  }
  return writer.end_array().end_object().take();
}

} // namespace nvrhub::protocol
