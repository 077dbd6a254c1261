#include "log/etcd/watch.hpp"

#include <algorithm>
#include <utility>

#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {
namespace {

using namespace std::chrono_literals;

// A silent member is asked for a sign of life, then left. A connection that was cut shows no other sign.
constexpr auto silence_check = 500ms;
constexpr auto max_silence = 2s;

} // namespace

Watch::Watch(boost::asio::io_context& io, Members members, std::size_t first, const Keys& keys, Client& client)
    : io_(io), members_(std::move(members)), current_(first % members_.endpoints.size()), keys_(keys), client_(client),
      silence_(io), next_attempt_(io) {}

Watch::~Watch() {
  if (channel_) channel_->abandon();
}

void Watch::follow(Position after, Log::OnDelivery deliver) {
  last_ = after;
  deliver_ = std::move(deliver);
  open();
}

void Watch::pause(bool paused) {
  paused_ = paused;
  if (channel_) channel_->pause(paused);
}

void Watch::open() {
  const std::optional<std::string> token = client_.token();
  if (!token) return reopen("not authenticated at etcd yet"); // each call of the client fetches the token
  const std::shared_ptr<Channel> channel = Channel::connect(io_, members_, current_);
  channel_ = channel;
  channel->pause(paused_);
  const std::optional<StreamId> stream = channel->open(methods::watch, {true, *token},
                                                       {[this](std::string_view message) { take(message); },
                                                        [this](const GrpcStatus& status) { reopen(status.message); }});
  if (!stream) return reopen("cannot open a stream");
  stream_ = *stream;
  silence_.start(silence_check, [this] { check_silence(); });
  // From the last position on, which deliver() drops: a watch may start at the compacted revision, although a deletion
  // of that revision is gone. So one that starts at `last_` is canceled unless all after it is there.
  const Revision start = std::max<Revision>(last_, 1); // 0 would be from now on
  channel->send(stream_, encode_watch_create(keys_.all(), prefix_end(keys_.all()), start), false);
}

void Watch::check_silence() {
  silence_.start(silence_check, [this] { check_silence(); });
  backoff_.reset(); // this one has lasted
  if (paused_) return;
  const std::shared_ptr<Channel> channel = channel_; // a failing send() ends it
  const auto silent = BootClock::now() - channel->last_received();
  if (silent > max_silence) return reopen(channel->endpoint().to_string() + ": the watch is silent");
  if (silent > silence_check) channel->send(stream_, encode_watch_progress(), false);
}

void Watch::take(std::string_view message) {
  const Result<WatchResponse> response = decode_watch(message);
  if (!response) return reopen(response.error().message);
  if (response->canceled) return canceled(*response);
  if (response->created || !response->events.empty()) problem_.clear();
  for (const WatchEvent& event : response->events)
    deliver(event);
}

void Watch::canceled(const WatchResponse& response) {
  const Revision compacted = response.compact_revision;
  if (compacted <= last_) {
    if (response.cancel_reason.find("permission denied") != std::string_view::npos) client_.drop_token(); // or outdated
    return reopen("etcd canceled the watch: " + std::string(response.cancel_reason));
  }
  // Asked once more, at another member: one that has just received a snapshot of its leader may be wrong.
  if (compacted_ != compacted) {
    compacted_ = compacted;
    return reopen("etcd has compacted the log up to " + std::to_string(compacted));
  }
  silence_.stop();
  std::exchange(channel_, nullptr)->abandon();
  problem_ = "too far behind: the log was trimmed up to " + std::to_string(compacted) + "; needs a backup of a peer";
  deliver_(TooFarBehind{compacted});
}

void Watch::deliver(const WatchEvent& event) {
  // A member that has received a snapshot may go back in time. Each of our transactions that counts changes one key, so
  // no two deliveries have one position.
  if (event.kv.mod_revision <= last_) return;
  last_ = event.kv.mod_revision;
  const std::optional<Keys::Parsed> key = keys_.parse(event.kv.key);
  if (!key) return;
  if (key->kind == Keys::Kind::log) {
    if (!event.deleted) deliver_(Entry{last_, key->origin, event.kv.version, event.kv.value});
  } else if (event.deleted) {
    deliver_(Vanished{last_, key->origin});
  } else {
    deliver_(Joined{last_, key->origin, event.kv.value});
  }
}

void Watch::reopen(const std::string& problem) {
  silence_.stop();
  problem_ = problem;
  if (channel_) std::exchange(channel_, nullptr)->abandon();
  current_ = (current_ + 1) % members_.endpoints.size();
  next_attempt_.start(backoff_.next(), [this] { open(); });
}

} // namespace nvrhub::log::etcd
