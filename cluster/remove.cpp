#include "cluster/remove.hpp"

#include <utility>

#include "cluster/ask.hpp"
#include "cluster/overview.hpp"
#include "cluster/random.hpp"

namespace nvrhub::cluster {

Result<std::vector<log::Member>> remove_node(log::etcd::Options options, const std::string& node,
                                             std::chrono::milliseconds limit) {
  const auto overview = read_overview(options, limit);
  if (!overview) return tl::make_unexpected(overview.error());
  if (!overview->founded) {
    return fail(Errc::not_founded, "there is no cluster in etcd under the prefix \"" + options.cluster.prefix + "\"");
  }
  options.origin = {"remove", random_number()}; // which never joins
  auto thread = LogThread::start(std::move(options));
  if (!thread) return tl::make_unexpected(thread.error());
  std::vector<log::Member> removed;
  for (const log::Member& member : overview->members) {
    if (member.origin.node != node) continue;
    const auto done = ask<log::Result<void>>(
        **thread, after(limit), [member](log::Log& log, const auto& answer) { log.evict(member.origin, answer); });
    if (!done) return fail(Errc::unavailable, "etcd did not answer in time");
    if (!*done) return tl::make_unexpected(to_error(done->error()));
    removed.push_back(member);
  }
  return removed;
}

} // namespace nvrhub::cluster
