#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "actors/census.hpp"
#include "actors/interfaces.hpp"

namespace nvrhub::actors::test {

using Texts = std::vector<std::string>;

/// A socket that writes down what the actors tell it.
class Socket final : public SessionOutlet {
public:
  Texts texts;
  std::vector<protocol::CloseCode> closes;
  std::optional<Attached> session;
  fleet::SessionNumber number = 0; // of `session`, kept when the handle is dropped
  int attached_times = 0;
  int reports_taken = 0;
  fleet::NvrId settled = 0; // what report_taken() said, until forget()

  void attached(const Attached& granted) override {
    session = granted;
    number = granted.session;
    ++attached_times;
    for (const auto& act : std::exchange(waiting_, {}))
      act(granted);
  }
  void send(std::string text) override { texts.push_back(std::move(text)); }
  void report_taken(fleet::NvrId nvr) override {
    ++reports_taken;
    settled = nvr;
  }
  void forget() override { settled = 0; }
  void close(protocol::CloseCode code) override { closes.push_back(code); }

  /// Does `act` now if the session is granted, else as soon as it is: a socket is not read before.
  void once_attached(std::function<void(const Attached&)> act) {
    if (session) {
      act(*session);
    } else {
      waiting_.push_back(std::move(act));
    }
  }

private:
  std::vector<std::function<void(const Attached&)>> waiting_;
};
using SocketPtr = std::shared_ptr<Socket>;

/// Keeps what dashboards would see. A chunk is its messages, a line each.
class Feed final : public FeedSink {
public:
  Texts texts; // of the seed's feed
  std::map<StreamId, Texts> streams;

  /// A snapshot or a catch-up that was asked for.
  struct Pages final : Prelude {
    PagesWork work;
    std::optional<fleet::Seq> since; // nothing: a snapshot
    std::function<void()> done;
  };
  std::vector<std::shared_ptr<Pages>> preludes;

  Chunk make_chunk(std::span<const std::string> messages) override {
    std::string lines;
    for (const std::string& message : messages)
      lines += message + "\n";
    return std::make_shared<const std::string>(std::move(lines));
  }
  void publish(std::span<const Publication> publications) override {
    for (const Publication& publication : publications) {
      const Texts told = lines_of(publication.chunk);
      Texts& all = publication.stream == seed_feed ? texts : streams[publication.stream];
      all.insert(all.end(), told.begin(), told.end());
    }
  }
  PreludePtr make_snapshot(const PagesWork& work, std::function<void()> done) override {
    preludes.push_back(std::make_shared<Pages>());
    preludes.back()->work = work;
    preludes.back()->done = std::move(done);
    return preludes.back();
  }
  PreludePtr make_catch_up(const PagesWork& work, fleet::Seq since) override {
    preludes.push_back(std::make_shared<Pages>());
    preludes.back()->work = work;
    preludes.back()->since = since;
    return preludes.back();
  }
  void count(const PagesWork& work, std::function<void(std::optional<protocol::Summary>)> done) override {
    protocol::Summary sum;
    const auto walked = work.snapshot->each_outline(0, [&](const fleet::Nvr& nvr, const fleet::Facts& facts) {
      if (work.view.filter.matches(nvr.hostname, nvr.site, facts, work.unconfirmed->contains(nvr.id))) {
        add(sum, facts, work.unconfirmed->contains(nvr.id), 1);
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

/// A dashboard that writes down how its subscriptions began.
class Dashboard final : public DashboardOutlet {
public:
  std::vector<Joined> joins;
  void joined(const Joined& joined) override { joins.push_back(joined); }
};

} // namespace nvrhub::actors::test
