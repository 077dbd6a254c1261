#include <algorithm>
#include <array>

#include "notify/render/escape.hpp"
#include "notify/render/json_text.hpp"
#include "notify/render/render.hpp"
#include "notify/url.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_chat_lines = 20;
// Limits of the services, in characters; counting bytes is on the safe side.
constexpr std::size_t max_slack_text = 3'000;
constexpr std::size_t max_teams_text = 16'000; // of 28 KB for the whole card
constexpr std::size_t max_discord_title = 256;
constexpr std::size_t max_discord_text = 4'096;
constexpr std::size_t max_ntfy_text = 4'000; // longer ones become an attachment
constexpr std::size_t max_title = 500;

bool is_good_news(const MessageView& view) {
  return firing_in(view) == 0;
}

/// Green, red, orange, blue.
std::uint32_t color_of(const MessageView& view) {
  constexpr std::array<std::uint32_t, 3> colors{0xD32F2F, 0xF57C00, 0x1976D2};
  return is_good_news(view) ? 0x388E3C : colors.at(static_cast<std::size_t>(view.message.severity));
}

std::string hex_color(std::uint32_t color) {
  std::string text = "#000000";
  for (std::size_t digit = 6; digit > 0; --digit, color >>= 4)
    text[digit] = "0123456789ABCDEF"[color & 15];
  return text;
}

/// A paragraph that Teams does not read as markdown, other than its TextBlock and FactSet.
Json literal_paragraph(const std::string& text, bool is_title) {
  Json run{{"type", "TextRun"}, {"text", text}};
  if (is_title) run.update({{"weight", "bolder"}, {"size", "medium"}});
  return {{"type", "RichTextBlock"}, {"inlines", Json::array({std::move(run)})}};
}

} // namespace

std::string render_slack(const MessageView& view) {
  // An attachment, not blocks: Mattermost and Rocket.Chat take it, too, and it has a colour.
  const std::string title = slack_escaped(shortened(title_of(view), max_title));
  Json attachment{{"color", hex_color(color_of(view))},
                  {"fallback", title},
                  {"text", slack_escaped(shortened(text_of(view, max_chat_lines), max_slack_text))},
                  {"mrkdwn_in", Json::array()}};
  if (const std::string& link = link_of(view); !link.empty())
    attachment.update({{"title", "Open in nvrhub"}, {"title_link", link}});
  return json_text({{"text", title},
                    {"mrkdwn", false},
                    {"link_names", false},
                    {"unfurl_links", false},
                    {"attachments", Json::array({std::move(attachment)})}});
}

std::string render_teams(const MessageView& view) {
  Json body = Json::array({literal_paragraph(shortened(title_of(view), max_title), true)});
  const std::string text = shortened(text_of(view, max_chat_lines), max_teams_text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    body.push_back(literal_paragraph(text.substr(at, end - at), false));
    at = end + 1;
  }
  Json card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
            {"type", "AdaptiveCard"},
            {"version", "1.2"},
            {"body", std::move(body)}};
  if (const std::string& link = link_of(view); !link.empty())
    card["actions"] = Json::array({Json{{"type", "Action.OpenUrl"}, {"title", "Open in nvrhub"}, {"url", link}}});
  return json_text({{"type", "message"},
                    {"attachments", Json::array({Json{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                                      {"contentUrl", nullptr},
                                                      {"content", std::move(card)}}})}});
}

std::string render_discord(const MessageView& view) {
  Json embed{{"title", shortened(discord_escaped(title_of(view)), max_discord_title)},
             {"description", shortened(discord_escaped(text_of(view, max_chat_lines)), max_discord_text)},
             {"color", color_of(view)},
             {"timestamp", iso_time(view.message.at)}};
  if (const std::string& link = link_of(view); !link.empty()) embed["url"] = link;
  return json_text({{"embeds", Json::array({std::move(embed)})}, {"allowed_mentions", Json{{"parse", Json::array()}}}});
}

std::optional<std::pair<std::string, std::string>> ntfy_target(const std::string& url) {
  const auto parsed = parse_url(url, {"https", "http"});
  if (!parsed || !parsed->query.empty()) return std::nullopt;
  std::string path = parsed->path;
  if (path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash + 1 == path.size()) return std::nullopt;
  return std::pair(origin_of(url) + path.substr(0, slash + 1), path.substr(slash + 1));
}

std::string render_ntfy(const MessageView& view, const std::string& topic) {
  constexpr std::array<int, 3> priorities{5, 4, 3};
  constexpr std::array<const char*, 3> tags{"rotating_light", "warning", "information_source"};
  const auto severity = static_cast<std::size_t>(view.message.severity);
  Json body{{"topic", topic},
            {"title", shortened(title_of(view), max_title)},
            {"message", shortened(text_of(view, max_chat_lines), max_ntfy_text)},
            {"priority", is_good_news(view) ? 3 : priorities.at(severity)},
            {"tags", Json::array({is_good_news(view) ? "white_check_mark" : tags.at(severity)})}};
  if (const std::string& link = link_of(view); !link.empty()) body["click"] = link;
  return json_text(body);
}

std::string render_plain(const MessageView& view) {
  const std::string& link = link_of(view);
  return title_of(view) + "\n\n" + text_of(view, max_chat_lines) +
         (link.empty() ? "" : "\n" + single_line(link) + "\n");
}

} // namespace nvrhub::notify
