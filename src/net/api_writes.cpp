// The calls that change the fleet: each goes to the actor that has the NVR, and answers once it is durable.
#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include "net/api.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

using actors::Operation;
using actors::OpError;
using actors::OpResult;

ApiResponse bad_body(const protocol::BadBody& bad) {
  return api_error(400, "bad_request", bad.message, bad.field);
}

std::string describe(OpError error, const Services& services) {
  switch (error) {
  case OpError::not_found:
    return "no NVR is registered under this hostname";
  case OpError::camera_not_found:
    return "the NVR has no such camera";
  case OpError::taken:
    return "another NVR is registered under this hostname";
  case OpError::too_many_cameras:
    return "an NVR may have at most " + std::to_string(services.shared->settings.max_cameras) + " cameras";
  case OpError::unavailable:
    return "the change could not be written now; try again";
  }
  return "?";
}

ApiResponse op_error(OpError error, const Services& services) {
  const std::string message = describe(error, services);
  switch (error) {
  case OpError::not_found:
    return api_error(404, "not_found", message, "hostname");
  case OpError::camera_not_found:
    return api_error(404, "not_found", message, "camera");
  case OpError::taken:
    return api_error(409, "taken", message, "hostname");
  case OpError::too_many_cameras:
    return api_error(400, "bad_request", message, "cameras");
  case OpError::unavailable:
    break;
  }
  return api_error(503, "unavailable", message);
}

void operate(Services& services, std::string hostname, Operation::Change change,
             std::function<void(const OpResult&)> reply) {
  caf::anon_send(services.registry,
                 actors::Operate{std::move(hostname),
                                 {std::make_shared<const Operation::Change>(std::move(change)),
                                  std::make_shared<const std::function<void(const OpResult&)>>(std::move(reply))}});
}

/// For the calls that answer the NVR as it is afterwards.
void operate_and_show(Services& services, const ApiRequest& request, Operation::Change change, Respond respond) {
  operate(services, request.target.segments[3], std::move(change),
          [&services, respond = std::move(respond)](const OpResult& result) {
            if (!result) return respond(op_error(result.error(), services));
            respond({result->created ? 201 : 200,
                     protocol::encode_one_nvr(result->seq, encode_live(services, result->nvr))});
          });
}

void operate_and_forget(Services& services, const ApiRequest& request, Operation::Change change, Respond respond) {
  operate(services, request.target.segments[3], std::move(change),
          [&services, respond = std::move(respond)](const OpResult& result) {
            respond(result ? ApiResponse{204, ""} : op_error(result.error(), services));
          });
}

bool manual_refused(const Services& services, const Respond& respond) {
  if (services.options.manual_api) return false;
  respond(api_error(403, "manual_api_off", "statuses are set by hand for testing only: serve with --manual-api"));
  return true;
}

/// An import in progress: lines are handed over a window at a time, answers counted on the connection's thread.
class Import : public std::enable_shared_from_this<Import> {
public:
  Import(Services& services, IoThread& thread, std::string body, Respond respond)
      : services_(services), thread_(thread), body_(std::move(body)), respond_(std::move(respond)) {}

  void go_on() {
    while (in_flight_ < window && at_ < body_.size() && failed_.size() < max_failures)
      next_line();
    if (in_flight_ > 0 || done_) return;
    done_ = true;
    if (failed_.size() >= max_failures) failed_.push_back({line_, "too many failures: stopped after this line"});
    respond_({200, protocol::encode_import_result(created_, updated_, failed_)});
  }

private:
  static constexpr std::size_t window = 512;
  static constexpr std::size_t max_failures = 1000;

  void next_line() {
    const std::size_t end = std::min(body_.find('\n', at_), body_.size());
    const std::string_view line = std::string_view(body_).substr(at_, end - at_);
    at_ = end + 1;
    const std::uint64_t number = ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    auto entry = protocol::decode_import_line(line);
    if (!entry) {
      const protocol::BadBody& bad = entry.error();
      failed_.push_back({number, bad.message});
      return;
    }
    ++in_flight_;
    operate(services_, entry->hostname, actors::Ingest{std::move(entry->registration)},
            [self = shared_from_this(), number](const OpResult& result) {
              // Not at once: the actor that answers may be running inside of go_on's thread turn.
              boost::asio::post(self->thread_.context(), [self, number, result] { self->answered(number, result); });
            });
  }

  void answered(std::uint64_t number, const OpResult& result) {
    --in_flight_;
    if (!result) {
      failed_.push_back({number, describe(result.error(), services_)});
    } else if (result->created) {
      ++created_;
    } else {
      ++updated_;
    }
    go_on();
  }

  Services& services_;
  IoThread& thread_;
  const std::string body_;
  const Respond respond_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t created_ = 0;
  std::uint64_t updated_ = 0;
  std::vector<protocol::ImportFailure> failed_;
  bool done_ = false;
};

} // namespace

void put_nvr(Services& services, IoThread&, ApiRequest request, Respond respond) {
  auto registration = protocol::decode_registration(request.body);
  if (!registration) return respond(bad_body(registration.error()));
  operate_and_show(services, request, actors::Ingest{std::move(*registration)}, std::move(respond));
}

void delete_nvr(Services& services, IoThread&, ApiRequest request, Respond respond) {
  operate_and_forget(services, request, actors::RemoveNvr{}, std::move(respond));
}

void delete_camera(Services& services, IoThread&, ApiRequest request, Respond respond) {
  std::string name = request.target.segments[5];
  operate_and_forget(services, request, actors::RemoveCamera{std::move(name)}, std::move(respond));
}

void post_rename(Services& services, IoThread&, ApiRequest request, Respond respond) {
  auto hostname = protocol::decode_rename(request.body);
  if (!hostname) return respond(bad_body(hostname.error()));
  operate_and_show(services, request, actors::Rename{std::move(*hostname)}, std::move(respond));
}

void put_nvr_status(Services& services, IoThread&, ApiRequest request, Respond respond) {
  if (manual_refused(services, respond)) return;
  const auto status = protocol::decode_status(request.body);
  if (!status) return respond(bad_body(status.error()));
  if (!status->is_online() && !status->is_offline()) {
    return respond(api_error(400, "bad_request", "an NVR's status is online or offline", "status"));
  }
  operate_and_show(services, request, actors::SetNvrStatus{status->is_online()}, std::move(respond));
}

void put_camera_status(Services& services, IoThread&, ApiRequest request, Respond respond) {
  if (manual_refused(services, respond)) return;
  const auto status = protocol::decode_status(request.body);
  if (!status) return respond(bad_body(status.error()));
  std::string name = request.target.segments[5];
  operate_and_show(services, request, actors::SetCameraStatus{std::move(name), *status}, std::move(respond));
}

void post_import(Services& services, IoThread& thread, ApiRequest request, Respond respond) {
  std::make_shared<Import>(services, thread, std::move(request.body), std::move(respond))->go_on();
}

} // namespace nvrhub::net
