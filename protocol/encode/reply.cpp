#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

void write_skipped(Writer& writer, std::span<const fleet::SkippedEntry> skipped) {
  if (skipped.empty()) return;
  writer.key("skipped").begin_array();
  for (const fleet::SkippedEntry& entry : skipped) {
    writer.begin_object().field("index", entry.index);
    if (entry.name) writer.field("name", *entry.name);
    writer.field("reason", entry.reason).end_object();
  }
  writer.end_array();
}

void write_id(Writer& writer, const std::optional<Id>& id) {
  if (id) writer.key("id").raw(*id);
}

} // namespace

std::string encode(const AuthOk& reply) {
  Writer writer(160 + reply.hostname.size());
  writer.begin_object()
      .field("type", "auth_ok")
      .field("hostname", reply.hostname)
      .field("nvr_id", reply.nvr_id)
      .field("session", reply.session)
      .field("cameras_updated", reply.cameras_updated);
  write_skipped(writer, reply.skipped);
  write_id(writer, reply.id);
  return writer.end_object().take();
}

std::string encode(const Ack& reply) {
  Writer writer(96 + reply.id.size());
  writer.begin_object()
      .field("type", "ack")
      .key("id")
      .raw(reply.id)
      .field("seq", reply.seq)
      .field("cameras_updated", reply.cameras_updated);
  write_skipped(writer, reply.skipped);
  return writer.end_object().take();
}

std::string encode_error(ErrorCode code, std::string_view message, const std::optional<Id>& id,
                         std::optional<int> retry_after_s) {
  Writer writer(128 + message.size());
  writer.begin_object().field("type", "error").field("code", to_string(code)).field("message", message);
  write_id(writer, id);
  if (retry_after_s) writer.field("retry_after", *retry_after_s);
  return writer.end_object().take();
}

} // namespace nvrhub::protocol
