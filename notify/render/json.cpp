#include <algorithm>

#include "notify/render/json_text.hpp"
#include "notify/render/render.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_listed = 500; // some 200 KB

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json time_or_null(fleet::WallMillis at) {
  return at == 0 ? Json(nullptr) : Json(iso_time(at));
}

Json to_json(const AlertView& alert) {
  Json object{{"id", alert.id},
              {"rule", alert.rule},
              {"level", alerts::to_string(alert.level)},
              {"severity", alerts::to_string(alert.severity)},
              {"site", text_or_null(alert.site)},
              {"hostname", text_or_null(alert.hostname)},
              {"device_name", text_or_null(alert.device_name)},
              {"camera", text_or_null(alert.camera)},
              {"state", alerts::to_string(alert.state)},
              {"change", alerts::to_string(alert.change)},
              {"begun", time_or_null(alert.begun)},
              {"fired", time_or_null(alert.fired)},
              {"resolved", time_or_null(alert.resolved)},
              {"flapping", alert.flapping}};
  if (alert.well_share) object["well_share"] = *alert.well_share;
  object["acknowledged"] = alert.acknowledged_by.empty()
                               ? Json(nullptr)
                               : Json{{"by", alert.acknowledged_by}, {"note", text_or_null(alert.acknowledged_note)}};
  object["maintenance"] = text_or_null(alert.maintenance);
  object["link"] = text_or_null(alert.link);
  return object;
}

Json to_array(const MessageView& view) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(view.alerts.size(), max_listed); ++i)
    list.push_back(to_json(view.alerts[i]));
  return list;
}

} // namespace

std::string alerts_json(const MessageView& view) {
  return json_text(to_array(view));
}

std::string render_json(const MessageView& view) {
  const alerts::Message& message = view.message;
  const std::size_t firing = firing_in(view);
  Json data{{"id", message.id},
            {"channel", message.channel},
            {"kind", alerts::to_string(message.kind)},
            {"severity", alerts::to_string(message.severity)},
            {"site", text_or_null(message.site)},
            {"title", title_of(view)},
            {"firing", firing},
            {"resolved", view.alerts.size() - firing},
            {"alerts", to_array(view)},
            {"truncated", view.alerts.size() > max_listed},
            {"link", text_or_null(link_of(view))}};
  if (view.is_test) data["test"] = true;
  return json_text(Json{{"type", "alerts." + std::string(alerts::to_string(message.kind))},
                        {"timestamp", iso_time(message.at)},
                        {"data", std::move(data)}});
}

} // namespace nvrhub::notify
