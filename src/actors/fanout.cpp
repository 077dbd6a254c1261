#include "actors/fanout.hpp"

#include <utility>

#include "protocol/encode.hpp"

namespace nvrhub::actors {

FanoutActor::behavior_type fanout(FanoutActor::stateful_pointer<FanoutState> self, std::shared_ptr<FeedSink> sink) {
  self->state.sink = std::move(sink);
  return {[=](const Committed& committed) {
    std::vector<std::string> messages;
    for (const fleet::Event& event : *committed.events) {
      if (!fleet::is_status_change(event)) continue;
      messages.push_back(protocol::encode_feed(event));
    }
    if (!messages.empty()) self->state.sink->publish(messages);
  }};
}

} // namespace nvrhub::actors
