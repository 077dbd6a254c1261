#include "app/watch/peer_watch.hpp"

#include <utility>

#include "cluster/announcement.hpp"

namespace nvrhub::app {

namespace {

using namespace std::chrono_literals;

constexpr auto interval = 3s;
constexpr auto answer_limit = 2s;

} // namespace

PeerWatch::PeerWatch(const cluster::Node& node, const store::Store& store, cluster::PeerOptions peers, actors::Log log,
                     std::function<void()> on_cut_off)
    : node_(node), store_(store), peers_(std::move(peers)), log_(std::move(log)), on_cut_off_(std::move(on_cut_off)) {}

PeerWatch::~PeerWatch() {
  stops_ = true;
  if (thread_.joinable()) thread_.join();
}

void PeerWatch::check() {
  if (node_.may_serve()) {
    finding_ = Finding::none;
    cut_offs_ = 0;
    return;
  }
  if (is_asking_ || !on_cut_off_) return;
  const Finding finding = finding_.exchange(Finding::none);
  if (finding == Finding::together) cut_offs_ = 0;
  // Twice: when etcd comes back, one server notices it before another.
  if (finding == Finding::cut_off && ++cut_offs_ == 2) {
    log_(actors::Level::error, "cluster_cut_off",
         "this server does not reach etcd, and no other server shares that: it closes all sockets and joins again");
    return std::exchange(on_cut_off_, nullptr)();
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + interval;
  if (thread_.joinable()) thread_.join(); // it has ended
  const std::vector<std::string> others = addresses();
  if (others.empty()) return; // the only server
  is_asking_ = true;
  thread_ = std::thread([this, others] {
    finding_ = ask(peers_, others, stops_);
    is_asking_ = false;
  });
}

/// Of the other servers that have joined and are not lost.
std::vector<std::string> PeerWatch::addresses() const {
  std::vector<std::string> found;
  const auto snapshot = store_.snapshot();
  if (!snapshot) return found;
  (void)snapshot->each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    if (!state.joined || state.lost || origin == node_.self()) return;
    found.push_back(cluster::decode_announcement(state.announcement).address);
  });
  return found;
}

PeerWatch::Finding PeerWatch::ask(const cluster::PeerClient& peers, const std::vector<std::string>& addresses,
                                  const std::atomic<bool>& stops) {
  bool has_answer = false;
  for (const std::string& address : addresses) {
    if (stops) return Finding::none;
    const auto state = peers.ask_state(address, answer_limit);
    if (state && state->is_ready) return Finding::cut_off;
    has_answer = has_answer || state || state.error().code == cluster::Errc::refused; // its certificate is
  }
  return has_answer ? Finding::together : Finding::cut_off;
}

} // namespace nvrhub::app
