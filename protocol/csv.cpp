#include "protocol/csv.hpp"

#include "protocol/encode/nvr.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view formula_starts = "=+-@\t\r";

void add_names(Csv& table, const fleet::Nvr& nvr) {
  table.number(nvr.id).text(nvr.hostname).text(nvr.device_name).text(nvr.site);
}

void add_presence(Csv& table, const fleet::Nvr& nvr, bool unconfirmed) {
  table.plain(nvr_status(nvr.online)).time(nvr.last_seen).plain(unconfirmed ? "true" : "false");
}

} // namespace

Csv& Csv::text(std::string_view cell) {
  separate();
  const bool is_formula = !cell.empty() && formula_starts.find(cell.front()) != std::string_view::npos;
  const bool quoted = cell.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) out_ += '"';
  if (is_formula) out_ += '\'';
  for (const char c : cell) {
    out_ += c;
    if (c == '"') out_ += '"';
  }
  if (quoted) out_ += '"';
  return *this;
}

Csv& Csv::time(fleet::WallMillis at) {
  return at == 0 ? plain("") : plain(iso8601(at));
}

Csv& Csv::plain(std::string_view cell) {
  separate();
  out_.append(cell);
  return *this;
}

Csv& Csv::skip(int cells) {
  for (int i = 0; i < cells; ++i)
    plain("");
  return *this;
}

void Csv::end_row() {
  out_.append("\r\n");
  in_row_ = false;
}

void Csv::separate() {
  if (in_row_) out_ += ',';
  in_row_ = true;
}

Csv nvr_table(Detail detail) {
  switch (detail) {
  case Detail::camera:
    return Csv("nvr_id,hostname,device_name,site,nvr_status,last_seen,unconfirmed,"
               "camera,status,ip_address,status_source,since");
  case Detail::nvr:
    return Csv("nvr_id,hostname,device_name,site,status,last_seen,unconfirmed");
  case Detail::counts:
    break;
  }
  return Csv("nvr_id,hostname,device_name,site,status,last_seen,unconfirmed,"
             "cameras_online,cameras_offline,cameras_other");
}

void add_nvr(Csv& table, const fleet::Nvr& nvr, bool unconfirmed, Detail detail) {
  if (detail != Detail::camera) return add_outline(table, nvr, unconfirmed, fleet::summary_of(nvr), detail);
  const auto begin_row = [&] {
    add_names(table, nvr);
    add_presence(table, nvr, unconfirmed);
  };
  for (const fleet::Camera& camera : nvr.cameras) {
    begin_row();
    table.text(camera.name).text(camera.status.text()).text(camera.ip_address);
    table.plain(to_string(camera.source)).time(camera.since).end_row();
  }
  if (!nvr.cameras.empty()) return;
  begin_row();
  table.skip(5).end_row();
}

void add_outline(Csv& table, const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary,
                 Detail detail) {
  add_names(table, nvr);
  add_presence(table, nvr, unconfirmed);
  if (detail == Detail::counts) {
    table.number(nvr_summary.cameras_online).number(nvr_summary.cameras_offline).number(nvr_summary.cameras_other);
  }
  table.end_row();
}

Csv alert_table() {
  return Csv("id,rule,level,severity,state,site,hostname,camera,begun,fired,resolved,flapping,acknowledged_by,"
             "maintenance");
}

void add_alert(Csv& table, const AlertFields& alert) {
  for (const std::string_view cell : {alert.id, alert.rule, alert.level, alert.severity, alert.state, alert.site,
                                      alert.hostname, alert.camera, alert.begun, alert.fired, alert.resolved})
    table.text(cell);
  table.plain(alert.flapping ? "true" : "false").text(alert.acknowledged_by).text(alert.maintenance).end_row();
}

Csv event_table() {
  return Csv("seq,timestamp,kind,nvr_id,hostname,cause,detail,cameras_updated,camera,status,status_source,from");
}

void add_event(Csv& table, const fleet::Event& event, const std::string* camera, std::string_view kind) {
  const bool counts = event.kind == fleet::Kind::nvr_online || event.kind == fleet::Kind::cameras ||
                      event.kind == fleet::Kind::nvr_offline;
  const auto begin_row = [&] {
    table.number(event.seq).time(event.at).plain(kind.empty() ? to_string(event.kind) : kind);
    event.nvr_id == 0 ? table.skip(1) : table.number(event.nvr_id);
    table.text(event.hostname).plain(event.cause ? to_string(*event.cause) : "").text(event.detail);
    counts ? table.number(event.cameras_updated) : table.skip(1);
  };
  for (const fleet::CameraChange& change : event.cameras) {
    if (camera != nullptr && change.name != *camera) continue;
    begin_row();
    table.text(change.name).text(change.status.text()).plain(to_string(change.source));
    table.text(change.from.text()).end_row();
  }
  if (!event.cameras.empty()) return;
  begin_row();
  table.skip(4).end_row();
}

std::string availability_csv(std::string_view hostname, std::string_view camera, const fleet::Span& range,
                             const fleet::Availability& availability) {
  Csv table("hostname,camera,row,from,to,seconds,share,cause");
  const auto add = [&](std::string_view row, fleet::WallMillis from, fleet::WallMillis to, fleet::WallMillis millis) {
    table.text(hostname).text(camera).plain(row).time(from).time(to).plain(seconds_text(millis));
  };
  add("online", range.from, range.to, availability.online);
  table.plain(share_text(availability).value_or("")).skip(1).end_row();
  add("offline", range.from, range.to, availability.offline);
  table.skip(2).end_row();
  add("unobserved", range.from, range.to, availability.unobserved);
  table.skip(2).end_row();
  for (const fleet::Outage& outage : availability.outages) {
    add("outage", outage.from, outage.to, outage.to - outage.from);
    table.skip(1).text(outage.cause).end_row();
  }
  return table.take();
}

std::string timeline_csv(std::span<const TimelinePoint> points) {
  Csv table("time,events,nvrs_online,nvrs_offline,cameras_online,cameras_offline,cameras_other");
  for (const TimelinePoint& point : points) {
    table.time(point.at).number(point.events).number(point.nvrs_online).number(point.nvrs_offline);
    table.number(point.cameras_online).number(point.cameras_offline).number(point.cameras_other).end_row();
  }
  return table.take();
}

} // namespace nvrhub::protocol
