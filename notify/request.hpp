#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.hpp"
#include "notify/message.hpp"

namespace nvrhub::notify {

/// One attempt to reach one receiver, as bytes: HTTP POST, or SMTP if `mail_to` is not empty.
struct Request {
  Secret url;
  std::vector<std::string> headers; // HTTP: "Name: value"
  Secret authorization;             // HTTP: a bearer token; empty: none
  std::string body;
  std::string username; // empty: none
  Secret password;
  std::string mail_from;
  std::vector<std::string> mail_to;
  StartTls starttls = StartTls::required;
  Transport transport;
};

/// What came back. No text contains a secret or a control character.
struct Outcome {
  bool delivered = false;
  int status = 0;    // HTTP status or code of the last SMTP reply; 0: there was none
  std::string reply; // the begin of the HTTP body, or the SMTP replies, one per line
  std::string error; // why it was not delivered; empty if it was
  std::optional<std::chrono::seconds> retry_after;
};

/// The requests that send the message to a channel, now: one, or one per Alertmanager, of which one has to succeed.
/// REQUIRES: view.alerts is not empty.
std::vector<Request> requests_for(const Channel& channel, const MessageView& view, fleet::WallMillis now);
/// The same for alerts that are sent again without a message.
std::vector<Request> requests_for(const Channel& channel, const Alertmanager& settings,
                                  const std::vector<AlertView>& alerts, fleet::WallMillis now);

/// One outcome for the requests of a message: the first that delivered it, else the first.
/// REQUIRES: outcomes is not empty.
Outcome combined(const std::vector<Outcome>& outcomes);

} // namespace nvrhub::notify
