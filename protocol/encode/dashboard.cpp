// Messages to subscribed dashboards (protocol.md, "Dashboard socket").
#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::size_t batch_bytes = 64 * 1024;

std::size_t snapshot_room(std::span<const std::string> nvrs) {
  std::size_t bytes = 96;
  for (const std::string& nvr : nvrs)
    bytes += nvr.size() + 1;
  return bytes;
}

} // namespace

std::string encode_subscribed(std::string_view epoch, fleet::Seq seq, bool recovered) {
  Writer writer(96);
  return writer.begin_object()
      .field("type", "subscribed")
      .field("epoch", epoch)
      .field("seq", seq)
      .field("recovered", recovered)
      .end_object()
      .take();
}

std::string encode_snapshot(fleet::Seq seq, std::uint64_t page, bool last, std::span<const std::string> nvrs) {
  Writer writer(snapshot_room(nvrs));
  writer.begin_object().field("type", "snapshot").field("seq", seq).field("page", page).field("last", last);
  writer.key("nvrs").begin_array();
  for (const std::string& nvr : nvrs)
    writer.raw(nvr);
  return writer.end_array().end_object().take();
}

std::string encode_batch(fleet::Seq from, fleet::Seq to, std::span<const EncodedEvent> events) {
  std::size_t bytes = 96 + events.size();
  for (const EncodedEvent& event : events)
    bytes += event.text.size();
  Writer writer(bytes);
  writer.begin_object().field("type", "events").field("from", from).field("to", to).key("events").begin_array();
  for (const EncodedEvent& event : events)
    writer.raw(event.text);
  return writer.end_array().end_object().take();
}

std::vector<std::string> encode_batches(fleet::Seq from, fleet::Seq to, std::span<const EncodedEvent> events) {
  std::vector<std::string> batches;
  std::size_t first = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bytes += events[i].text.size();
    if (bytes < batch_bytes || i + 1 == events.size()) continue;
    batches.push_back(encode_batch(from, events[i].seq, events.subspan(first, i + 1 - first)));
    from = events[i].seq + 1;
    first = i + 1;
    bytes = 0;
  }
  batches.push_back(encode_batch(from, to, events.subspan(first)));
  return batches;
}

std::string encode_batch_of_none(fleet::Seq last, std::span<const std::string> texts) {
  std::vector<EncodedEvent> events;
  for (const std::string& text : texts)
    events.push_back({last, text});
  return encode_batch(last + 1, last, events);
}

std::string encode_confirmed(std::span<const fleet::NvrId> ids) {
  Writer writer(48 + ids.size() * 8);
  writer.begin_object().field("type", "confirmed").key("nvr_ids").begin_array();
  for (const fleet::NvrId id : ids)
    writer.value(id);
  return writer.end_array().end_object().take();
}

} // namespace nvrhub::protocol
