#pragma once

// What the peers in C++ (floor, uWebSockets) do with a message of the seed's protocol: simdjson, state in memory,
// nothing durable, no limits. One thread.

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <simdjson.h>

namespace bench {

class InMemory {
public:
  struct Camera {
    std::string name;
    std::string status;
  };
  struct Nvr {
    std::string hostname;
    std::vector<Camera> cameras;
    std::time_t last_seen = 0;
    void* owner = nullptr; // its newest socket, for a server that closes the older one
  };
  /// Texts to send; empty: none.
  struct Answers {
    std::string auth_ok;
    std::string ack;
    std::string update; // for the dashboards
  };

  /// `text` has SIMDJSON_PADDING readable bytes after it. `nvr` is that of the connection, null before its auth.
  Answers take(Nvr*& nvr, std::string_view text) {
    Answers answers;
    simdjson::ondemand::document message;
    if (parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(message))
      return answers;
    std::string_view type;
    std::int64_t id = -1;
    unsigned updated = 0;
    for (auto field : message.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "type") type = field.value().get_string();
      if (key == "id") id = field.value().get_int64();
      if (key == "hostname") {
        const std::string hostname(std::string_view(field.value().get_string()));
        auto& known = nvrs_[hostname];
        if (!known) known = std::make_unique<Nvr>(Nvr{.hostname = hostname, .cameras = {}});
        nvr = known.get();
      }
      if (key == "systemStatus" && nvr != nullptr) updated = reconcile(*nvr, field.value());
    }
    if (nvr == nullptr) return answers;
    nvr->last_seen = std::time(nullptr);
    if (updated > 0 || type == "auth") answers.update = update(*nvr, "online", updated);
    if (type == "auth") answers.auth_ok = R"({"type":"auth_ok","cameras_updated":)" + std::to_string(updated) + "}";
    if (id >= 0) answers.ack = R"({"type":"ack","id":)" + std::to_string(id) + "}";
    return answers;
  }

  static std::string update(const Nvr& nvr, std::string_view status, unsigned updated) {
    return R"({"type":"nvr_status_update","hostname":")" + nvr.hostname + R"(","status":")" + std::string(status) +
           R"(","cameras_updated":)" + std::to_string(updated) + "}";
  }

private:
  static unsigned reconcile(Nvr& nvr, simdjson::ondemand::value status) {
    unsigned updated = 0;
    std::size_t index = 0;
    for (auto camera : status["cameras"].get_array()) {
      std::string_view name;
      std::string_view is;
      for (auto field : camera.get_object()) {
        const std::string_view key = field.unescaped_key();
        if (key == "name") name = field.value().get_string();
        if (key == "status") is = field.value().get_string();
      }
      if (index == nvr.cameras.size()) nvr.cameras.push_back({std::string(name), ""});
      Camera& known = nvr.cameras[index++]; // real fleets keep the order of cameras
      if (known.name != name || known.status == is) continue;
      known.status = is;
      ++updated;
    }
    return updated;
  }

  simdjson::ondemand::parser parser_;
  std::unordered_map<std::string, std::unique_ptr<Nvr>> nvrs_;
};

} // namespace bench
