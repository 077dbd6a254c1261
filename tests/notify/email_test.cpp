#include <catch2/catch.hpp>

#include <sstream>

#include "notify/render/mime.hpp"
#include "notify/render/render.hpp"
#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;

namespace {

Email settings() {
  Email email;
  email.server = "smtp://mail.example:587";
  email.from_name = "nvrhub";
  email.from = "alerts@hub.example";
  email.to = {"guard@example.com", "boss@example.com"};
  return email;
}

/// The header of a mail, unfolded, one field per line.
std::string header_of(const std::string& mail) {
  std::string header = mail.substr(0, mail.find("\r\n\r\n") + 2);
  for (std::size_t at = header.find("\r\n "); at != std::string::npos; at = header.find("\r\n "))
    header.erase(at, 2);
  return header;
}

std::string field(const std::string& mail, const std::string& name) {
  const std::string header = "\r\n" + header_of(mail);
  const std::size_t at = header.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + 4 + name.size();
  return header.substr(begin, header.find("\r\n", begin) - begin);
}

} // namespace

TEST_CASE("email: the fields of the header") {
  const std::string mail = render_email(message_of({nvr_alert()}), settings());
  CHECK(field(mail, "From") == "\"nvrhub\" <alerts@hub.example>");
  CHECK(field(mail, "To") == "guard@example.com, boss@example.com");
  CHECK(field(mail, "Subject") == "[critical] nvr-offline: NVR-7 (Gate house), Berlin");
  CHECK(field(mail, "Date") == "Fri, 01 May 2026 12:02:13 +0000");
  CHECK(field(mail, "Message-ID") == "<msg_0123456789abcdef@hub.example>");
  CHECK(field(mail, "Auto-Submitted") == "auto-generated");
}

TEST_CASE("email: the same message is the same mail") {
  const MessageView view = message_of({nvr_alert()});
  CHECK(render_email(view, settings()) == render_email(view, settings()));
}

TEST_CASE("email: a recovery refers to what its failure refers to") {
  const std::string failure = render_email(message_of({nvr_alert("A"), nvr_alert("B")}), settings());
  const std::string recovery = render_email(message_of({resolved(nvr_alert("B"))}), settings());
  CHECK(field(failure, "References") == "<alert.a1b2-A@hub.example> <alert.a1b2-B@hub.example>");
  CHECK(field(recovery, "References") == "<alert.a1b2-B@hub.example>");
  CHECK(field(recovery, "In-Reply-To") == "<alert.a1b2-B@hub.example>");
  const std::string large = render_email(message_of([] {
                                           std::vector<AlertView> alerts;
                                           for (int i = 0; i < 100; ++i)
                                             alerts.push_back(nvr_alert("N" + std::to_string(i)));
                                           return alerts;
                                         }()),
                                         settings());
  CHECK(field(large, "References").find("N20@") == std::string::npos);
}

TEST_CASE("email: no name adds a field or a recipient") {
  Email email = settings();
  email.from_name = hostile;
  const std::string mail = render_email(message_of({nvr_alert(hostile)}), email);
  CHECK(field(mail, "Bcc") == "");
  for (std::size_t at = mail.find('\n'); at != std::string::npos; at = mail.find('\n', at + 1))
    REQUIRE(mail[at - 1] == '\r'); // a bare LF would be a line for some servers
  for (std::size_t at = mail.find('\r'); at != std::string::npos; at = mail.find('\r', at + 1))
    REQUIRE(mail[at + 1] == '\n');
}

TEST_CASE("email: HTML shows names, and none is markup") {
  const std::string mail = render_email(message_of({nvr_alert(hostile)}), settings());
  const std::string html = mail.substr(mail.find("text/html"));
  CHECK(html.find("<b onload") == std::string::npos);
  CHECK(html.find("&lt;b onload") != std::string::npos);
}

TEST_CASE("email: lines stay within the limits of RFC 5322") {
  AlertView alert = nvr_alert(std::string(200, 'x'));
  alert.device_name = std::string(100, '\xC3') + "";
  alert.device_name.clear();
  for (int i = 0; i < 100; ++i)
    alert.device_name += "ü";
  std::istringstream lines(render_email(message_of(std::vector<AlertView>(300, alert)), settings()));
  for (std::string line; std::getline(lines, line);) {
    REQUIRE(line.size() <= 79); // 78 and CR
    REQUIRE(std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  }
}

TEST_CASE("mime: header texts") {
  CHECK(header_field("Subject", "plain text") == "Subject: plain text\r\n");
  CHECK(header_field("Subject", "a\r\nBcc: x@y") == "Subject: a  Bcc: x@y\r\n");
  CHECK(header_field("Subject", "Köln") == "Subject: =?UTF-8?B?S8O2bG4=?=\r\n");
  CHECK(header_field("Subject", "=?UTF-8?Q?x?=") == "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n");
  CHECK(mailbox("", "a@b") == "a@b");
  CHECK(mailbox("A \"B\" \\", "a@b") == "\"A \\\"B\\\" \\\\\" <a@b>");
  CHECK(mailbox("Köln", "a@b") == "=?UTF-8?B?S8O2bG4=?=\r\n <a@b>");
}

TEST_CASE("mime: quoted-printable") {
  CHECK(quoted_printable("a=b\n") == "a=3Db\r\n");
  CHECK(quoted_printable("end \nno newline") == "end=20\r\nno newline\r\n");
  CHECK(quoted_printable("ü\r") == "=C3=BC=0D\r\n");
  CHECK(quoted_printable(std::string(80, 'x')) == std::string(75, 'x') + "=\r\nxxxxx\r\n");
  CHECK(quoted_printable("") == "");
}
