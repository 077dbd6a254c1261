// GET /metrics/fleet: each NVR and camera as Prometheus samples (docs/reference/metrics.md, "Metrics of the fleet").
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "api/handlers.hpp"
#include "api/query/query.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

constexpr std::size_t piece_bytes = 256 << 10; // a piece ends with the NVR that exceeds it

/// A metric family. The text format has all samples of a family together, so the fleet is read once for each.
struct Family {
  enum class Kind : std::uint8_t { nvr_up, last_seen, camera_counts, camera_up };
  Kind kind;
  std::string_view name;
  std::string_view help;
};
constexpr std::array<Family, 4> families{{
    {Family::Kind::nvr_up, "nvrhub_nvr_up", "1 if the NVR is online; unconfirmed NVRs count as online."},
    {Family::Kind::last_seen, "nvrhub_nvr_last_seen_timestamp_seconds",
     "When the NVR last sent a message; missing if it never did."},
    {Family::Kind::camera_counts, "nvrhub_nvr_cameras",
     "Cameras of the NVR by status; `other` is any status that is neither online nor offline."},
    {Family::Kind::camera_up, "nvrhub_camera_up", "1 if the status of the camera is online."}, // with detail=camera
}};

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      out.append({'\\', c});
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

/// The name of the family and the labels of the NVR; more labels may follow.
void begin_sample(std::string& out, const Family& family, const fleet::NvrHead& nvr) {
  out.append(family.name).push_back('{');
  append_label(out, "site", nvr.site);
  append_label(out, ",hostname", nvr.hostname);
}

void end_sample(std::string& out, std::string_view value) {
  out.append("} ").append(value).push_back('\n');
}

void append_counts(std::string& out, const Family& family, const fleet::NvrHead& nvr,
                   const fleet::NvrSummary& summary) {
  const std::array<std::pair<std::string_view, std::uint64_t>, 3> counts{
      {{"online", summary.cameras_online}, {"offline", summary.cameras_offline}, {"other", summary.cameras_other}}};
  for (const auto& [status, count] : counts) {
    begin_sample(out, family, nvr);
    append_label(out, ",status", status);
    end_sample(out, std::to_string(count));
  }
}

/// The samples, as fast as they are read: one family after another, in slices of the store, so that no answer pins old
/// pages of the store and none is held as a whole. NVRs that come or go meanwhile may miss in one of the families.
class FleetMetrics final : public BodyStream, public std::enable_shared_from_this<FleetMetrics> {
public:
  FleetMetrics(Context& context, const Request& request, bool with_cameras)
      : context_(context), grant_(request.grant), family_count_(families.size() - (with_cameras ? 0 : 1)) {
    if (const std::string* site = param(request.target, "site")) site_ = *site;
  }

  void next(std::function<void(std::optional<std::string>)> take) override {
    post_to_reader(context_, [self = shared_from_this(), take = std::move(take)] {
      std::optional<std::string> piece;
      try {
        piece = self->next_piece();
      } catch (const HttpError&) { // too late for a status
      }
      take(std::move(piece));
    });
  }

  /// Empty at the end. Throws HttpError.
  std::string next_piece() {
    std::string out;
    out.reserve(piece_bytes + 4096);
    while (out.empty() && family_ < family_count_) {
      const SnapshotSlice slice(context_);
      while (family_ < family_count_ && !is_complete(out, slice))
        read_family(out, slice);
    }
    return out;
  }

private:
  static bool is_complete(const std::string& out, const SnapshotSlice& slice) {
    return out.size() >= piece_bytes || slice.is_over();
  }

  /// Continues the family, to its end or until the piece is complete.
  void read_family(std::string& out, const SnapshotSlice& slice) {
    const Family& family = families[family_];
    if (after_ == 0) {
      out.append("# HELP ").append(family.name).append(" ").append(family.help);
      out.append("\n# TYPE ").append(family.name).append(" gauge\n");
    }
    bool has_more = false;
    const auto go_on = [&](const fleet::NvrHead& nvr) {
      after_ = nvr.id;
      has_more = is_complete(out, slice);
      return !has_more;
    };
    if (family.kind == Family::Kind::camera_up) {
      value_or_throw(slice.snapshot().each_nvr(after_, [&](fleet::Nvr&& nvr) {
        if (selects(nvr.site)) append_cameras(out, family, nvr);
        return go_on(nvr);
      }));
    } else {
      const auto visit = [&](fleet::Nvr&& nvr, const fleet::NvrSummary& summary) {
        if (selects(nvr.site)) append_nvr(out, family, nvr, summary);
        return go_on(nvr);
      };
      value_or_throw(slice.snapshot().each_nvr_summary(after_, visit));
    }
    if (has_more) return;
    ++family_;
    after_ = 0;
  }

  bool selects(std::string_view site) const { return grant_->sees(site) && (!site_ || site == *site_); }

  void append_nvr(std::string& out, const Family& family, const fleet::NvrHead& nvr,
                  const fleet::NvrSummary& summary) const {
    if (family.kind == Family::Kind::camera_counts) return append_counts(out, family, nvr, summary);
    if (family.kind == Family::Kind::nvr_up) {
      begin_sample(out, family, nvr);
      return end_sample(out, nvr.online ? "1" : "0");
    }
    const fleet::WallMillis seen = context_.shared->presence.last_seen(nvr.id);
    if (seen == 0) return;
    begin_sample(out, family, nvr);
    end_sample(out, protocol::seconds_text(seen));
  }

  static void append_cameras(std::string& out, const Family& family, const fleet::Nvr& nvr) {
    for (const fleet::Camera& camera : nvr.cameras) {
      begin_sample(out, family, nvr);
      append_label(out, ",camera", camera.name);
      end_sample(out, camera.status.is_online() ? "1" : "0");
    }
  }

  Context& context_;
  const access::GrantPtr grant_;
  std::optional<std::string> site_;
  const std::size_t family_count_;
  std::size_t family_ = 0; // the one that is being read
  fleet::NvrId after_ = 0; // the last NVR that was read of it
};

bool with_cameras(const Target& target) {
  const std::string* detail = param(target, "detail");
  if (detail == nullptr || *detail == "nvr") return false;
  if (*detail == "camera") return true;
  throw HttpError{bad_param("detail", "nvr or camera")};
}

Response fleet_metrics(Context& context, const Request& request) {
  const auto metrics = std::make_shared<FleetMetrics>(context, request, with_cameras(request.target));
  Response response{200, metrics->next_piece(), "text/plain; version=0.0.4; charset=utf-8"};
  response.rest = metrics;
  return response;
}

} // namespace

void get_fleet_metrics(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), fleet_metrics);
}

} // namespace nvrhub::api
