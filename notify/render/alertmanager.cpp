#include <algorithm>

#include "notify/render/json_text.hpp"
#include "notify/render/render.hpp"

namespace nvrhub::notify {

std::string render_alertmanager(std::span<const AlertView> alerts, fleet::WallMillis now) {
  Json list = Json::array();
  for (const AlertView& alert : alerts) {
    // The labels are the identity of an alert at Alertmanager: nothing that changes while it fires. Empty ones are not
    // sent, which means the same.
    Json labels{{"alertname", alert.rule}, {"severity", alerts::to_string(alert.severity)}};
    for (const auto& [name, value] :
         {std::pair("site", &alert.site), std::pair("hostname", &alert.hostname), std::pair("camera", &alert.camera)})
      if (!value->empty()) labels[name] = *value;
    Json annotations{{"summary", subject_of(alert) + ": " + alert.rule}, {"description", line_of(alert)}};
    if (!alert.device_name.empty()) annotations["device_name"] = alert.device_name;
    const fleet::WallMillis end = alert.is_resolved() ? std::max(alert.resolved, alert.begun) : now + alertmanager_hold;
    Json object{{"labels", std::move(labels)},
                {"annotations", std::move(annotations)},
                {"startsAt", iso_time(alert.begun)},
                {"endsAt", iso_time(end)}};
    if (!alert.link.empty()) object["generatorURL"] = alert.link;
    list.push_back(std::move(object));
  }
  return json_text(list);
}

} // namespace nvrhub::notify
