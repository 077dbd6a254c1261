#include "load.hpp"

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <random>
#include <string_view>
#include <sys/epoll.h>
#include <thread>
#include <vector>

#include "client.hpp"
#include "flags.hpp"
#include "tls_client.hpp"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

/// A client and the state of its sending.
struct Sender {
  Client client;
  std::size_t time_at = 0; // offset in the heartbeat, like status_at
  std::size_t status_at = 0;
  bool online = true;
  std::uint16_t number = 0;
  std::size_t sent = 0; // bytes of the message
  std::size_t left = 0; // reports to send, set by send()

  void put(std::size_t at, std::string_view text) {
    if (client.masked)
      overwrite(client.message, client.heartbeat, at, text);
    else
      client.message.replace(client.heartbeat + at, text.size(), text);
  }

  /// Changes timestamp and first status in place ("fine_on" and "offline" have the same length).
  void next(std::mt19937& random, const Options& options) {
    char time[32];
    const unsigned ms = static_cast<unsigned>(random() % 1000);
    std::snprintf(time, sizeof time, "%02u:%02u.%03u", ms % 60, ms % 59, ms);
    put(time_at, {time, 9});
    if (std::uniform_real_distribution<>(0, 1)(random) < options.change) {
      online = !online;
      put(status_at, online ? "fine_on" : "offline");
    }
    if (client.number_at == 0) return;
    number = number == 0xFFFE ? 1 : static_cast<std::uint16_t>(number + 1); // not 0; 0xFFFF: the last message
    client.message[client.number_at] = static_cast<char>(number >> 8);
    client.message[client.number_at + 1] = static_cast<char>(number & 0xFF);
  }
};

Sender start(Client client, const Options& options) {
  Sender sender;
  const std::string text = heartbeat(system_status(options.cameras));
  sender.client = std::move(client);
  sender.time_at = text.find("00:00.000Z");
  sender.status_at = text.find("fine_on");
  return sender;
}

/// Writes as much as the socket accepts, at most one report; true when that report is complete.
bool send_report(Sender& sender, std::mt19937& random, const Options& options) {
  if (sender.sent == 0) sender.next(random, options);
  const std::string& message = sender.client.message;
  const ssize_t count = write_some({.fd = sender.client.fd, .ssl = sender.client.ssl}, message.data() + sender.sent,
                                   message.size() - sender.sent);
  if (count < 0 && errno != EAGAIN) die("write");
  sender.sent += count > 0 ? static_cast<std::size_t>(count) : 0;
  if (sender.sent < message.size()) return false;
  sender.sent = 0;
  --sender.left;
  return true;
}

void flat_out(std::vector<Sender>& senders, std::mt19937& random, const Options& options) {
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < senders.size(); ++i) {
    epoll_event want{};
    want.events = EPOLLOUT;
    want.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, senders[i].client.fd, &want);
  }
  std::vector<epoll_event> ready(512);
  for (std::size_t open = senders.size(); open > 0;) {
    const int count = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      Sender& sender = senders[ready[static_cast<std::size_t>(i)].data.u64];
      if (!send_report(sender, random, options) || sender.left > 0) continue;
      epoll_ctl(poll, EPOLL_CTL_DEL, sender.client.fd, nullptr);
      --open;
    }
  }
  close(poll);
}

void paced(std::vector<Sender>& senders, std::size_t count, std::mt19937& random, const Options& options) {
  const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options.rate));
  Clock::time_point due = Clock::now();
  for (std::size_t i = 0; i < count * senders.size(); ++i, due += gap) {
    std::this_thread::sleep_until(due);
    while (!send_report(senders[i % senders.size()], random, options))
      std::this_thread::yield();
  }
}

/// Sends `count` reports of each.
void send(std::vector<Sender>& senders, std::size_t count, std::mt19937& random, const Options& options) {
  for (Sender& sender : senders)
    sender.left = count;
  options.rate > 0 ? paced(senders, count, random, options) : flat_out(senders, random, options);
}

struct Usage {
  double cpu = 0; // of the server
  double seconds = 0;
};

Usage used(int pid, const std::function<void()>& what) {
  const double cpu = cpu_seconds(pid);
  const auto begin = Clock::now();
  what();
  const std::chrono::duration<double> took = Clock::now() - begin;
  return {cpu_seconds(pid) - cpu, took.count()};
}

} // namespace

Options parse_options(int argc, char** argv, bool mqtt) {
  Options options;
  std::map<std::string_view, Target> flags{{"--port", &options.port},       {"--pid", &options.pid},
                                           {"--nvrs", &options.nvrs},       {"--cameras", &options.cameras},
                                           {"--reports", &options.reports}, {"--rate", &options.rate},
                                           {"--change", &options.change}};
  if (!mqtt) flags.emplace("--tls", &options.tls);
  if (mqtt) flags.emplace("--qos", &options.qos);
  read_flags(argc, argv, 1, flags);
  options.qos = options.qos > 0 ? 1 : 0;
  return options;
}

std::string system_status(std::size_t cameras) {
  std::string list;
  for (std::size_t i = 0; i < cameras; ++i) {
    char entry[160];
    std::snprintf(entry, sizeof entry, R"(%s{"name":"CAM-%03zu","ip_address":"192.168.%zu.%zu","status":"%s"})",
                  i == 0 ? "" : ",", i + 1, i / 250, i % 250, i == 0 ? "fine_on" : "online");
    list += entry;
  }
  return R"({"status":"online","cameras":[)" + list + "]}";
}

std::string heartbeat(const std::string& status) {
  return R"({"type":"heartbeat","timestamp":"2026-11-22T10:00:00.000Z","systemStatus":)" + status + "}";
}

void measure(const Options& options, const Protocol& protocol) {
  raise_descriptor_limit();
  std::mt19937 random(1);
  std::vector<Sender> senders;
  for (std::size_t i = 0; i < options.nvrs; ++i)
    senders.push_back(start(protocol.connect(i), options));
  for (Sender& sender : senders) {
    protocol.wait_until_in(sender.client);
    fcntl(sender.client.fd, F_SETFL, O_NONBLOCK);
  }
  const auto wait = [&] {
    for (Sender& sender : senders) {
      fcntl(sender.client.fd, F_SETFL, 0);
      protocol.wait_until_read(sender.client);
      fcntl(sender.client.fd, F_SETFL, O_NONBLOCK);
    }
  };
  std::this_thread::sleep_for(std::chrono::milliseconds(300)); // work left from connecting must not count

  // One-time work per NVR must not count for the reports: the first reports precede the measurement, and the cost of
  // the read confirmation is measured here and subtracted below.
  send(senders, 2, random, options);
  wait();
  const Usage asking = used(options.pid, wait);
  const Usage all = used(options.pid, [&] {
    send(senders, options.reports / options.nvrs, random, options);
    wait();
  });
  const auto count = static_cast<double>(options.reports / options.nvrs * options.nvrs);
  std::printf(R"({"nvrs":%zu,"cameras":%zu,"bytes":%zu,"rate":%.0f,"change":%g,"reports":%.0f,"reports_per_s":%.0f,)"
              R"("cpu_us":%.3f})"
              "\n",
              options.nvrs, options.cameras, senders[0].client.message.size(), options.rate, options.change, count,
              count / (all.seconds - asking.seconds), (all.cpu - asking.cpu) / count * 1e6);
}

} // namespace bench
