#include "notify/config/channel_table.hpp"

#include <algorithm>
#include <cctype>

#include "notify/config/mail_address.hpp"
#include "notify/render/escape.hpp"
#include "notify/render/render.hpp"
#include "notify/signature.hpp"
#include "notify/url.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_name = 64;
constexpr std::size_t max_recipients = 50;
constexpr std::size_t max_urls = 8;
constexpr std::size_t max_template = std::size_t{64} << 10;

bool is_channel_name(const std::string& name) {
  return !name.empty() && name.size() <= max_name && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

/// A URL as it is used. `key`: for errors; a user name in it would end up in logs of proxies and of the receiver.
void check_url(TableReader& reader, std::string_view key, const Secret& text,
               std::initializer_list<std::string_view> schemes, bool may_have_user = false) {
  const auto url = parse_url(text.reveal(), schemes);
  if (!url) {
    std::string forms;
    for (const std::string_view scheme : schemes)
      forms += (forms.empty() ? "" : " or ") + std::string(scheme) + "://HOST";
    return reader.expect(key, "a URL: " + forms);
  }
  if (url->has_user && !may_have_user) reader.expect(key, "a URL without user name and password");
  if (url->has_fragment) reader.expect(key, "a URL without #");
}

Transport read_transport(TableReader& reader, bool may_have_proxy) {
  Transport transport;
  transport.allow_private = reader.flag("allow-private");
  transport.ca = reader.text("ca");
  if (!transport.ca.empty()) (void)reader.file("ca", std::size_t{4} << 20);
  if (!may_have_proxy) return transport;
  transport.proxy = reader.text_or_secret("proxy");
  if (transport.proxy.empty()) return transport;
  check_url(reader, "proxy", transport.proxy, {"http", "https", "socks5", "socks5h"}, !reader.has("proxy"));
  return transport;
}

Credentials read_credentials(TableReader& reader, bool may_have_token) {
  Credentials credentials;
  credentials.username = reader.text("username");
  credentials.password = reader.secret("password");
  if (may_have_token) credentials.token = reader.secret("token");
  if (credentials.username != printable_ascii(credentials.username))
    reader.expect("username", "printable ASCII characters");
  if (credentials.username.empty() != credentials.password.empty())
    reader.expect("username", "user name and password, or none of them");
  if (!credentials.token.empty() && !credentials.username.empty())
    reader.expect("username", "either a user name or a token");
  return credentials;
}

/// Credentials in clear would be readable on the way.
void check_clear_text(TableReader& reader, std::string_view key, const Channel& channel, const Secret& url) {
  const bool has_credentials = !channel.credentials.token.empty() || !channel.credentials.username.empty();
  if (!has_credentials || !url.reveal().starts_with("http://") || channel.transport.allow_private) return;
  reader.expect(key, "https:// with a token or password, or allow-private = true for your own network");
}

Webhook read_webhook(TableReader& reader, const Channel& channel) {
  Webhook webhook;
  webhook.url = reader.text_or_secret("url");
  const bool has_url = reader.has("url") || reader.has("url-file") || reader.has("url-env");
  const std::string_view key = reader.has("url-file") ? "url-file" : reader.has("url-env") ? "url-env" : "url";
  if (!has_url) reader.expect("url", "a URL, or url-file or url-env");
  check_url(reader, key, webhook.url, {"https", "http"});
  check_clear_text(reader, key, channel, webhook.url);
  const std::size_t format = reader.choice("format", {"json", "slack", "teams", "ntfy", "discord", "plain"}, 0);
  webhook.format = static_cast<Format>(format);
  if (webhook.format == Format::ntfy && !ntfy_target(webhook.url.reveal()))
    reader.expect(key, "the URL of a topic, such as https://ntfy.sh/TOPIC");
  if (const auto text = reader.file("template", max_template)) {
    auto body = Template::parse(*text, template_fields());
    if (!body) reader.refuse("template", reader.text("template") + ": " + body.error());
    webhook.body = body.value_or(Template{});
    if (webhook.body.empty()) reader.expect("template", "a file that is not empty");
    if (reader.has("format")) reader.expect("template", "either a template or a format");
  }
  webhook.content_type = reader.text("content-type");
  if (reader.has("content-type") && !reader.has("template")) reader.expect("content-type", "it only with template");
  if (webhook.content_type != printable_ascii(webhook.content_type) ||
      (!webhook.content_type.empty() && webhook.content_type.find('/') == std::string::npos))
    reader.expect("content-type", "a media type, such as application/json");
  if (const Secret secret = reader.secret("secret"); !secret.empty()) {
    const auto decoded = decode_signing_key(secret);
    if (!decoded) {
      reader.expect(reader.has("secret-file") ? "secret-file" : "secret-env",
                    "whsec_ and the base64 of 24 to 64 bytes (`echo whsec_$(openssl rand -base64 32)` makes one)");
    }
    webhook.signing_key = decoded.value_or(Secret{});
  }
  return webhook;
}

Email read_email(TableReader& reader, const Channel& channel) {
  Email email;
  email.server = reader.required_text("server", "smtp://HOST or smtps://HOST");
  check_url(reader, "server", Secret(email.server), {"smtp", "smtps"});
  if (const auto url = parse_url(email.server, {"smtp", "smtps"})) {
    if (url->path != "/" || !url->query.empty()) reader.expect("server", "a URL without a path");
    if (url->port.empty()) email.server = origin_of(email.server) + (url->scheme == "smtps" ? ":465" : ":587");
    if (url->scheme == "smtps" && reader.has("starttls")) reader.expect("starttls", "it only with smtp://");
  }
  email.starttls = static_cast<StartTls>(reader.choice("starttls", {"required", "optional", "none"}, 0));
  if (!channel.credentials.username.empty() && email.starttls != StartTls::required)
    reader.expect("starttls", "\"required\" with a password, which must not be sent in clear");
  const auto from = parse_mail_address(reader.required_text("from", "an address"));
  if (!from) reader.expect("from", "an address, such as \"nvrhub <alerts@example.com>\"");
  email.from_name = from.value_or(MailAddress{}).name;
  email.from = from.value_or(MailAddress{}).address;
  if (!reader.has("to")) reader.expect("to", "one address or an array of them");
  for (const std::string& text : reader.texts("to")) {
    const auto to = parse_mail_address(text);
    if (!to || !to->name.empty()) reader.expect("to", "addresses, such as \"guard@example.com\"");
    email.to.push_back(to.value_or(MailAddress{}).address);
  }
  if (email.to.size() > max_recipients)
    reader.expect("to", "at most " + std::to_string(max_recipients) + " addresses; use a mailing list for more");
  return email;
}

Alertmanager read_alertmanager(TableReader& reader, const Channel& channel) {
  Alertmanager alertmanager;
  if (!reader.has("urls")) reader.expect("urls", "the URL of an Alertmanager, or an array with that of each");
  for (const std::string& text : reader.texts("urls")) {
    const Secret url(text);
    check_url(reader, "urls", url, {"https", "http"});
    if (text.find('?') != std::string::npos) reader.expect("urls", "URLs without ?");
    check_clear_text(reader, "urls", channel, url);
    alertmanager.urls.push_back(url);
  }
  if (alertmanager.urls.size() > max_urls) reader.expect("urls", "at most " + std::to_string(max_urls) + " URLs");
  return alertmanager;
}

} // namespace

Channel read_channel(TableReader& reader) {
  Channel channel;
  channel.name = reader.required_text("name", "a name");
  if (!is_channel_name(channel.name)) {
    reader.expect("name", "1 to 64 letters, digits, '.', '_' or '-'");
    return channel;
  }
  reader.set_title("[[channel]] \"" + channel.name + "\"");
  if (!reader.has("type")) reader.expect("type", "\"webhook\", \"email\" or \"alertmanager\"");
  const std::size_t type = reader.choice("type", {"webhook", "email", "alertmanager"}, 0);
  if (!reader.error().empty()) return channel;
  const bool is_email = type == 1;
  channel.transport = read_transport(reader, !is_email);
  channel.credentials = read_credentials(reader, !is_email);
  if (type == 0) channel.settings = read_webhook(reader, channel);
  if (is_email) channel.settings = read_email(reader, channel);
  if (type == 2) channel.settings = read_alertmanager(reader, channel);
  reader.refuse_other_keys();
  return channel;
}

} // namespace nvrhub::notify
