#include "app/watch/store_watch.hpp"

#include <utility>

namespace nvrhub::app {

void StoreWatch::check(store::PendingOperations::Time now) {
  using actors::Level;
  const auto before = std::exchange(hanging_, operations_.hanging(now));
  if (hanging_ && before && !logged_) { // twice: after a pause of the process an operation ends between two checks
    logged_ = true;
    log_(Level::error, "store_hangs",
         "an operation on the data directory does not return; nothing new is shown or acknowledged until it does: "
         "check the disk",
         {{"seconds", hanging_->count()}});
  } else if (!hanging_ && std::exchange(logged_, false)) {
    log_(Level::warn, "store", "the store answers again", {{"seconds", before ? before->count() : 0}});
  }
}

} // namespace nvrhub::app
