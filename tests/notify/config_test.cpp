#include "notify/config/config.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

using namespace nvrhub::notify;

namespace {

/// A directory of files, and a variable with a secret.
struct Place {
  Place() {
    std::filesystem::create_directories(dir);
    write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    write("password", " hunter2 \n");
    ::setenv("NVRHUB_TEST_SECRET", "from the environment", 1);
  }
  ~Place() { std::filesystem::remove_all(dir); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir / name) << text;
    return (dir / name).string();
  }
  std::string path(const std::string& name) const { return "\"" + (dir / name).string() + "\""; }

  std::filesystem::path dir = std::filesystem::temp_directory_path() / ("nvrhub-notify-" + std::to_string(::getpid()));
};

std::string error_of(const std::string& text) {
  const auto parsed = parse_config(split_config(text).tables);
  return parsed ? "" : parsed.error();
}

/// The only channel of a text that must be right.
Channel channel_of(const std::string& text) {
  const auto parsed = parse_config(split_config(text).tables);
  INFO(text);
  INFO((parsed ? "" : parsed.error()));
  REQUIRE(parsed);
  REQUIRE(parsed->channels.size() == 1);
  return parsed->channels.front();
}

const std::string webhook = "[[channel]]\nname = \"ops\"\ntype = \"webhook\"\n";
const std::string with_url = webhook + "url = \"https://hooks.example/x\"\n";
const std::string email = "[[channel]]\nname = \"mail\"\ntype = \"email\"\n";
const std::string with_server = email + "server = \"smtp://mail.example\"\n";
const std::string whole_email = with_server + "from = \"a@hub.example\"\nto = \"b@x.example\"\n";
const std::string alertmanager = "[[channel]]\nname = \"am\"\ntype = \"alertmanager\"\n";

} // namespace

TEST_CASE("config: the file is cut at the first table, and lines keep their numbers") {
  const ConfigText cut = split_config("enroll = \"auto\"\n# [[channel]]\n\n [[channel]]\nname = 1\n");
  CHECK(cut.flags == "enroll = \"auto\"\n# [[channel]]\n\n");
  CHECK(cut.tables == "\n\n\n [[channel]]\nname = 1\n");
  for (const char* header :
       {"[[alert]]", "[channel]", "[ [ channel ] ]", "[\"channel\"]", "[channel.x]", "[[channel", "[alert ]"})
    CHECK(split_config(header).flags == (std::string(header) == "[[channel" ? header : ""));
  for (const char* other : {"", "a = 1", "[channels]", "[serve]\na = 1", "  \"[[channel]]\",", "x = [[\"channel\"]]"})
    CHECK(split_config(other).flags == other);
  CHECK(parse_config("")->channels.empty());
}

TEST_CASE("config: a webhook") {
  const Place place;
  Channel channel = channel_of(with_url);
  CHECK(channel.name == "ops");
  CHECK(type_of(channel) == "webhook");
  CHECK(describe(channel) == "https://hooks.example");
  CHECK(std::get<Webhook>(channel.settings).url.reveal() == "https://hooks.example/x");
  CHECK(std::get<Webhook>(channel.settings).format == Format::json);
  CHECK_FALSE(channel.transport.allow_private);

  channel = channel_of(with_url + "format = \"slack\"\nallow-private = true\nproxy = \"http://proxy.example:3128\"\n" +
                       "secret-file = " + place.path("secret") + "\ntoken-env = \"NVRHUB_TEST_SECRET\"\n");
  CHECK(std::get<Webhook>(channel.settings).format == Format::slack);
  CHECK(std::get<Webhook>(channel.settings).signing_key.reveal().size() == 24);
  CHECK(channel.transport.allow_private);
  CHECK(channel.transport.proxy.reveal() == "http://proxy.example:3128");
  CHECK(channel.credentials.token.reveal() == "from the environment");

  place.write("url", "https://hooks.example/services/T0/SECRET\n");
  channel = channel_of(webhook + "url-file = " + place.path("url") + "\n");
  CHECK(std::get<Webhook>(channel.settings).url.reveal() == "https://hooks.example/services/T0/SECRET");
  CHECK(describe(channel) == "https://hooks.example");

  place.write("proxy", "http://user:pass@proxy.example:3128\n");
  CHECK(channel_of(with_url + "proxy-file = " + place.path("proxy") + "\n").transport.proxy.reveal() ==
        "http://user:pass@proxy.example:3128");

  place.write("body", "{\"text\": \"{{title}}\"}");
  channel = channel_of(with_url + "template = " + place.path("body") + "\ncontent-type = \"application/json\"\n");
  CHECK_FALSE(std::get<Webhook>(channel.settings).body.empty());
}

TEST_CASE("config: an e-mail channel") {
  const Place place;
  Channel channel = channel_of(whole_email);
  auto settings = std::get<Email>(channel.settings);
  CHECK(settings.server == "smtp://mail.example:587");
  CHECK(settings.starttls == StartTls::required);
  CHECK(settings.from == "a@hub.example");
  CHECK(settings.to == std::vector<std::string>{"b@x.example"});
  CHECK(describe(channel) == "b@x.example by smtp://mail.example:587");

  channel = channel_of(
      email + "server = \"smtps://[2001:db8::1]\"\nfrom = \"The hub <a@hub.example>\"\n" +
      "to = [\"b@x.example\", \"c@x.example\"]\nusername = \"hub\"\npassword-file = " + place.path("password") + "\n");
  settings = std::get<Email>(channel.settings);
  CHECK(settings.server == "smtps://[2001:db8::1]:465");
  CHECK(settings.from_name == "The hub");
  CHECK(settings.to.size() == 2);
  CHECK(channel.credentials.password.reveal() == "hunter2");
  channel = channel_of(whole_email + "starttls = \"none\"\n");
  CHECK(std::get<Email>(channel.settings).starttls == StartTls::none);
}

TEST_CASE("config: an Alertmanager channel") {
  const Channel channel =
      channel_of(alertmanager + "urls = [\"http://a.example:9093\", \"https://b.example/am\"]\nallow-private = true\n");
  CHECK(std::get<Alertmanager>(channel.settings).urls.size() == 2);
  CHECK(describe(channel) == "http://a.example:9093, https://b.example");
  CHECK(std::get<Alertmanager>(channel_of(alertmanager + "urls = \"https://a.example\"\n").settings).urls.size() == 1);
}

TEST_CASE("config: each wrong field is named with its line") {
  const Place place;
  place.write("empty", " \n");
  place.write("two", "one\ntwo\n");
  place.write("wrong.tmpl", "a\n{{b}}\n");
  place.write("large", std::string(5'000, 'x'));
  const std::string ops = "[[channel]] \"ops\": ", mail = "[[channel]] \"mail\": ", am = "[[channel]] \"am\": ";
  const std::string dir = place.dir.string() + "/";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[channel]\nname = \"a\"\n", "line 1: channel: expected [[channel]], with two brackets, for each one"},
      {"\n[channel.a]\n", "line 2: channel: expected [[channel]], with two brackets, for each one"},
      {"[alert]\n", "line 1: alert: expected [[alert]], with two brackets, for each one"},
      {with_url + "[other]\n", "line 5: unknown table [other]: expected [[channel]] or [[alert]]"},
      {"[[channel]]\n", "line 1: [[channel]]: name: expected a name"},
      {"[[channel]]\nname = \"a b\"\n", "line 2: [[channel]]: name: expected 1 to 64 letters, digits, '.', '_' or '-'"},
      {"[[channel]]\nname = 5\n", "line 2: [[channel]]: name: expected a string in quotes"},
      {with_url + with_url, "line 6: [[channel]] \"ops\": name: expected a name that no other channel has"},
      {"[[channel]]\nname = \"ops\"\n", "line 1: " + ops + "type: expected \"webhook\", \"email\" or \"alertmanager\""},
      {"[[channel]]\nname = \"ops\"\ntype = \"sms\"\n",
       "line 3: " + ops + "type: expected \"webhook\", \"email\" or \"alertmanager\""},
      {webhook, "line 1: " + ops + "url: expected a URL, or url-file or url-env"},
      {webhook + "url = \"\"\n", "line 4: " + ops + "url: expected a string that is not empty"},
      {webhook + "url = \"hooks.example\"\n", "line 4: " + ops + "url: expected a URL: https://HOST or http://HOST"},
      {webhook + "url = \"ftp://hooks.example\"\n",
       "line 4: " + ops + "url: expected a URL: https://HOST or http://HOST"},
      {webhook + "url = \"https://a b\"\n", "line 4: " + ops + "url: expected a URL: https://HOST or http://HOST"},
      {webhook + "url = \"https://u:p@a.example\"\n",
       "line 4: " + ops + "url: expected a URL without user name and password"},
      {webhook + "url = \"https://a.example/#x\"\n", "line 4: " + ops + "url: expected a URL without #"},
      {with_url + "url-env = \"NVRHUB_TEST_SECRET\"\n",
       "line 4: " + ops + "url: expected only one of url, url-file and url-env"},
      {webhook + "url-env = \"NVRHUB_TEST_SECRET\"\n",
       "line 4: " + ops + "url-env: expected a URL: https://HOST or http://HOST"},
      {with_url + "format = \"irc\"\n",
       "line 5: " + ops + "format: expected \"json\", \"slack\", \"teams\", \"ntfy\", \"discord\" or \"plain\""},
      {webhook + "url = \"https://ntfy.sh\"\nformat = \"ntfy\"\n",
       "line 4: " + ops + "url: expected the URL of a topic, such as https://ntfy.sh/TOPIC"},
      {with_url + "allow-private = \"yes\"\n", "line 5: " + ops + "allow-private: expected true or false"},
      {with_url + "ca = \"" + dir + "none\"\n", "line 5: " + ops + "ca: " + dir + "none: No such file or directory"},
      {with_url + "proxy = \"http://u:p@proxy\"\n",
       "line 5: " + ops + "proxy: expected a URL without user name and password"},
      {with_url + "proxy = \"proxy:3128\"\n", "line 5: " + ops +
                                                  "proxy: expected a URL: http://HOST or https://HOST or "
                                                  "socks5://HOST or socks5h://HOST"},
      {with_url + "secret = \"whsec_x\"\n",
       "line 5: " + ops + "secret: a secret does not belong into this file: use secret-file or secret-env"},
      {with_url + "password = \"x\"\n",
       "line 5: " + ops + "password: a secret does not belong into this file: use password-file or password-env"},
      {with_url + "token = \"x\"\n",
       "line 5: " + ops + "token: a secret does not belong into this file: use token-file or token-env"},
      {with_url + "secret-file = \"" + dir + "none\"\n",
       "line 5: " + ops + "secret-file: " + dir + "none: No such file or directory"},
      {with_url + "secret-file = \"" + dir + "\"\n", "line 5: " + ops + "secret-file: " + dir + ": Is a directory"},
      {with_url + "secret-file = " + place.path("empty") + "\n",
       "line 5: " + ops + "secret-file: " + dir + "empty is empty"},
      {with_url + "token-file = " + place.path("two") + "\n",
       "line 5: " + ops + "token-file: " + dir + "two: expected one line of printable ASCII"},
      {with_url + "token-file = " + place.path("large") + "\n",
       "line 5: " + ops + "token-file: " + dir + "large: it is too large"},
      {with_url + "token-env = \"NVRHUB_TEST_UNSET\"\n",
       "line 5: " + ops + "token-env: the environment has no variable NVRHUB_TEST_UNSET"},
      {with_url + "token-env = \"NVRHUB_TEST_SECRET\"\ntoken-file = " + place.path("password") + "\n",
       "line 5: " + ops + "token-env: expected only one of token-file and token-env"},
      {with_url + "secret-env = \"NVRHUB_TEST_SECRET\"\n",
       "line 5: " + ops +
           "secret-env: expected whsec_ and the base64 of 24 to 64 bytes (`echo whsec_$(openssl rand -base64 "
           "32)` makes one)"},
      {with_url + "username = \"u\"\n",
       "line 5: " + ops + "username: expected user name and password, or none of them"},
      {with_url + "username = \"u\"\npassword-file = " + place.path("password") +
           "\ntoken-file = " + place.path("password") + "\n",
       "line 5: " + ops + "username: expected either a user name or a token"},
      {webhook + "url = \"http://a.example\"\ntoken-file = " + place.path("password") + "\n",
       "line 4: " + ops +
           "url: expected https:// with a token or password, or allow-private = true for your own network"},
      {with_url + "template = " + place.path("wrong.tmpl") + "\n",
       "line 5: " + ops + "template: " + dir + "wrong.tmpl: line 2: unknown field {{b}}: the fields are "},
      {with_url + "template = " + place.path("empty") + "\nformat = \"json\"\n",
       "line 5: " + ops + "template: expected either a template or a format"},
      {with_url + "content-type = \"text/plain\"\n", "line 5: " + ops + "content-type: expected it only with template"},
      {with_url + "to = \"a@b\"\n", "line 5: " + ops + "to: unknown key; expected one of "},
      {with_url + "enroll = \"auto\"\n", "line 5: " + ops + "enroll: unknown key; expected one of "},
      {email, "line 1: " + mail + "server: expected smtp://HOST or smtps://HOST"},
      {email + "server = \"mail.example\"\n",
       "line 4: " + mail + "server: expected a URL: smtp://HOST or smtps://HOST"},
      {email + "server = \"smtp://mail.example/x\"\n", "line 4: " + mail + "server: expected a URL without a path"},
      {email + "server = \"smtps://mail.example\"\nstarttls = \"none\"\n",
       "line 5: " + mail + "starttls: expected it only with smtp://"},
      {with_server + "starttls = true\n",
       "line 5: " + mail + "starttls: expected \"required\", \"optional\" or \"none\""},
      {with_server + "starttls = \"none\"\nusername = \"u\"\npassword-file = " + place.path("password") + "\n",
       "line 5: " + mail + "starttls: expected \"required\" with a password, which must not be sent in clear"},
      {with_server, "line 1: " + mail + "from: expected an address"},
      {with_server + "from = \"hub\"\n",
       "line 5: " + mail + "from: expected an address, such as \"nvrhub <alerts@example.com>\""},
      {with_server + "from = \"a@b\"\n", "line 1: " + mail + "to: expected one address or an array of them"},
      {with_server + "from = \"a@b\"\nto = [\"a@b\", \"b c@d\"]\n",
       "line 6: " + mail + "to: expected addresses, such as \"guard@example.com\""},
      {with_server + "from = \"a@b\"\nto = [\"a@b\\r\\nDATA\"]\n",
       "line 6: " + mail + "to: expected addresses, such as \"guard@example.com\""},
      {with_server + "from = \"a@b\"\nto = []\n", "line 6: " + mail + "to: expected at least one entry"},
      {with_server + "from = \"a@b\"\nto = [1]\n",
       "line 6: " + mail + "to: expected an array of strings that are not empty"},
      {whole_email + "proxy = \"http://p\"\n", "line 7: " + mail + "proxy: unknown key; expected one of "},
      {alertmanager, "line 1: " + am + "urls: expected the URL of an Alertmanager, or an array with that of each"},
      {alertmanager + "urls = [\"a:9093\"]\n", "line 4: " + am + "urls: expected a URL: https://HOST or http://HOST"},
      {alertmanager + "urls = [\"http://a/?x\"]\n", "line 4: " + am + "urls: expected URLs without ?"},
      {with_url + "x = \n", "line 5: "},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    const std::string error = error_of("\n" + text);
    // The text begins on line 2.
    const std::size_t line = std::stoul(expected.substr(5)) + 1;
    const std::string moved = "line " + std::to_string(line) + expected.substr(expected.find(':'));
    if (moved.ends_with(" "))
      CHECK(error.starts_with(moved));
    else
      CHECK(error == moved);
    for (const char* secret : {"hunter2", "from the environment", "MfKQ9r8", "whsec_x"})
      CHECK(error.find(secret) == std::string::npos);
  }
}

TEST_CASE("config: at most 32 channels") {
  std::string text;
  for (int i = 0; i < 33; ++i)
    text += "[[channel]]\nname = \"c" + std::to_string(i) + "\"\ntype = \"webhook\"\nurl = \"https://a.example\"\n";
  CHECK(error_of(text).ends_with("\"c32\": name: expected at most 32 channels"));
}

TEST_CASE("config: alert tables become the JSON of rules") {
  const auto parsed = parse_config(
      "[[alert]]\nname = \"a\"\nlevel = \"camera\"\nfor = \"2m\"\nshare = 0.5\nat_least = 3\nnotify = [\"ops\"]\n"
      "when = { status = [\"video_loss\"] }\n[alert.filter]\nsites = [\"Köln\"]\n\n[[alert]]\nname = 2026-01-01\n");
  REQUIRE(parsed);
  CHECK(parsed->alert_lines == std::vector<unsigned>{1, 12});
  const auto expected = nlohmann::json::parse(R"json({"rules":[{"name":"a","level":"camera","for":"2m","share":0.5,
    "at_least":3,"notify":["ops"],"when":{"status":["video_loss"]},"filter":{"sites":["Köln"]}},
    {"name":"(a date or time)"}]})json");
  CHECK(nlohmann::json::parse(parsed->alerts_json) == expected);
  CHECK(parse_config("")->alerts_json.empty());
}
