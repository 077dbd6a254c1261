#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fleet/event.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::protocol {

/// Writes a table as comma-separated values (RFC 4180): a header, then rows that end in CR LF. A text that a
/// spreadsheet would read as a formula is prefixed with `'`.
class Csv {
public:
  explicit Csv(std::string_view header) { out_.append(header).append("\r\n"); }

  Csv& text(std::string_view cell);
  Csv& time(fleet::WallMillis at); // 0: an empty cell
  template <std::integral Integer>
  Csv& number(Integer value) {
    return plain(std::to_string(value));
  }
  /// A cell that needs no quotes.
  Csv& plain(std::string_view cell);
  Csv& skip(int cells);
  void end_row();

  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

private:
  void separate();

  std::string out_;
  bool in_row_ = false;
};

/// A row per camera, and one for an NVR without cameras; at the other details a row per NVR.
Csv nvr_table(Detail detail);
void add_nvr(Csv& table, const fleet::Nvr& nvr, bool unconfirmed, Detail detail);
/// At detail `nvr` or `counts`, for an NVR whose cameras are not loaded.
void add_outline(Csv& table, const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary,
                 Detail detail);

/// A row per camera that an event names, and one for an event that names none. `camera`: only rows of this camera.
/// `kind`: replaces the kind of the event.
Csv event_table();
void add_event(Csv& table, const fleet::Event& event, const std::string* camera = nullptr, std::string_view kind = {});

/// A row per alert.
Csv alert_table();
void add_alert(Csv& table, const AlertFields& alert);

/// Three rows with the sums, then one per outage.
std::string availability_csv(std::string_view hostname, std::string_view camera, const fleet::Span& range,
                             const fleet::Availability& availability);

std::string timeline_csv(std::span<const TimelinePoint> points);

} // namespace nvrhub::protocol
