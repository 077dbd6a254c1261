#include "protocol/decode/report.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "protocol/decode/expected.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view entry_fields[] = {"name", "ip_address", "status"};

/// Whether JavaScript treats the value as false.
bool is_falsy(const json::Element& value) {
  const auto text = json::as<std::string_view>(value);
  return json::as<bool>(value) == false || (text && text->empty()) || json::as<double>(value) == 0.0;
}

/// Collects the entries of one report. Until finish(), its views point into the parser.
class Collector {
public:
  explicit Collector(std::size_t entries) {
    // Only entries with a name are stored: a frame full of `0,0,0` must not allocate memory for each.
    report_->cameras.reserve(std::min<std::size_t>(entries, 1024));
  }

  void add(std::uint32_t index, const json::Element& entry) {
    const auto object = json::as<json::Object>(entry);
    if (!object) return skip(index, {}, "expected an object with name and status");

    const auto [name_field, address_field, status_field] = json::fields(*object, entry_fields);
    const auto name = name_field ? json::as<std::string_view>(*name_field) : std::nullopt;
    if (!name || !fleet::is_valid_name(*name)) {
      return skip(index, {}, missing_or_wrong(name_field, "name", a_name));
    }
    const auto text = status_field ? json::as<std::string_view>(*status_field) : std::nullopt;
    const auto status = text ? fleet::Status::parse(*text) : std::nullopt;
    if (!status) {
      skip(index, *name, missing_or_wrong(status_field, "status", a_status));
      bytes_ += name->size();
      report_->cameras.push_back({index, *name, std::nullopt, fleet::Status::unknown(), false});
      return;
    }
    auto address = address_field ? json::as<std::string_view>(*address_field) : std::nullopt;
    if (address_field && (!address || !fleet::is_valid_address(*address))) {
      if (address && json::has_lone_surrogate(*address)) { // it spoils the entry
        return skip(index, *name, wrong(*address_field, "ip_address", an_address));
      }
      skip(index, *name, wrong("ip_address", an_address) + "; the status applies without it");
      address.reset();
    }
    bytes_ += name->size() + (address ? address->size() : 0);
    report_->cameras.push_back({index, *name, address, *status});
  }

  ReportPtr finish() {
    if (more_ > 0) {
      report_->skipped.push_back({first_more_, std::nullopt, "and " + std::to_string(more_) + " more wrong entries"});
    }
    std::string& text = report_->text;
    text.reserve(bytes_); // must not grow: views point into it
    const auto keep = [&text](std::string_view view) {
      const std::size_t at = text.size();
      text.append(view);
      return std::string_view(text).substr(at);
    };
    for (fleet::ReportedCamera& camera : report_->cameras) {
      camera.name = keep(camera.name);
      if (camera.ip_address) camera.ip_address = keep(*camera.ip_address);
    }
    return std::move(report_);
  }

private:
  void skip(std::uint32_t index, std::optional<std::string_view> name, std::string reason) {
    if (report_->skipped.size() < max_skipped_entries) {
      report_->skipped.push_back({index, name ? std::optional<std::string>(*name) : std::nullopt, std::move(reason)});
    } else if (more_++ == 0) {
      first_more_ = index;
    }
  }

  std::shared_ptr<fleet::Report> report_ = std::make_shared<fleet::Report>();
  std::size_t bytes_ = 0;
  std::uint32_t more_ = 0;
  std::uint32_t first_more_ = 0;
};

} // namespace

tl::expected<ReportPtr, std::string> decode_report(const json::Element& system_status) {
  const auto object = json::as<json::Object>(system_status);
  if (!object) {
    if (is_falsy(system_status)) return nullptr;
    return tl::unexpected(wrong("systemStatus", "an object or null"));
  }
  const auto [cameras] = json::fields(*object, {"cameras"});
  if (!cameras) return std::make_shared<const fleet::Report>();
  const auto entries = json::as<json::Array>(*cameras);
  if (!entries) return tl::unexpected(wrong("systemStatus.cameras", "an array or null"));

  Collector collector(entries->size());
  std::uint32_t index = 0;
  for (const json::Element entry : *entries)
    collector.add(index++, entry);
  return collector.finish();
}

} // namespace nvrhub::protocol
