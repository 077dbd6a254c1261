#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

std::size_t total_size(std::span<const std::string> texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts)
    bytes += text.size() + 1;
  return bytes;
}

/// Ends a page: closes the list and adds the cursor of the next page.
std::string finish_page(Writer& writer, std::string_view list, std::span<const std::string> texts,
                        const std::optional<std::string>& next) {
  writer.key(list).begin_array();
  for (const std::string& text : texts)
    writer.raw(text);
  writer.end_array().key("next");
  if (next) {
    writer.value(*next);
  } else {
    writer.null();
  }
  return writer.end_object().take();
}

} // namespace

std::string encode(const Summary& summary) {
  Writer writer(192);
  return writer.begin_object()
      .field("type", "summary")
      .field("seq", summary.seq)
      .key("nvrs")
      .begin_object()
      .field("online", summary.nvrs_online)
      .field("offline", summary.nvrs_offline)
      .field("unconfirmed", summary.nvrs_unconfirmed)
      .end_object()
      .key("cameras")
      .begin_object()
      .field("online", summary.cameras_online)
      .field("offline", summary.cameras_offline)
      .field("other", summary.cameras_other)
      .end_object()
      .end_object()
      .take();
}

std::string encode_http_error(std::string_view code, std::string_view message, std::string_view field) {
  Writer writer(64 + message.size());
  writer.begin_object().key("error").begin_object().field("code", code).field("message", message);
  if (!field.empty()) writer.field("field", field);
  return writer.end_object().end_object().take();
}

std::string encode_nvr_page(fleet::Seq seq, std::string_view epoch, std::span<const std::string> nvrs,
                            const std::optional<std::string>& next) {
  Writer writer(128 + total_size(nvrs));
  writer.begin_object().field("seq", seq).field("epoch", epoch);
  return finish_page(writer, "nvrs", nvrs, next);
}

std::string encode_event_page(std::string_view epoch, std::span<const std::string> events,
                              const std::optional<std::string>& next) {
  Writer writer(128 + total_size(events));
  writer.begin_object().field("epoch", epoch);
  return finish_page(writer, "events", events, next);
}

std::string encode(const AccessInfo& info) {
  Writer writer(192);
  writer.begin_object().text_or_null("role", info.role).text_or_null("token", info.token);
  writer.text_or_null("hostname", info.hostname.value_or("")).key("sites");
  if (info.sites) {
    writer.begin_array();
    for (const std::string& site : *info.sites)
      writer.value(site);
    writer.end_array();
  } else {
    writer.null();
  }
  writer.key("may").begin_array();
  for (const std::string_view permission : info.may)
    writer.value(permission);
  writer.end_array();
  if (!info.cluster.empty()) writer.field("cluster", info.cluster);
  return writer.end_object().take();
}

std::string encode_one_nvr(fleet::Seq seq, std::string_view nvr) {
  Writer writer(48 + nvr.size());
  return writer.begin_object().field("seq", seq).key("nvr").raw(nvr).end_object().take();
}

std::string encode_import_result(std::uint64_t created, std::uint64_t updated, std::span<const ImportFailure> failed) {
  Writer writer;
  writer.begin_object().field("created", created).field("updated", updated).key("failed").begin_array();
  for (const ImportFailure& failure : failed) {
    writer.begin_object().field("line", failure.line).field("message", failure.message).end_object();
  }
  return writer.end_array().end_object().take();
}

} // namespace nvrhub::protocol
