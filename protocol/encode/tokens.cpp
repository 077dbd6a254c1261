#include "protocol/encode/tokens.hpp"

#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

void add_token(Writer& writer, const TokenInfo& info) {
  writer.field("id", info.id).field("made", iso8601(info.made)).field("role", info.role);
  writer.text_or_null("hostname", info.hostname.value_or("")).key("sites");
  if (info.sites) {
    writer.begin_array();
    for (const std::string& site : *info.sites)
      writer.value(site);
    writer.end_array();
  } else {
    writer.null();
  }
  writer.text_or_null("note", info.note);
}

} // namespace

std::string encode_tokens(std::span<const TokenInfo> tokens) {
  Writer writer(64 + 192 * tokens.size());
  writer.begin_object().key("tokens").begin_array();
  for (const TokenInfo& info : tokens) {
    writer.begin_object();
    add_token(writer, info);
    writer.end_object();
  }
  return writer.end_array().end_object().take();
}

std::string encode_new_token(const TokenInfo& info, std::string_view text) {
  Writer writer(256);
  writer.begin_object().field("token", text);
  add_token(writer, info);
  return writer.end_object().take();
}

} // namespace nvrhub::protocol
