#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "client/reconnecting_ws.hpp"
#include "client/tail/known_nvrs.hpp"

namespace nvrhub::client {

/// The durable events of a server, without gap or repeat, over any number of connections.
///
/// It subscribes twice: first for the NVRs as they are (their sites and names, which events do not contain), then for
/// the events after the last one that was passed on. A later connection needs only the second. If the server no longer
/// keeps these events, it goes on with the oldest that it has, and says so.
/// THREADS: its context's only thread. OWNERSHIP: server and listener must outlive it.
class EventStream final : private ReconnectingWs::Listener {
public:
  class Listener {
  public:
    /// `known`: the NVR before the event, or null.
    virtual void on_event(const nlohmann::ordered_json& event, const KnownNvr* known) = 0;
    /// All events up to `seq` are passed on.
    virtual void on_caught_up_to(std::uint64_t seq) = 0;
    /// A sentence about the connection or about events that are missing.
    virtual void on_notice(const std::string& text) = 0;
    /// The last call.
    virtual void on_given_up(const std::string& why) = 0;

  protected:
    ~Listener() = default;
  };
  struct Wanted {
    std::vector<std::string> hostnames;
    std::vector<std::string> sites;
    std::optional<std::uint64_t> since;
    bool alerts = false;
  };

  EventStream(boost::asio::io_context& context, const Server& server, Wanted wanted, const CameraFilter& cameras,
              Listener& listener);

  void start() { ws_.start(); }
  void close() { ws_.close(); }

private:
  enum class Phase { asking_names, names, joining, live };

  void on_open() override;
  void on_text(std::string_view text) override;
  void on_sent() override;
  void on_lost(const std::string& why, std::chrono::milliseconds pause) override;
  void on_given_up(const std::string& why) override;

  void subscribe(nlohmann::ordered_json message);
  void on_subscribed(const nlohmann::ordered_json& message);
  void ask_names();
  void start_from(const std::string& epoch, std::uint64_t head);
  void on_snapshot(const nlohmann::ordered_json& message);
  void join();
  void on_joined();
  void on_not_recovered(const std::string& epoch, std::uint64_t head);
  bool skip_to_oldest(std::uint64_t head);
  void on_batch(const nlohmann::ordered_json& message);
  void on_event(const nlohmann::ordered_json& event);
  void give_up(const std::string& why);

  const Server& server_;
  Wanted wanted_;
  const CameraFilter& cameras_;
  Listener& listener_;
  ReconnectingWs ws_;
  KnownNvrs nvrs_;
  Phase phase_ = Phase::asking_names;
  bool was_live_ = false;
  std::string epoch_;        // empty: not connected yet
  std::uint64_t passed_ = 0; // the last seq that was passed on
  std::string next_frame_;   // waits until the one before is written
};

} // namespace nvrhub::client
