// The calls that change the fleet. Each is forwarded to the actor of its NVR and answered when the change is durable.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "api/handlers.hpp"
#include "fleet/names.hpp"
#include "protocol/byte_order_mark.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

using actors::Operation;
using actors::OperationError;
using actors::OperationResult;

Response bad_body(const protocol::BadBody& bad) {
  return error_response(400, "bad_request", bad.message, bad.field);
}

std::string describe(OperationError error, const Context& context) {
  switch (error) {
  case OperationError::not_found:
    return "no NVR is registered under this hostname";
  case OperationError::camera_not_found:
    return "the NVR has no such camera";
  case OperationError::hostname_taken:
    return "another NVR is registered under this hostname";
  case OperationError::too_many_cameras:
    return "an NVR may have at most " + std::to_string(context.shared->settings.max_cameras) + " cameras";
  case OperationError::other_site:
    return "this token is limited to some sites; the NVR's site must be one of them";
  case OperationError::unavailable:
    return "the change could not be committed; try again";
  }
  return "?";
}

Response op_error(OperationError error, const Context& context) {
  const std::string message = describe(error, context);
  switch (error) {
  case OperationError::not_found:
    return error_response(404, "not_found", message, "hostname");
  case OperationError::camera_not_found:
    return error_response(404, "not_found", message, "camera");
  case OperationError::hostname_taken:
    return error_response(409, "taken", message, "hostname");
  case OperationError::too_many_cameras:
    return error_response(400, "bad_request", message, "cameras");
  case OperationError::other_site:
    return error_response(403, "forbidden", message, "site");
  case OperationError::unavailable:
    break;
  }
  return error_response(503, "unavailable", message);
}

void operate(Context& context, const access::GrantPtr& grant, std::string hostname, Operation::Change change,
             std::function<void(const OperationResult&)> reply) {
  caf::anon_send(
      context.registry,
      actors::Operate{std::move(hostname),
                      {std::make_shared<const Operation::Change>(std::move(change)),
                       std::make_shared<const std::function<void(const OperationResult&)>>(std::move(reply)), grant}});
}

/// For the calls that return the changed NVR.
void operate_and_show(Context& context, const Request& request, Operation::Change change, Respond respond) {
  operate(context, request.grant, request.path["hostname"], std::move(change),
          [&context, respond = std::move(respond)](const OperationResult& result) {
            if (!result) return respond(op_error(result.error(), context));
            respond({result->created ? 201 : 200,
                     protocol::encode_one_nvr(result->seq, encode_live(context, result->nvr))});
          });
}

void operate_and_confirm(Context& context, const Request& request, Operation::Change change, Respond respond) {
  operate(context, request.grant, request.path["hostname"], std::move(change),
          [&context, respond = std::move(respond)](const OperationResult& result) {
            respond(result ? Response{204, ""} : op_error(result.error(), context));
          });
}

bool manual_refused(const Context& context, const Respond& respond) {
  if (context.options.manual_api) return false;
  respond(error_response(
      403, "manual_api_off",
      "setting a status by hand is disabled; to allow it, for testing, start the server with --manual-api"));
  return true;
}

/// An import in progress: a window of lines is being changed at a time; replies are counted on the connection's thread.
class Import : public std::enable_shared_from_this<Import> {
public:
  Import(Context& context, Executor executor, Request&& request, Respond respond)
      : context_(context), executor_(executor), grant_(std::move(request.grant)), body_(std::move(request.body)),
        respond_(std::move(respond)) {}

  void go_on() {
    while (in_flight_ < window && at_ < body_.size() && failed_.size() < max_failures)
      next_line();
    if (in_flight_ > 0 || done_) return;
    done_ = true;
    if (failed_.size() >= max_failures)
      failed_.push_back({line_, "too many failures: the import stopped after this line"});
    respond_({200, protocol::encode_import_result(created_, updated_, failed_)});
  }

private:
  static constexpr std::size_t window = 512;
  static constexpr std::size_t max_failures = 1000;

  void next_line() {
    const std::size_t end = std::min(body_.find('\n', at_), body_.size());
    const auto line = protocol::without_byte_order_mark(std::string_view(body_).substr(at_, end - at_));
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
    operate(context_, grant_, entry->hostname, actors::Ingest{std::move(entry->registration)},
            [self = shared_from_this(), number](const OperationResult& result) {
              // Posted, because the actor that replies may be running on this thread, called by go_on().
              boost::asio::post(self->executor_, [self, number, result] { self->answered(number, result); });
            });
  }

  void answered(std::uint64_t number, const OperationResult& result) {
    --in_flight_;
    if (!result) {
      failed_.push_back({number, describe(result.error(), context_)});
    } else if (result->created) {
      ++created_;
    } else {
      ++updated_;
    }
    go_on();
  }

  Context& context_;
  const Executor executor_;
  const access::GrantPtr grant_;
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

void put_nvr(Context& context, Executor, Request request, Respond respond) {
  if (!fleet::is_addressable_name(request.path["hostname"])) {
    return respond(error_response(
        400, "bad_request", "hostname is wrong: expected " + std::string(fleet::an_addressable_name), "hostname"));
  }
  auto registration = protocol::decode_registration(request.body);
  if (!registration) return respond(bad_body(registration.error()));
  operate_and_show(context, request, actors::Ingest{std::move(*registration)}, std::move(respond));
}

void delete_nvr(Context& context, Executor, Request request, Respond respond) {
  operate_and_confirm(context, request, actors::RemoveNvr{}, std::move(respond));
}

void delete_camera(Context& context, Executor, Request request, Respond respond) {
  std::string name = request.path["camera"];
  operate_and_confirm(context, request, actors::RemoveCamera{std::move(name)}, std::move(respond));
}

void post_rename(Context& context, Executor, Request request, Respond respond) {
  auto hostname = protocol::decode_rename(request.body);
  if (!hostname) return respond(bad_body(hostname.error()));
  operate_and_show(context, request, actors::Rename{std::move(*hostname)}, std::move(respond));
}

void put_nvr_status(Context& context, Executor, Request request, Respond respond) {
  if (manual_refused(context, respond)) return;
  const auto status = protocol::decode_status(request.body);
  if (!status) return respond(bad_body(status.error()));
  if (!status->is_online() && !status->is_offline()) {
    return respond(error_response(400, "bad_request", "an NVR's status is online or offline", "status"));
  }
  operate_and_show(context, request, actors::SetNvrStatus{status->is_online()}, std::move(respond));
}

void put_camera_status(Context& context, Executor, Request request, Respond respond) {
  if (manual_refused(context, respond)) return;
  const auto status = protocol::decode_status(request.body);
  if (!status) return respond(bad_body(status.error()));
  std::string name = request.path["camera"];
  operate_and_show(context, request, actors::SetCameraStatus{std::move(name), *status}, std::move(respond));
}

void post_import(Context& context, Executor executor, Request request, Respond respond) {
  if (const auto why = protocol::wide_encoding(request.body); !why.empty()) {
    return respond(error_response(400, "bad_request", why));
  }
  std::make_shared<Import>(context, executor, std::move(request), std::move(respond))->go_on();
}

} // namespace nvrhub::api
