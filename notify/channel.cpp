#include "notify/channel.hpp"

#include <array>

#include "notify/url.hpp"

namespace nvrhub::notify {

namespace {

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += (list.empty() ? "" : ", ") + text;
  return list;
}

} // namespace

std::string_view type_of(const Channel& channel) {
  constexpr std::array<std::string_view, 3> names{"webhook", "email", "alertmanager"};
  return names.at(channel.settings.index());
}

std::string describe(const Channel& channel) {
  if (const auto* webhook = std::get_if<Webhook>(&channel.settings)) return origin_of(webhook->url.reveal());
  if (const auto* email = std::get_if<Email>(&channel.settings)) return list_of(email->to) + " by " + email->server;
  std::vector<std::string> origins;
  for (const Secret& url : std::get<Alertmanager>(channel.settings).urls)
    origins.push_back(origin_of(url.reveal()));
  return list_of(origins);
}

} // namespace nvrhub::notify
