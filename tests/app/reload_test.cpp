#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/cli/serve_flags.hpp"

using namespace nvrhub::app;

namespace {

/// A config file, removed with the test.
struct ConfigFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("nvrhub-reload-" + std::to_string(::getpid()) + ".toml");
  ~ConfigFile() { std::filesystem::remove(path); }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"nvrhub", "serve", "--data", "/tmp/data", "--config", path.string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

} // namespace

TEST_CASE("parse_serve_flags: reads the current file; flags and environment override it") {
  const ConfigFile file;
  file.write("log-level = \"warn\"\nmax-connections = 100\nlisten = \"127.0.0.1:9000\"\n");
  const auto first = parse_serve_flags(file.arguments());
  REQUIRE(first);
  CHECK(first->flags.log_level == "warn");
  CHECK(first->flags.options.net.connections.max_connections == 100);
  CHECK(first->flags.listen.port == 9000);
  CHECK(first->values.find("max-connections")->second == "100");

  file.write("log-level = \"debug\"\nthreads = 3\n");
  const auto second = parse_serve_flags(file.arguments());
  REQUIRE(second);
  CHECK(second->flags.log_level == "debug");
  CHECK(second->flags.options.threads == 3);
  CHECK(second->flags.options.net.connections.max_connections ==
        ServerOptions{}.net.connections.max_connections); // no longer in the file
  CHECK(second->values.find("data")->second == first->values.find("data")->second);

  CHECK(parse_serve_flags(file.arguments({"--log-level", "error"}))->flags.log_level == "error");
  ::setenv("NVRHUB_LOG_LEVEL", "off", 1);
  CHECK(parse_serve_flags(file.arguments())->flags.log_level == "off");
  CHECK(parse_serve_flags(file.arguments({"--log-level", "error"}))->flags.log_level == "error");
  ::unsetenv("NVRHUB_LOG_LEVEL");
}

TEST_CASE("parse_serve_flags: a byte order mark and Windows line ends are ignored, UTF-16 is refused") {
  const ConfigFile file;
  file.write("\xEF\xBB\xBFlog-level = \"warn\"\r\nmax-connections = 100\r\n");
  const auto marked = parse_serve_flags(file.arguments());
  REQUIRE(marked);
  CHECK(marked->flags.log_level == "warn");
  CHECK(marked->flags.options.net.connections.max_connections == 100);

  file.write("\xEF\xBB\xBF");
  CHECK(parse_serve_flags(file.arguments()));
  for (const std::string& text :
       {std::string("\xFF\xFEt\0", 4), std::string("\xFE\xFF\0t", 4), std::string("t\0h\0", 4)}) {
    file.write(text);
    const auto wide = parse_serve_flags(file.arguments());
    REQUIRE_FALSE(wide);
    CHECK_THAT(wide.error(), Catch::Contains(file.path.string()) && Catch::Contains("UTF-16"));
  }
}

TEST_CASE("parse_serve_flags: reads a list") {
  const ConfigFile file;
  file.write("allow-origin = [\"https://Wall.example\", \"http://10.0.0.1:3000\"]\n");
  const auto list = parse_serve_flags(file.arguments());
  REQUIRE(list);
  CHECK(resolve(list->flags).net.origins.allowed ==
        std::vector<std::string>{"https://wall.example", "http://10.0.0.1:3000"});
  file.write("allow-origin = \"https://wall.example\"\n");
  CHECK(resolve(parse_serve_flags(file.arguments())->flags).net.origins.allowed ==
        std::vector<std::string>{"https://wall.example"});
}

TEST_CASE("parse_serve_flags: errors name the key or the file") {
  const ConfigFile file;
  file.write("log-level = \"loud\"\n");
  const auto wrong = parse_serve_flags(file.arguments());
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().find("log-level") != std::string::npos);
  file.write("no-such-flag = 1\n");
  const auto unknown = parse_serve_flags(file.arguments());
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().find("no-such-flag") != std::string::npos);
  std::filesystem::remove(file.path);
  const auto gone = parse_serve_flags(file.arguments());
  REQUIRE_FALSE(gone);
  CHECK(gone.error().find(file.path.string()) != std::string::npos);
  std::filesystem::create_directory(file.path);
  CHECK_FALSE(parse_serve_flags(file.arguments()));
}

TEST_CASE("values_of: has a text for each flag") {
  ServeFlags flags;
  CLI::App app;
  CLI::App* command = app.add_subcommand("serve");
  add_serve_flags(*command, flags);
  const FlagValues values = values_of(*command);
  for (const std::string_view flag : reloadable_flags)
    CHECK(values.contains(flag));
}
