#include "client/tail/event_stream.hpp"

#include <utility>

#include <fmt/format.h>

namespace nvrhub::client {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* dashboard_path = "/ws/dashboard";

Json filter_of(const EventStream::Wanted& wanted) {
  Json filter = Json::object();
  if (!wanted.hostnames.empty()) filter["hostnames"] = wanted.hostnames;
  if (!wanted.sites.empty()) filter["sites"] = wanted.sites;
  return filter;
}

} // namespace

EventStream::EventStream(boost::asio::io_context& context, const Server& server, Wanted wanted,
                         const CameraFilter& cameras, Listener& listener)
    : server_(server), wanted_(std::move(wanted)), cameras_(cameras), listener_(listener),
      ws_(context, server, dashboard_path, *this), nvrs_(cameras) {}

void EventStream::subscribe(Json message) {
  message["filter"] = filter_of(wanted_);
  std::string frame = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (ws_.busy()) {
    next_frame_ = std::move(frame);
  } else {
    ws_.send(std::move(frame));
  }
}

void EventStream::on_sent() {
  if (!next_frame_.empty()) ws_.send(std::exchange(next_frame_, {}));
}

void EventStream::on_open() {
  next_frame_.clear();
  was_live_ ? join() : ask_names();
}

void EventStream::ask_names() {
  nvrs_.clear();
  phase_ = Phase::asking_names;
  subscribe({{"type", "subscribe"}, {"detail", cameras_.is_empty() ? "nvr" : "camera"}});
}

void EventStream::on_text(std::string_view text) {
  const Json message = Json::parse(text, nullptr, false);
  const std::string type = text_of(message, "type");
  if (type == "subscribed") {
    on_subscribed(message);
  } else if (type == "snapshot" && phase_ == Phase::names) {
    on_snapshot(message);
  } else if (type == "events" && phase_ == Phase::live) {
    on_batch(message);
  } else if (type == "error") {
    const std::string why = text_of(message, "message");
    // An invalid subscription stays invalid; all other errors are followed by a close.
    if (text_of(message, "code") == "bad_message") return give_up(server_.address.authority() + ": " + why);
    ws_.note_error(why, std::chrono::seconds(number_of(message, "retry_after")));
  }
}

void EventStream::on_subscribed(const Json& message) {
  const std::string epoch = text_of(message, "epoch");
  const std::uint64_t head = number_of(message, "seq");
  if (phase_ == Phase::asking_names) return start_from(epoch, head);
  const auto recovered = message.find("recovered");
  recovered != message.end() && *recovered == true ? on_joined() : on_not_recovered(epoch, head);
}

void EventStream::start_from(const std::string& epoch, std::uint64_t head) {
  if (epoch_.empty()) {
    passed_ = wanted_.since.value_or(head);
    if (passed_ > head) return give_up(fmt::format("--since {}: the server's last event is {}", passed_, head));
    epoch_ = epoch;
  }
  if (epoch != epoch_) return ws_.reopen("the server has other data than a moment ago");
  phase_ = Phase::names;
}

void EventStream::on_snapshot(const Json& message) {
  for (const Json& nvr : list_of(message, "nvrs")) {
    nvrs_.put(nvr, number_of(message, "seq"));
  }
  if (const auto last = message.find("last"); last != message.end() && *last == true) join();
}

void EventStream::join() {
  phase_ = Phase::joining;
  subscribe({{"type", "subscribe"},
             {"since", {{"epoch", epoch_}, {"seq", passed_}}},
             {"detail", "camera"},
             {"alerts", wanted_.alerts}});
}

void EventStream::on_joined() {
  phase_ = Phase::live;
  ws_.established();
  const std::string where = was_live_ ? "connected again" : "connected to " + server_.address.authority();
  listener_.on_notice(fmt::format("{}, events after seq {}", where, passed_));
  was_live_ = true;
}

void EventStream::on_not_recovered(const std::string& epoch, std::uint64_t head) {
  if (epoch == epoch_ && passed_ <= head) {
    if (!skip_to_oldest(head)) return;
  } else {
    listener_.on_notice(
        fmt::format("the server has other data (a restored backup or a new directory); it does not know "
                    "what followed seq {}, the next events are those after seq {}",
                    passed_, head));
    epoch_ = epoch;
    passed_ = head;
  }
  ask_names();
}

/// The history no longer reaches back to `passed_`. False: the connection is opened anew.
bool EventStream::skip_to_oldest(std::uint64_t head) {
  const auto answer = HttpClient(server_).get(fmt::format("/api/v1/events?since={}&limit=1", passed_));
  const Json page = answer && answer->status == 200 ? Json::parse(answer->body, nullptr, false) : Json();
  if (!page.is_object()) {
    ws_.reopen("the oldest event cannot be read: " +
               (answer ? fmt::format("HTTP {}", answer->status) : answer.error()));
    return false;
  }
  const Json& events = list_of(page, "events");
  const std::uint64_t before_oldest = events.empty() ? head : number_of(events.front(), "seq") - 1;
  if (before_oldest > passed_) {
    listener_.on_notice(fmt::format("the server no longer keeps the events {} to {}", passed_ + 1, before_oldest));
    passed_ = before_oldest;
  }
  return true;
}

void EventStream::on_batch(const Json& message) {
  const std::uint64_t to = number_of(message, "to");
  if (number_of(message, "from") != passed_ + 1) return ws_.reopen("a batch of events is missing");
  for (const Json& event : list_of(message, "events")) {
    on_event(event);
  }
  passed_ = to;
  listener_.on_caught_up_to(to);
}

void EventStream::on_event(const Json& event) {
  const std::uint64_t id = number_of(event, "nvr_id");
  listener_.on_event(event, nvrs_.find(id));
  const std::string kind = text_of(event, "kind");
  if (const auto nvr = event.find("nvr"); nvr != event.end()) nvrs_.put(*nvr, number_of(event, "seq"));
  if (kind == "removed" || kind == "left") nvrs_.erase(id);
}

void EventStream::on_lost(const std::string& why, std::chrono::milliseconds pause) {
  listener_.on_notice(fmt::format("{}; connecting again in {:.1f} s", why, static_cast<double>(pause.count()) / 1000));
}

void EventStream::on_given_up(const std::string& why) {
  listener_.on_given_up(why);
}

void EventStream::give_up(const std::string& why) {
  ws_.close();
  listener_.on_given_up(why);
}

} // namespace nvrhub::client
