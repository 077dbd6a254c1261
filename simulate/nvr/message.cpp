#include "simulate/nvr/message.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nvrhub::simulate {

namespace {

using nlohmann::json;

constexpr double max_retry_after_s = 3600; // upper bound of a server's retry_after

void append_number(std::string& out, std::uint64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

void append_timestamp(std::string& out, std::chrono::system_clock::time_point now) {
  using namespace std::chrono;
  const auto ms = floor<milliseconds>(now);
  const auto day = floor<days>(ms);
  const year_month_day date(day);
  const hh_mm_ss time(ms - day);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                 unsigned(date.month()), unsigned(date.day()), time.hours().count(), time.minutes().count(),
                 time.seconds().count(), time.subseconds().count());
}

/// A JSON string with quotes. User input may be invalid UTF-8, which must not end the simulation.
std::string json_string(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t number(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
}

std::string text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Incoming::Type type_of(const json& object) {
  const auto it = object.find("type");
  if (it == object.end() || !it->is_string()) return Incoming::Type::other;
  const auto& name = it->get_ref<const std::string&>();
  if (name == "ack") return Incoming::Type::ack;
  if (name == "nvr_status_update") return Incoming::Type::status_update;
  if (name == "auth_ok") return Incoming::Type::auth_ok;
  if (name == "error") return Incoming::Type::error;
  return Incoming::Type::other;
}

} // namespace

FrameWriter::FrameWriter(const FleetSpec& spec) : spec_(spec) {
  heads_.reserve(spec.cameras);
  for (std::uint32_t camera = 0; camera < spec.cameras; ++camera)
    heads_.push_back(fmt::format(R"({{"name":"{}","ip_address":")", spec.camera_name(camera)));
}

void FrameWriter::append_status(std::string& out, std::uint32_t index, const NvrModel& model) const {
  out += R"("systemStatus":{"status":"online","cameras":[)";
  const auto& cameras = model.cameras();
  for (std::uint32_t camera = 0; camera < cameras.size(); ++camera) {
    if (camera > 0) out += ',';
    out += heads_[camera];
    spec_.append_address(out, index, camera);
    out += R"(","status":")";
    out += to_string(cameras[camera]);
    out += "\"}";
  }
  out += "]}}";
}

std::string FrameWriter::auth(std::uint32_t index, const NvrModel& model, std::string_view token,
                              std::uint64_t id) const {
  std::string out;
  out.reserve(256 + 72 * model.cameras().size());
  out += R"({"type":"auth","hostname":)";
  out += json_string(spec_.hostname(index));
  if (!token.empty()) {
    out += R"(,"token":)";
    out += json_string(token);
  }
  out += R"(,"id":)";
  append_number(out, id);
  out += ',';
  append_status(out, index, model);
  return out;
}

std::string FrameWriter::heartbeat(std::uint32_t index, const NvrModel& model, std::uint64_t id,
                                   std::chrono::system_clock::time_point now) const {
  std::string out;
  out.reserve(160 + 72 * model.cameras().size());
  out += R"({"type":"heartbeat","timestamp":")";
  append_timestamp(out, now);
  out += R"(","id":)";
  append_number(out, id);
  out += ',';
  append_status(out, index, model);
  return out;
}

std::string FrameWriter::import_line(std::uint32_t index) const {
  std::string out = fmt::format(R"({{"hostname":{},"device_name":"Recorder {}","site":"Site {:03}","cameras":[)",
                                json_string(spec_.hostname(index)), index + 1, index / 50 + 1);
  for (std::uint32_t camera = 0; camera < spec_.cameras; ++camera) {
    if (camera > 0) out += ',';
    out += heads_[camera];
    spec_.append_address(out, index, camera);
    out += "\"}";
  }
  out += "]}\n";
  return out;
}

std::optional<Incoming> parse_incoming(std::string_view frame) {
  const json object = json::parse(frame, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Incoming in;
  in.type = type_of(object);
  in.id = number(object, "id");
  in.seq = number(object, "seq");
  in.cameras_updated = static_cast<std::uint32_t>(number(object, "cameras_updated"));
  if (const auto it = object.find("skipped"); it != object.end())
    in.skipped = static_cast<std::uint32_t>(it->is_array() ? it->size() : 0);
  if (in.type == Incoming::Type::error) {
    in.code = text(object, "code");
    in.message = text(object, "message");
    if (const auto it = object.find("retry_after"); it != object.end() && it->is_number())
      in.retry_after = std::chrono::milliseconds(
          static_cast<std::int64_t>(std::clamp(it->get<double>(), 0.0, max_retry_after_s) * 1000));
  } else if (in.type == Incoming::Type::status_update) {
    in.hostname = text(object, "hostname");
    in.status = text(object, "status");
  }
  return in;
}

std::optional<ImportAnswer> parse_import_answer(std::string_view body) {
  const json object = json::parse(body, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  ImportAnswer answer{
      .created = number(object, "created"), .updated = number(object, "updated"), .failed = 0, .first_failure = {}};
  if (const auto it = object.find("failed"); it != object.end() && it->is_array() && !it->empty()) {
    answer.failed = it->size();
    if (it->front().is_object()) answer.first_failure = text(it->front(), "message");
  }
  return answer;
}

} // namespace nvrhub::simulate
