#include <algorithm>
#include <cctype>

#include "notify/render/escape.hpp"
#include "notify/render/mime.hpp"
#include "notify/render/render.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_mail_lines = 200;
constexpr std::size_t max_subject = 200;
constexpr std::size_t max_references = 20;

/// What may stand in a message id: the ids of nvrhub as they are.
std::string id_part(const std::string& id) {
  constexpr std::size_t max_bytes = 40;
  std::string part = id.substr(0, max_bytes);
  std::replace_if(
      part.begin(), part.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-' && c != '.'; }, '-');
  return part;
}

/// <alert.ID@host> of each alert: the mails of one alert have one such reference in common.
std::vector<std::string> threads_of(const MessageView& view, const std::string& host) {
  std::vector<std::string> threads;
  for (const AlertView& alert : view.alerts) {
    if (threads.size() == max_references) break;
    std::string id = "<alert." + id_part(alert.id) + "@" + host + ">";
    if (std::find(threads.begin(), threads.end(), id) == threads.end()) threads.push_back(std::move(id));
  }
  return threads;
}

std::string html_of(const MessageView& view) {
  std::string html = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>" + html_escaped(title_of(view)) +
                     "</title></head>\n<body style=\"font-family:sans-serif\">\n<h3>" + html_escaped(title_of(view)) +
                     "</h3>\n<ul>\n";
  const std::size_t shown = std::min(view.alerts.size(), max_mail_lines);
  for (std::size_t i = 0; i < shown; ++i) {
    const AlertView& alert = view.alerts[i];
    html += "<li>" + html_escaped(line_of(alert));
    if (!alert.link.empty()) html += " <a href=\"" + html_escaped(single_line(alert.link)) + "\">open</a>";
    html += "</li>\n";
  }
  html += "</ul>\n";
  if (shown < view.alerts.size()) html += "<p>and " + std::to_string(view.alerts.size() - shown) + " more</p>\n";
  if (const std::string& link = link_of(view); !link.empty())
    html += "<p><a href=\"" + html_escaped(single_line(link)) + "\">Open in nvrhub</a></p>\n";
  return html + "</body></html>\n";
}

std::string text_part(const MessageView& view) {
  const std::string& link = link_of(view);
  return title_of(view) + "\n\n" + text_of(view, max_mail_lines) +
         (link.empty() ? "" : "\n" + single_line(link) + "\n");
}

std::string part(std::string_view subtype, std::string_view content) {
  return "Content-Type: text/" + std::string(subtype) +
         "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(content);
}

} // namespace

std::string render_email(const MessageView& view, const Email& email) {
  const std::string host = email.from.substr(email.from.find('@') + 1);
  const std::string boundary = "=_" + id_part(view.message.id); // "=_" is in no quoted-printable text
  const std::vector<std::string> threads = threads_of(view, host);
  std::string mail = "Date: " + mail_time(view.message.at) + "\r\n";
  mail += "From: " + mailbox(email.from_name, email.from) + "\r\n";
  mail += header_list("To", email.to, ",");
  mail += header_field("Subject", shortened(title_of(view), max_subject));
  mail += header_field("Message-ID", "<" + id_part(view.message.id) + "@" + host + ">");
  mail += header_field("In-Reply-To", threads.front());
  mail += header_list("References", threads, "");
  mail += "Auto-Submitted: auto-generated\r\n"; // no out-of-office replies
  mail += "MIME-Version: 1.0\r\n";
  mail += "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n";
  mail += "--" + boundary + "\r\n" + part("plain", text_part(view));
  mail += "--" + boundary + "\r\n" + part("html", html_of(view));
  return mail + "--" + boundary + "--\r\n";
}

} // namespace nvrhub::notify
