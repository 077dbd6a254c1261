#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "actors/fanout/summary_aggregator.hpp"
#include "actors/messages.hpp"

namespace nvrhub::actors::test {

using Texts = std::vector<std::string>;

/// A socket that records the calls of the actors.
class Socket final : public SessionHandle {
public:
  Texts texts;
  Texts waits; // hostnames of wait_for_registration()
  std::vector<protocol::CloseCode> closes;
  std::optional<SessionStarted> session;
  fleet::SessionNumber number = 0; // of `session`, kept when the handle is dropped
  int sessions_started = 0;
  int reports_done = 0;
  fleet::NvrId repeatable_id = 0; // of the last report_done(), until invalidate_repeat_cache()
  int repeats_to_decode = 0;      // calls of decode_repeat()

  void session_started(const SessionStarted& granted) override {
    session = granted;
    number = granted.session;
    ++sessions_started;
    for (const auto& act : std::exchange(until_started_, {}))
      act(granted);
  }
  void wait_for_registration(const std::string& hostname, const protocol::ReportPtr&, fleet::WallMillis) override {
    waits.push_back(hostname);
  }
  void send(std::string text) override { texts.push_back(std::move(text)); }
  void report_done(fleet::NvrId nvr) override {
    ++reports_done;
    repeatable_id = nvr;
  }
  void decode_repeat() override { ++repeats_to_decode; }
  void invalidate_repeat_cache() override { repeatable_id = 0; }
  void close(protocol::CloseCode code) override { closes.push_back(code); }

  /// Calls `act` once the session has started: a socket is not read before.
  void once_started(std::function<void(const SessionStarted&)> act) {
    if (session) {
      act(*session);
    } else {
      until_started_.push_back(std::move(act));
    }
  }

private:
  std::vector<std::function<void(const SessionStarted&)>> until_started_;
};
using SocketPtr = std::shared_ptr<Socket>;

/// Records what dashboards would receive. A chunk is its messages, one per line.
class RecordingPublisher final : public Publisher {
public:
  Texts legacy; // the legacy feed
  std::map<StreamId, Texts> streams;

  /// A requested snapshot or catch-up.
  struct Pages final : InitialPages {
    PageInput input;
    std::optional<fleet::Seq> since; // nullopt: a snapshot
    std::function<void()> done;
  };
  std::vector<std::shared_ptr<Pages>> initial_pages;

  Chunk make_chunk(std::span<const std::string> messages) override {
    std::string lines;
    for (const std::string& message : messages)
      lines += message + "\n";
    return std::make_shared<const std::string>(std::move(lines));
  }
  void publish(std::span<const Publication> publications) override {
    for (const Publication& publication : publications) {
      const Texts lines = lines_of(publication.chunk);
      Texts& all = publication.stream == legacy_feed ? legacy : streams[publication.stream];
      all.insert(all.end(), lines.begin(), lines.end());
    }
  }
  InitialPagesPtr make_snapshot(const PageInput& input, std::function<void()> done) override {
    initial_pages.push_back(std::make_shared<Pages>());
    initial_pages.back()->input = input;
    initial_pages.back()->done = std::move(done);
    return initial_pages.back();
  }
  InitialPagesPtr make_catch_up(const PageInput& input, fleet::Seq since) override {
    initial_pages.push_back(std::make_shared<Pages>());
    initial_pages.back()->input = input;
    initial_pages.back()->since = since;
    return initial_pages.back();
  }
  void count(const PageInput& input, std::function<void(std::optional<protocol::Summary>)> done) override {
    protocol::Summary sum;
    const auto walked =
        input.snapshot->each_nvr_summary(0, [&](const fleet::Nvr& nvr, const fleet::NvrSummary& nvr_summary) {
          if (input.spec.filter.matches(nvr.hostname, nvr.site, nvr_summary, input.unconfirmed->contains(nvr.id))) {
            add_to_summary(sum, nvr_summary, input.unconfirmed->contains(nvr.id), 1);
          }
          return true;
        });
    done(walked ? std::optional(sum) : std::nullopt);
  }

  static Texts lines_of(const Chunk& chunk) {
    Texts lines;
    std::istringstream in(*chunk);
    for (std::string line; std::getline(in, line);)
      lines.push_back(line);
    return lines;
  }
};

/// A dashboard that records how its subscriptions start.
class Dashboard final : public DashboardHandle {
public:
  std::vector<Joined> joins;
  void joined(const Joined& joined) override { joins.push_back(joined); }
};

} // namespace nvrhub::actors::test
