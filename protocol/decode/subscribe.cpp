#include <algorithm>
#include <utility>

#include "fleet/names.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/decode/expected.hpp"
#include "protocol/json/parser.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::protocol {

namespace {

using Field = std::optional<json::Element>;
using Wrong = tl::unexpected<std::string>; // the text of the refusal

constexpr std::string_view subscribe_fields[] = {"type", "since", "filter", "detail", "alerts"};
constexpr std::string_view filter_fields[] = {"hostnames", "sites", "problems"};

Wrong is_wrong(std::string_view field, std::string_view expected) {
  return Wrong(wrong(field, expected));
}

tl::expected<Position, std::string> decode_since(const json::Element& element) {
  const auto object = json::as<json::Object>(element);
  if (!object) return is_wrong("since", "an object with epoch and seq, or null");
  const auto [epoch_field, seq_field] = json::fields(*object, {"epoch", "seq"});
  const auto epoch = epoch_field ? json::as<std::string_view>(*epoch_field) : std::nullopt;
  if (!epoch || json::has_lone_surrogate(*epoch))
    return Wrong(missing_or_wrong(epoch_field, "since.epoch", "a string, as in `subscribed`"));
  const auto seq = seq_field ? json::as<std::uint64_t>(*seq_field) : std::nullopt;
  if (!seq) return Wrong(missing_or_wrong(seq_field, "since.seq", "a whole number from 0 on"));
  return Position{std::string(*epoch), *seq};
}

/// A list of names, sorted and unique. `may_be_empty`: "" means no site.
tl::expected<std::optional<std::vector<std::string>>, std::string>
decode_names(const Field& field, const std::string& path, bool may_be_empty) {
  if (!field) return std::nullopt;
  const auto entries = json::as<json::Array>(*field);
  if (!entries || entries->size() > max_filter_names) {
    return is_wrong(path, "an array of at most " + std::to_string(max_filter_names) + " strings, or null");
  }
  std::vector<std::string> names;
  for (const json::Element entry : *entries) {
    const auto name = json::as<std::string_view>(entry);
    if (!name || !(fleet::is_valid_name(*name) || (may_be_empty && name->empty()))) {
      return is_wrong(path + "[" + std::to_string(names.size()) + "]",
                      std::string(a_name) + (may_be_empty ? ", or an empty one for none" : ""));
    }
    names.emplace_back(*name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

tl::expected<fleet::Filter, std::string> decode_filter(const json::Element& element) {
  const auto object = json::as<json::Object>(element);
  if (!object) return is_wrong("filter", "an object with hostnames, sites or problems, or null");
  const auto [hostnames_field, sites_field, problems_field] = json::fields(*object, filter_fields);
  fleet::Filter filter;
  auto hostnames = decode_names(hostnames_field, "filter.hostnames", false);
  if (!hostnames) return Wrong(std::move(hostnames.error()));
  filter.hostnames = std::move(*hostnames);
  auto sites = decode_names(sites_field, "filter.sites", true);
  if (!sites) return Wrong(std::move(sites.error()));
  filter.sites = std::move(*sites);
  if (problems_field) {
    const auto problems = json::as<bool>(*problems_field);
    if (!problems) return is_wrong("filter.problems", "true, false or null");
    filter.problems = *problems;
  }
  return filter;
}

/// Stores `detail` in `subscribe`; false: its value is unknown.
bool decode_detail(const json::Element& element, Subscribe& subscribe) {
  const auto text = json::as<std::string_view>(element);
  if (text == "camera") return true;
  if (text == "nvr") subscribe.detail = Detail::nvr;
  if (text == "counts") subscribe.detail = Detail::counts;
  subscribe.summary = text == "summary";
  return subscribe.summary || subscribe.detail != Detail::camera;
}

} // namespace

tl::expected<Subscribe, Refusal> decode_dashboard_message(std::string_view frame) {
  const auto refuse = [](std::string message, bool counts = true) {
    return tl::unexpected(Refusal{ErrorCode::bad_message, std::move(message), std::nullopt, counts});
  };
  const auto document = json::parse(frame);
  if (!document) return tl::unexpected(Refusal{ErrorCode::bad_json, document.error(), std::nullopt, true});
  const auto object = json::as<json::Object>(*document);
  if (!object) return refuse("a message is a JSON object");
  const auto [type_field, since_field, filter_field, detail_field, alerts_field] =
      json::fields(*object, subscribe_fields);
  const auto type = type_field ? json::as<std::string_view>(*type_field) : std::nullopt;
  if (!type) return refuse(missing_or_wrong(type_field, "type", "subscribe"));
  if (type != "subscribe") return refuse("type is unknown: expected subscribe", false);

  Subscribe subscribe;
  if (since_field) {
    auto since = decode_since(*since_field);
    if (!since) return refuse(std::move(since.error()));
    subscribe.since = std::move(*since);
  }
  if (filter_field) {
    auto filter = decode_filter(*filter_field);
    if (!filter) return refuse(std::move(filter.error()));
    subscribe.filter = std::move(*filter);
  }
  if (detail_field && !decode_detail(*detail_field, subscribe)) {
    return refuse(wrong("detail", "camera, nvr, counts or summary"));
  }
  if (alerts_field) {
    const auto alerts = json::as<bool>(*alerts_field);
    if (!alerts) return refuse(wrong("alerts", "true, false or null"));
    subscribe.alerts = *alerts;
  }
  return subscribe;
}

} // namespace nvrhub::protocol
