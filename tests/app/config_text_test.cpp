#include "app/cli/config_text.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/cli/serve_flags.hpp"

using namespace nvrhub::app;

namespace {

using Strings = std::vector<std::string>;

/// The allowed origins of a server with this config file, or the error.
Strings origins_of(const std::string& config, const Strings& more = {}) {
  const auto path = std::filesystem::temp_directory_path() / ("nvrhub-config-" + std::to_string(::getpid()) + ".toml");
  std::ofstream(path) << config;
  Strings arguments{"nvrhub", "serve", "--data", "/tmp/data", "--config", path.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto parsed = parse_serve_flags(arguments);
  std::filesystem::remove(path);
  return parsed ? resolve(parsed->flags).net.origins.allowed : Strings{parsed.error()};
}

} // namespace

TEST_CASE("simplify_config: comments go, quotes and lines stay") {
  CHECK(simplify_config("a = 1 # one\n# two\nb = \"x#y\" # three\r\n") == "a = 1 \n\nb = \"x#y\" \n");
  CHECK(simplify_config("[section]\na = true\n") == "[section]\na = true\n");
}

TEST_CASE("simplify_config: an array becomes one line") {
  CHECK(simplify_config("a = [\n  \"x\", # first\n  \"y z\" ,\n]\nb = 1\n") == "a = [\"x\",\"y z\"]\nb = 1\n");
}

TEST_CASE("serve: the tables of a file are read, and a change of them is one that needs a restart") {
  const std::string channel = "[[channel]]\nname = \"ops\"\ntype = \"webhook\"\nurl = \"https://a.example\"\n";
  const auto parsed_of = [](const std::string& config) {
    const auto path =
        std::filesystem::temp_directory_path() / ("nvrhub-tables-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(path) << config;
    auto parsed = parse_serve_flags({"nvrhub", "serve", "--data", "/tmp/data", "--config", path.string()});
    std::filesystem::remove(path);
    REQUIRE(parsed);
    return std::move(*parsed);
  };
  const auto one = parsed_of("enroll = \"auto\"\n" + channel);
  REQUIRE(one.flags.notify.channels.size() == 1);
  CHECK(one.flags.enroll == "auto");
  const auto other = parsed_of("enroll = \"auto\"\n" + channel + "format = \"slack\"\n");
  CHECK(one.values.at("tables") != other.values.at("tables"));
  CHECK_FALSE(parsed_of("enroll = \"auto\"\n").values.at("tables") == one.values.at("tables"));
}

TEST_CASE("a repeatable flag takes several values from file, environment and command line") {
  const Strings both{"https://a.example", "https://b.example"};
  CHECK(origins_of("allow-origin = [\"https://a.example\", \"https://b.example\"]\n") == both);
  CHECK(origins_of("allow-origin = [\n  \"https://a.example\",  # one\n  \"https://b.example\",\n]\n") == both);
  CHECK(origins_of("allow-origin = [ \"https://a.example\" , \"https://b.example\" ]\n") == both);
  CHECK(origins_of("allow-origin = \"https://a.example, https://b.example\"\n") == both);
  CHECK(origins_of("", {"--allow-origin", "https://a.example", "--allow-origin", "https://b.example"}) == both);
  CHECK(origins_of("", {"--allow-origin", "https://a.example,https://b.example"}) == both);
  for (const char* value : {"https://a.example,https://b.example", "https://a.example https://b.example",
                            " https://A.example ,\t https://b.example\n", "https://a.example,https://b.example,"}) {
    ::setenv("NVRHUB_ALLOW_ORIGIN", value, 1);
    CHECK(origins_of("allow-origin = \"https://c.example\"\n") == both);
    CHECK(origins_of("", {"--allow-origin", "https://c.example"}) == Strings{"https://c.example"});
  }
  ::setenv("NVRHUB_ALLOW_ORIGIN", "https://a.example,b.example", 1);
  const Strings refused = origins_of("");
  ::unsetenv("NVRHUB_ALLOW_ORIGIN");
  REQUIRE(refused.size() == 1);
  CHECK(refused.front().find("b.example") != std::string::npos);
}

TEST_CASE("trust-proxy takes several values, too") {
  const auto parsed = parse_serve_flags({"nvrhub", "serve", "--data", "/tmp/data", "--trust-proxy", "10.0.0.0/8, ::1"});
  REQUIRE(parsed);
  CHECK(split_list(parsed->flags.trust_proxies) == Strings{"10.0.0.0/8", "::1"});
  CHECK_FALSE(parse_serve_flags({"nvrhub", "serve", "--data", "/tmp/data", "--trust-proxy", "10.0.0.0/8,hub"}));
  CHECK_FALSE(parse_serve_flags({"nvrhub", "serve", "--data", "/tmp/data", "--trust-proxy", " , "}));
}
