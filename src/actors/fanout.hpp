#pragma once

#include <memory>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/interfaces.hpp"

namespace nvrhub::actors {

struct FanoutState {
  std::shared_ptr<FeedSink> sink;
};

/// Encodes each committed event once and hands it to the dashboards, in the order of `seq`.
FanoutActor::behavior_type fanout(FanoutActor::stateful_pointer<FanoutState> self, std::shared_ptr<FeedSink> sink);

} // namespace nvrhub::actors
