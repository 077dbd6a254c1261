#include "app/cli/types.hpp"

#include "app/cli/config_text.hpp"
#include "client/address.hpp"
#include "net/http/origin_policy.hpp"
#include "net/limits/token_bucket.hpp"
#include "notify/config/config.hpp"
#include "protocol/byte_order_mark.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <sstream>
#include <string_view>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace nvrhub::app {

namespace {

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

} // namespace

bool lexical_cast(const std::string& text, Duration& duration) {
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  const auto number = parse_whole<std::uint32_t>(std::string_view(text).substr(0, unit_at));
  if (!number || unit_at == std::string::npos) return false;
  const std::string_view unit = std::string_view(text).substr(unit_at);
  const std::chrono::milliseconds::rep factor = unit == "ms"  ? 1
                                                : unit == "s" ? 1'000
                                                : unit == "m" ? 60'000
                                                : unit == "h" ? 3'600'000
                                                : unit == "d" ? 86'400'000
                                                              : 0;
  if (factor == 0) return false;
  duration.value = std::chrono::milliseconds(*number * factor);
  return true;
}

std::ostream& operator<<(std::ostream& out, const Duration& duration) {
  const auto ms = duration.value.count();
  if (ms % 1000 != 0) return out << ms << "ms";
  return ms % 60'000 != 0 || ms == 0 || ms < 120'000 ? out << ms / 1000 << "s" : out << ms / 60'000 << "m";
}

bool lexical_cast(const std::string& text, Endpoint& endpoint) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  const auto port = parse_whole<std::uint16_t>(std::string_view(text).substr(colon + 1));
  std::string address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  if (!port || address.empty()) return false;
  endpoint = {address, *port};
  return true;
}

std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint) {
  const bool is_v6 = endpoint.address.find(':') != std::string::npos;
  return out << (is_v6 ? "[" : "") << endpoint.address << (is_v6 ? "]" : "") << ":" << endpoint.port;
}

CLI::Validator duration_check() {
  return {[](std::string& text) {
            Duration ignored;
            return lexical_cast(text, ignored)
                       ? ""
                       : "\"" + text +
                             "\" is not a duration: use a whole number and a unit, such as 90s, 5m, 2h, 1d or 250ms";
          },
          "", "time"};
}

CLI::Validator at_most(std::chrono::milliseconds most) {
  return {[most](std::string& text) {
            Duration given;
            std::ostringstream limit;
            limit << Duration{most};
            return lexical_cast(text, given) && given.value > most ? "\"" + text + "\" is more than " + limit.str()
                                                                   : "";
          },
          "", "limit"};
}

CLI::Validator endpoint_check() {
  return {[](std::string& text) {
            Endpoint ignored;
            return lexical_cast(text, ignored)
                       ? ""
                       : "\"" + text + "\" is not ADDRESS:PORT: use for example 127.0.0.1:8080 or [::1]:8080";
          },
          "", "endpoint"};
}

CLI::Validator origin_check() {
  return {[](std::string& text) {
            return net::normalized_origin(text)
                       ? ""
                       : "\"" + text +
                             "\" is not an origin: use scheme and host in ASCII without a path, such as "
                             "https://wall.example.com, or null or file://";
          },
          "", "origin"};
}

CLI::Validator network_check() {
  return {[](std::string& text) {
            net::Networks ignored;
            return ignored.add(text)
                       ? ""
                       : "\"" + text + "\" is not an IP address or network: use for example 10.0.0.7 or 10.0.0.0/8";
          },
          "", "network"};
}

CLI::Validator url_check(std::string what) {
  return {[what](std::string& text) {
            const auto url = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
            const bool is_page = url && (url->scheme() == "http" || url->scheme() == "https") && !url->host().empty() &&
                                 !url->has_userinfo() && !url->has_query() && !url->has_fragment();
            return is_page ? ""
                           : "\"" + text + "\" is not the address of a " + what +
                                 ": use for example https://nvr.example.com";
          },
          "", what};
}

CLI::Validator server_check() {
  return {[](std::string& text) {
            const auto parsed = client::parse_address(text);
            if (parsed) return std::string();
            std::string shown = text.substr(0, text.find_first_of("?#")); // without a token
            if (const std::size_t at = shown.find('@'); at != std::string::npos)
              shown.replace(0, at, "..."); // password
            return "\"" + shown + "\": " + parsed.error();
          },
          "", "server"};
}

CLI::Validator list_of(CLI::Validator check) {
  return {[check = std::move(check)](std::string& text) {
            const std::vector<std::string> parts = split_list({text});
            if (parts.empty()) return std::string("\"\" has no value");
            for (const std::string& part : parts) {
              if (std::string error = check(part); !error.empty()) return error;
            }
            return std::string();
          },
          "", "list"};
}

std::vector<std::string> split_list(const std::vector<std::string>& values) {
  constexpr std::string_view separators = ", \t\r\n";
  std::vector<std::string> parts;
  for (const std::string& value : values) {
    for (std::size_t begin = value.find_first_not_of(separators); begin != std::string::npos;) {
      const std::size_t end = value.find_first_of(separators, begin);
      parts.push_back(value.substr(begin, end - begin));
      begin = value.find_first_not_of(separators, end);
    }
  }
  return parts;
}

void add_environment(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    std::string name = option->get_single_name();
    if (name == "help" || option->get_lnames().empty()) continue;
    std::replace(name.begin(), name.end(), '-', '_');
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
    option->envname("NVRHUB_" + name);
  }
}

std::string read_config_file(const std::string& file) {
  if (std::error_code none; std::filesystem::is_directory(file, none)) { // a directory would read like an empty file
    throw CLI::ConfigError(file + " is a directory: --config needs a file");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw CLI::FileError::Missing(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (const std::string_view why = protocol::wide_encoding(text); !why.empty()) {
    throw CLI::ConfigError(file + ": " + std::string(why));
  }
  return std::string(protocol::without_byte_order_mark(text));
}

void apply_config_file(CLI::App& command, int argc, const char* const* argv) {
  if (command.get_option_no_throw("--config") == nullptr) return;
  // Read before the parse: the values of the file become defaults, which environment and flags override.
  std::string file;
  if (const char* from_environment = std::getenv("NVRHUB_CONFIG")) file = from_environment;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--config" && i + 1 < argc) file = argv[i + 1];
    if (argument.starts_with("--config=")) file = argument.substr(9);
  }
  if (file.empty()) return;
  std::istringstream text(simplify_config(notify::split_config(read_config_file(file)).flags));
  CLI::ConfigTOML config;
  config.comment('\0'); // there are none left, and CLI11 would look for them in quotes
  for (const CLI::ConfigItem& item : config.from_config(text)) {
    if (item.name == "++" || item.name == "--") continue; // CLI11's section markers
    CLI::Option* option = command.get_option_no_throw("--" + item.name);
    if (option == nullptr || item.name == "config" || item.name == "help") {
      throw CLI::ConfigError(file + ": unknown key \"" + item.fullname() + "\": the keys are the flags in `nvrhub " +
                             command.get_name() + " --help`, without the dashes");
    }
    const bool is_list = item.inputs.size() > 1;
    const std::string value = item.inputs.empty() ? "true"
                              : is_list           ? CLI::detail::to_string(item.inputs)
                                                  : item.inputs.front();
    try {
      if (is_list && option->get_expected_max() < 2) throw CLI::ConfigError("expects one value, not a list");
      option->default_val(value);
      option->required(false);
    } catch (const CLI::Error& error) {
      throw CLI::ConfigError(file + ": " + item.name + " = " + value + ": " + error.what());
    }
  }
}

} // namespace nvrhub::app
