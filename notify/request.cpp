#include "notify/request.hpp"

#include <algorithm>
#include <array>

#include "notify/render/render.hpp"
#include "notify/signature.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::string_view json_type = "application/json";

Request base_request(const Channel& channel) {
  Request request;
  request.transport = channel.transport;
  request.username = channel.credentials.username;
  request.password = channel.credentials.password;
  request.authorization = channel.credentials.token;
  return request;
}

bool is_json_type(std::string_view type) {
  return type.find("json") != std::string_view::npos;
}

std::string rendered(const Webhook& webhook, const MessageView& view) {
  switch (webhook.format) {
  case Format::json:
    return render_json(view);
  case Format::slack:
    return render_slack(view);
  case Format::teams:
    return render_teams(view);
  case Format::ntfy:
    return render_ntfy(view, ntfy_target(webhook.url.reveal()).value_or(std::pair("", "")).second);
  case Format::discord:
    return render_discord(view);
  case Format::plain:
    return render_plain(view);
  }
  return "";
}

Request webhook_request(const Channel& channel, const Webhook& webhook, const MessageView& view,
                        fleet::WallMillis now) {
  Request request = base_request(channel);
  request.url = webhook.url;
  std::string_view type = webhook.format == Format::plain ? "text/plain; charset=utf-8" : json_type;
  if (!webhook.body.empty()) {
    type = webhook.content_type.empty() ? json_type : webhook.content_type;
    request.body = webhook.body.render(template_values(view), is_json_type(type) ? Escape::json : Escape::none);
  } else {
    request.body = rendered(webhook, view);
    if (webhook.format == Format::ntfy)
      request.url = Secret(ntfy_target(webhook.url.reveal()).value_or(std::pair(webhook.url.reveal(), "")).first);
  }
  request.headers = webhook_headers(view.message.id, now / 1000, request.body, webhook.signing_key);
  request.headers.push_back("Content-Type: " + std::string(type));
  return request;
}

Request email_request(const Channel& channel, const Email& email, const MessageView& view) {
  Request request = base_request(channel);
  request.url = Secret(email.server);
  request.starttls = email.starttls;
  request.mail_from = email.from;
  request.mail_to = email.to;
  request.body = render_email(view, email);
  return request;
}

} // namespace

std::vector<Request> requests_for(const Channel& channel, const MessageView& view, fleet::WallMillis now) {
  if (const auto* webhook = std::get_if<Webhook>(&channel.settings)) {
    std::vector<Request> one;
    one.push_back(webhook_request(channel, *webhook, view, now));
    return one;
  }
  if (const auto* email = std::get_if<Email>(&channel.settings)) {
    std::vector<Request> one;
    one.push_back(email_request(channel, *email, view));
    return one;
  }
  return requests_for(channel, std::get<Alertmanager>(channel.settings), view.alerts, now);
}

std::vector<Request> requests_for(const Channel& channel, const Alertmanager& settings,
                                  const std::vector<AlertView>& alerts, fleet::WallMillis now) {
  std::vector<Request> requests;
  const std::string body = render_alertmanager(alerts, now);
  for (const Secret& url : settings.urls) {
    Request request = base_request(channel);
    std::string base = url.reveal();
    while (base.ends_with('/'))
      base.pop_back();
    request.url = Secret(base + "/api/v2/alerts");
    request.headers.push_back("Content-Type: " + std::string(json_type));
    request.body = body;
    requests.push_back(std::move(request));
  }
  return requests;
}

Outcome combined(const std::vector<Outcome>& outcomes) {
  const auto delivered =
      std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) { return outcome.delivered; });
  return delivered == outcomes.end() ? outcomes.front() : *delivered;
}

} // namespace nvrhub::notify
