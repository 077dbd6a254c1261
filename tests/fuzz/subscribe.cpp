// The decoder of frames on a dashboard socket (protocol.md, "Dashboard socket", `subscribe`).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "fleet/names.hpp"
#include "fuzz/support/json_oracle.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/limits.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;
using nlohmann::json;
using protocol::Subscribe;

namespace {

constexpr std::size_t max_error_bytes = 512;

void must_be_names(const std::optional<std::vector<std::string>>& names, bool may_be_empty) {
  if (!names) return;
  must(names->size() <= protocol::max_filter_names, "the number of names in a filter is limited");
  must(std::is_sorted(names->begin(), names->end()), "a filter's names are sorted");
  must(std::adjacent_find(names->begin(), names->end()) == names->end(), "a filter has no duplicate names");
  for (const std::string& name : *names)
    must(fleet::is_valid_name(name) || (may_be_empty && name.empty()), "a name in a filter is valid", name);
}

std::string_view detail_of(const Subscribe& subscribe) {
  if (subscribe.summary) return "summary";
  switch (subscribe.detail) {
  case protocol::Detail::camera:
    return "camera";
  case protocol::Detail::nvr:
    return "nvr";
  case protocol::Detail::counts:
    return "counts";
  }
  must(false, "a detail is a known one");
  return {};
}

json as_json(const Subscribe& subscribe) {
  json out = {{"type", "subscribe"}, {"detail", detail_of(subscribe)}, {"filter", json::object()}};
  if (subscribe.since) out["since"] = {{"epoch", subscribe.since->epoch}, {"seq", subscribe.since->seq}};
  if (subscribe.filter.hostnames) out["filter"]["hostnames"] = *subscribe.filter.hostnames;
  if (subscribe.filter.sites) out["filter"]["sites"] = *subscribe.filter.sites;
  if (subscribe.filter.problems) out["filter"]["problems"] = true;
  return out;
}

void must_be_valid(const Subscribe& subscribe) {
  must_be_names(subscribe.filter.hostnames, false);
  must_be_names(subscribe.filter.sites, true);
  const std::string text = as_json(subscribe).dump();
  const auto again = protocol::decode_dashboard_message(text);
  must(again.has_value(), "an accepted message is accepted after re-encoding", text);
  must(again->filter == subscribe.filter && as_json(*again).dump() == text, "re-encoding keeps the message", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  const auto subscribe = protocol::decode_dashboard_message(frame);
  must_agree_on_json(frame, subscribe || subscribe.error().code != protocol::ErrorCode::bad_json);
  if (subscribe) {
    must_be_valid(*subscribe);
    return 0;
  }
  const std::string& message = subscribe.error().message;
  must(message.size() <= max_error_bytes && fleet::is_utf8(message), "an error message is short UTF-8", message);
  if (subscribe.error().code == protocol::ErrorCode::bad_json) {
    must_name(message, "not JSON");
  } else {
    must_name(message, "type ", "since", "filter", "detail ", "alerts ", "a JSON object");
  }
  return 0;
}
